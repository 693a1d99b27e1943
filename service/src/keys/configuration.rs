//! Configuration encryption: a task's `Configuration` that only the encoder is to read.
//!
//! It is AES-256 in CBC mode with PKCS#7 padding, and base64 of that. The key is a content key of
//! the type `ConfigurationEncryption`; the task names it, and has the initialization vector.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use azure_media::v2_19::ContentKeyType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edm::Record;
use secrecy::ExposeSecret as _;

use super::{Secret, clear_key, key_type};
use crate::app::App;
use crate::error::ApiError;
use crate::sets;

const SCHEME: &str = "ConfigurationEncryption";
const IV_SIZE: usize = 16;

/// Checks what a task says of its encrypted configuration, as far as that goes without the key,
/// which clients may send later.
pub(crate) fn check_configuration_scheme(task: &Record) -> Result<(), ApiError> {
    let scheme = task.text("EncryptionScheme");
    if scheme != SCHEME {
        let message = format!("EncryptionScheme is '{scheme}'; a configuration needs '{SCHEME}'");
        return Err(ApiError::bad_request(message));
    }
    iv(task).map(drop)
}

/// The configuration of a task that has it encrypted.
///
/// # Errors
/// When the key is not there or is another, and when the text is not what the task says.
pub(crate) async fn clear_configuration(app: &App, task: &Record) -> Result<String, ApiError> {
    let id = task.text("EncryptionKeyId");
    let refuse = |problem: &str| ApiError::bad_request(format!("The Configuration {problem}."));
    let key = app.store.get(sets::set("ContentKeys")?, id).await?;
    let key = key.ok_or_else(|| refuse(&format!("is encrypted with '{id}', which is no key")))?;
    if key_type(&key) != ContentKeyType::ConfigurationEncryption {
        return Err(refuse(&format!("is encrypted with '{id}', a key of another type")));
    }
    let secret = clear_key(app, &key).await?;
    let text = STANDARD.decode(task.text("Configuration").trim());
    let text = text.map_err(|_| refuse("must be base64 if it is encrypted"))?;
    let clear = decrypt(&secret, iv(task)?, text);
    clear.ok_or_else(|| refuse("cannot be decrypted with its key and InitializationVector"))
}

fn iv(task: &Record) -> Result<[u8; IV_SIZE], ApiError> {
    let bytes = STANDARD.decode(task.text("InitializationVector").trim()).unwrap_or_default();
    bytes
        .try_into()
        .map_err(|_| ApiError::bad_request("InitializationVector must be the base64 of 16 bytes"))
}

fn decrypt(key: &Secret, iv: [u8; IV_SIZE], mut text: Vec<u8>) -> Option<String> {
    let key = UnboundCipherKey::new(&AES_256, key.expose_secret()).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(&iv));
    let clear = key.decrypt(&mut text, context).ok()?;
    String::from_utf8(clear.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'AAC Audio' | openssl enc -aes-256-cbc -K 00..1f -iv 20..2f -base64`
    const OPENSSL: &str = "aCRgb7QF4HO+VmtkI9TYyw==";

    fn key(bytes: impl Iterator<Item = u8>) -> Secret {
        Secret::from(bytes.collect::<Vec<_>>())
    }

    #[test]
    fn what_openssl_encrypted_is_read() {
        let iv = std::array::from_fn(|n| 0x20 + n as u8);
        let text = STANDARD.decode(OPENSSL).expect("base64");
        assert_eq!(decrypt(&key(0..32), iv, text.clone()).as_deref(), Some("AAC Audio"));
        assert_eq!(decrypt(&key(1..33), iv, text.clone()), None);
        assert_eq!(decrypt(&key(0..16), iv, text.clone()), None);
        assert_eq!(decrypt(&key(0..32), iv, text[1..].to_vec()), None);
    }
}
