//! Cryptography as clients do it, by `openssl`: an oracle that shares nothing with the service.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::story::percent;

/// Runs `openssl` with arguments, separated by spaces; returns what it writes.
#[track_caller]
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl must be installed");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("running openssl");
    writer.join().expect("writing to openssl");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {errors}");
    output.stdout
}

/// Encrypts a key to a certificate (base64 of DER), by RSA-OAEP with SHA-1: base64.
#[track_caller]
pub fn wrap(certificate: &str, key: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("certificate.der");
    std::fs::write(&path, STANDARD.decode(certificate).expect("base64")).expect("writing it");
    let arguments = format!(
        "pkeyutl -encrypt -certin -keyform DER -inkey {} -pkeyopt rsa_padding_mode:oaep",
        path.display()
    );
    STANDARD.encode(openssl(&arguments, key))
}

/// Encrypts or decrypts by AES-256 in counter mode, from this counter block on.
#[track_caller]
pub fn ctr(key: &[u8], counter: u128, data: &[u8]) -> Vec<u8> {
    openssl(&format!("enc -aes-256-ctr -K {} -iv {counter:032x}", hex(key)), data)
}

/// Encrypts by AES-256 in cipher block chaining mode, padded.
#[track_caller]
pub fn cbc(key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
    openssl(&format!("enc -aes-256-cbc -K {} -iv {}", hex(key), hex(iv)), data)
}

/// Decrypts by AES-128 in CBC mode with padding; the vector is hexadecimal.
#[track_caller]
pub fn cbc_open(key: &[u8], iv: &str, data: &[u8]) -> Vec<u8> {
    openssl(&format!("enc -d -aes-128-cbc -K {} -iv {iv}", hex(key)), data)
}

/// The checksum of a content key as .NET computes it: the id encrypted with the key, by AES in
/// electronic codebook mode.
#[track_caller]
pub fn checksum(key: &[u8], id: &[u8]) -> String {
    let arguments = format!("enc -aes-{}-ecb -nopad -K {}", key.len() * 8, hex(key));
    STANDARD.encode(&openssl(&arguments, id)[..8])
}

/// The SHA-1 of bytes, in upper-case hexadecimal.
#[track_caller]
pub fn sha1(data: &[u8]) -> String {
    hex(&openssl("dgst -sha1 -binary", data)).to_uppercase()
}

/// Random bytes.
pub fn random(length: usize) -> Vec<u8> {
    openssl(&format!("rand {length}"), b"")
}

/// An RSA key with a self-signed certificate.
pub struct Identity {
    folder: TempDir,
    /// The certificate: base64 of DER.
    pub certificate: String,
}

impl Identity {
    /// A new one, with a key of this many bits.
    #[track_caller]
    pub fn new(bits: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let arguments = format!(
            "req -x509 -newkey rsa:{bits} -nodes -subj /CN=client -days 2 -outform DER -keyout {}",
            folder.path().join("key.pem").display()
        );
        let certificate = STANDARD.encode(openssl(&arguments, b""));
        Self { folder, certificate }
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Decrypts what was encrypted to the certificate.
    #[track_caller]
    pub fn unwrap(&self, wrapped: &str) -> Vec<u8> {
        let arguments = format!(
            "pkeyutl -decrypt -inkey {} -pkeyopt rsa_padding_mode:oaep",
            self.key().display()
        );
        openssl(&arguments, &STANDARD.decode(wrapped).expect("base64"))
    }

    /// A JSON web token, signed with RS256.
    #[track_caller]
    pub fn jwt(&self, claims: &Json) -> String {
        let arguments = format!("dgst -sha256 -sign {}", self.key().display());
        token("RS256", claims, |signed| openssl(&arguments, signed))
    }
}

/// A JSON web token, signed with HS256.
#[track_caller]
pub fn jwt(key: &[u8], claims: &Json) -> String {
    token("HS256", claims, |signed| hmac(key, signed))
}

fn token(algorithm: &str, claims: &Json, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let header = json!({ "alg": algorithm, "typ": "JWT" }).to_string();
    let signed = [header, claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A simple web token of these claims.
#[track_caller]
pub fn swt(key: &[u8], claims: &[(&str, &str)]) -> String {
    let pairs = claims.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value)));
    let signed = pairs.collect::<Vec<_>>().join("&");
    let signature = STANDARD.encode(hmac(key, signed.as_bytes()));
    format!("{signed}&HMACSHA256={}", percent(&signature))
}

/// The HMAC-SHA256 of bytes.
#[track_caller]
pub fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    openssl(&format!("dgst -sha256 -mac HMAC -macopt hexkey:{} -binary", hex(key)), data)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
