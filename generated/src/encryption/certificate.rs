//! X.509 certificates, of which only the RSA key is of interest.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It cannot be read.
    #[error("it is not an X.509 certificate in DER")]
    NotX509,
    /// There is something behind it.
    #[error("there are bytes behind the certificate")]
    Trailing,
    /// Its key cannot be used.
    #[error("its key is not an RSA key of 2048 to 8192 bits")]
    NotRsa,
    /// What is to be encrypted is too long for its key.
    #[error("it cannot encrypt that many bytes")]
    TooLong,
}

/// A certificate of an RSA key, to which content keys are encrypted: that of the service, which
/// `GetProtectionKey` returns, or one of a client, which `RebindContentKey` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaCertificate {
    /// `SubjectPublicKeyInfo`, in DER.
    public_key_info: Vec<u8>,
    /// `RSAPublicKey` of PKCS #1, in DER.
    rsa_public_key: Vec<u8>,
}

impl RsaCertificate {
    /// Reads a certificate. Who signed it and when it ends do not matter: they are made for one
    /// service, or for a single call.
    ///
    /// # Errors
    ///
    /// It is no certificate, or not of an RSA key.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| CertificateError::NotX509)?;
        if !rest.is_empty() {
            return Err(CertificateError::Trailing);
        }
        let key = certificate.public_key();
        let read = Self {
            public_key_info: key.raw.to_vec(),
            rsa_public_key: key.subject_public_key.data.to_vec(),
        };
        read.encrypting_key().map(|_| read)
    }

    /// The key by itself: `RSAPublicKey` of PKCS #1, in DER.
    pub fn rsa_public_key(&self) -> &[u8] {
        &self.rsa_public_key
    }

    fn encrypting_key(&self) -> Result<OaepPublicEncryptingKey, CertificateError> {
        let key = PublicEncryptingKey::from_der(&self.public_key_info);
        key.ok()
            .and_then(|key| OaepPublicEncryptingKey::new(key).ok())
            .ok_or(CertificateError::NotRsa)
    }

    /// Encrypts a key so that only the owner of the certificate can read it: RSA-OAEP with SHA-1,
    /// which is what every client of the service knows.
    ///
    /// # Errors
    ///
    /// The key is longer than what fits.
    pub fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, CertificateError> {
        let encrypting = self.encrypting_key()?;
        let mut wrapped = vec![0; encrypting.ciphertext_size()];
        let length = encrypting
            .encrypt(&OAEP_SHA1_MGF1SHA1, key, &mut wrapped, None)
            .map_err(|_| CertificateError::TooLong)?
            .len();
        wrapped.truncate(length);
        Ok(wrapped)
    }
}

/// What a certificate is known by: its SHA-1, in upper-case hexadecimal.
pub fn thumbprint(der: &[u8]) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, der);
    hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for der in [&b""[..], b"not a certificate", &[0x30, 0x82, 0xff, 0xff], &[0x30; 64]] {
            assert_eq!(RsaCertificate::from_der(der).err(), Some(CertificateError::NotX509));
        }
    }

    #[test]
    fn certificates_of_other_keys_are_refused() {
        let made = rcgen::generate_simple_self_signed(["a".to_owned()]).expect("a certificate");
        let refused = RsaCertificate::from_der(made.cert.der()).err();
        assert_eq!(refused, Some(CertificateError::NotRsa));
    }

    #[test]
    fn thumbprints_are_upper_case_sha_1() {
        assert_eq!(thumbprint(b"abc"), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    }
}
