//! The key to whose certificate content keys are encrypted.

use std::sync::OnceLock;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use azure_media::encryption::thumbprint;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{CertificateParams, KeyPair, RsaKeySize};

/// One for all services of these tests: it takes a while to make.
#[derive(Default)]
pub(super) struct Protection;

fn made() -> &'static (KeyPair, Vec<u8>) {
    static MADE: OnceLock<(KeyPair, Vec<u8>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
        (key, certificate)
    })
}

impl Protection {
    pub(super) fn thumbprint(&self) -> String {
        thumbprint(&made().1)
    }

    pub(super) fn certificate(&self) -> String {
        BASE64.encode(&made().1)
    }

    /// The key in the clear, in base64.
    pub(super) fn unwrap(&self, wrapped: &str) -> String {
        let key = PrivateDecryptingKey::from_pkcs8(made().0.serialized_der()).unwrap();
        let key = OaepPrivateDecryptingKey::new(key).unwrap();
        let mut room = vec![0; key.min_output_size()];
        let wrapped = BASE64.decode(wrapped).unwrap();
        BASE64.encode(key.decrypt(&OAEP_SHA1_MGF1SHA1, &wrapped, &mut room, None).unwrap())
    }
}
