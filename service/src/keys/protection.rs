//! The account's protection key: clients encrypt content keys to its certificate.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use azure_media::encryption::{RsaCertificate, thumbprint};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, RsaKeySize, date_time_ymd};
use secrecy::zeroize::Zeroizing;

use super::Secret;

/// The private key, as PKCS #8 in DER, for nobody but the service.
const KEY_FILE: &str = "protection-key.der";
/// The certificate, in DER.
const CERTIFICATE_FILE: &str = "protection-certificate.der";

/// An RSA key and its self-signed certificate.
///
/// Content keys are kept as clients have encrypted them, so who has a copy of the database and not
/// of this key has no content key.
pub(crate) struct ProtectionKey {
    decrypting: OaepPrivateDecryptingKey,
    rsa: RsaCertificate,
    certificate: Vec<u8>,
    thumbprint: String,
}

impl std::fmt::Debug for ProtectionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let thumbprint = &self.thumbprint;
        f.debug_struct("ProtectionKey").field("thumbprint", thumbprint).finish_non_exhaustive()
    }
}

impl ProtectionKey {
    /// Reads the key of a data directory, or makes one.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let (key_file, certificate_file) = (data.join(KEY_FILE), data.join(CERTIFICATE_FILE));
        let key = match read(&key_file)? {
            Some(key) => Zeroizing::new(key),
            None => {
                let made = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)
                    .context("making the protection key")?;
                let key = Zeroizing::new(made.serialize_der());
                write(&key_file, &key)?;
                key
            }
        };
        let certificate = match read(&certificate_file)? {
            Some(certificate) => certificate,
            None => {
                let certificate = self_signed(&key).context("making the protection certificate")?;
                write(&certificate_file, &certificate)?;
                certificate
            }
        };
        Self::new(&key, certificate)
            .with_context(|| format!("{} and {CERTIFICATE_FILE}", key_file.display()))
    }

    fn new(key: &[u8], certificate: Vec<u8>) -> anyhow::Result<Self> {
        let key = PrivateDecryptingKey::from_pkcs8(key)
            .map_err(|_| anyhow::anyhow!("the key is not an RSA key in PKCS #8"))?;
        let decrypting = OaepPrivateDecryptingKey::new(key)
            .map_err(|_| anyhow::anyhow!("the key cannot decrypt"))?;
        let rsa = RsaCertificate::from_der(&certificate)?;
        let thumbprint = thumbprint(&certificate);
        let key = Self { decrypting, rsa, certificate, thumbprint };
        let probe = key.rsa.wrap(b"probe")?;
        if key.unwrap(&probe).is_none() {
            bail!("the certificate is not of the key");
        }
        Ok(key)
    }

    /// What clients call the certificate.
    pub(crate) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The certificate, in DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Encrypts a content key as a client does.
    pub(crate) fn wrap(&self, key: &[u8]) -> anyhow::Result<Vec<u8>> {
        Ok(self.rsa.wrap(key)?)
    }

    /// Decrypts a content key; `None` if it was not encrypted to the certificate. Takes about a
    /// millisecond.
    pub(crate) fn unwrap(&self, wrapped: &[u8]) -> Option<Secret> {
        let mut room = Zeroizing::new(vec![0; self.decrypting.min_output_size()]);
        let clear = self.decrypting.decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut room, None).ok()?;
        Some(Secret::from(clear.to_vec()))
    }
}

/// A certificate without an end that matters: clients take the key out of it and no more.
fn self_signed(key: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
    let key = KeyPair::try_from(key)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "mediad content key protection");
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    Ok(params.self_signed(&key)?.der().to_vec())
}

fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Written whole or not at all, for nobody else to read.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("new");
    let write = || {
        // What a crash has left there may have been made by hand, with rights of its own.
        let _ = std::fs::remove_file(&unfinished);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_stays() {
        let data = tempfile::tempdir().expect("a directory");
        let made = ProtectionKey::open(data.path()).expect("a key is made");
        assert_eq!(made.thumbprint().len(), 40);
        let mode = |name| {
            let metadata = std::fs::metadata(data.path().join(name)).expect("the file is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode(KEY_FILE), 0o600);
        let wrapped = made.wrap(&[7; 32]).expect("keys can be wrapped");

        // A crash came between the two files.
        let again = ProtectionKey::open(data.path()).expect("the key is read");
        assert_eq!(again.thumbprint(), made.thumbprint());
        let clear = again.unwrap(&wrapped).expect("the key is the same");
        assert_eq!(clear.expose_secret(), [7; 32]);
        for broken in [&wrapped[1..], &[0; 256][..], b""] {
            assert!(again.unwrap(broken).is_none());
        }
        std::fs::remove_file(data.path().join(CERTIFICATE_FILE)).expect("removing it");
        let renewed = ProtectionKey::open(data.path()).expect("the certificate is made again");
        assert!(renewed.unwrap(&wrapped).is_some());
    }

    #[test]
    fn a_certificate_of_another_key_is_noticed() {
        let (one, other) = (tempfile::tempdir(), tempfile::tempdir());
        let (one, other) = (one.expect("a directory"), other.expect("a directory"));
        for data in [&one, &other] {
            ProtectionKey::open(data.path()).expect("a key is made");
        }
        std::fs::copy(other.path().join(CERTIFICATE_FILE), one.path().join(CERTIFICATE_FILE))
            .expect("copying the certificate");
        assert!(ProtectionKey::open(one.path()).is_err());
        std::fs::write(other.path().join(KEY_FILE), "x").expect("breaking the key");
        assert!(ProtectionKey::open(other.path()).is_err());
    }
}
