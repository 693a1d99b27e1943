//! Content keys: made for the service, and read back from it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use edm::Guid;
use secrecy::SecretSlice;

use crate::encryption::{self, CertificateError, CipherError, RsaCertificate};
use crate::error::{AtStep as _, FailedCall, Step};
use crate::{ContentKey, ContentKeyId, ContentKeyType, MediaServices, ProtectionKeyType};

/// What can go wrong with a content key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentKeyError {
    /// A call of the service failed.
    #[error("cannot {step}")]
    Api {
        /// What was to be done.
        step: Step,
        /// Why it failed.
        source: odata_client::Error,
    },
    /// The certificate of the service cannot be used.
    #[error("the service's certificate cannot be used: {0}")]
    Certificate(#[from] CertificateError),
    /// The key cannot be used.
    #[error("the content key cannot be used: {0}")]
    Key(#[from] CipherError),
    /// What the service has sent is not base64.
    #[error("what the service has sent is not base64")]
    NotBase64,
    /// The record of an encrypted file does not say what decrypts it.
    #[error("the asset file does not say how it is encrypted: {0}")]
    Undescribed(&'static str),
}

impl From<FailedCall> for ContentKeyError {
    fn from(FailedCall { step, source }: FailedCall) -> Self {
        Self::Api { step, source }
    }
}

impl MediaServices {
    /// Gives the service a content key: 16 bytes, or 32 for storage encryption. It goes encrypted to
    /// the certificate of the service, under an id that is made for it.
    ///
    /// ```no_run
    /// # use azure_media::{ContentKeyType, MediaServices};
    /// # async fn f(media: MediaServices, key: [u8; 16]) -> Result<(), Box<dyn std::error::Error>> {
    /// let key = media.create_content_key(ContentKeyType::EnvelopeEncryption, &key).await?;
    /// println!("{}", key.id);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The service refuses, or its certificate cannot be used.
    pub async fn create_content_key(
        &self,
        content_key_type: ContentKeyType,
        key: &[u8],
    ) -> Result<ContentKey, ContentKeyError> {
        let thumbprint = self.get_protection_key_id(content_key_type).await;
        let thumbprint = thumbprint.at(Step::FindProtectionKey)?;
        let certificate = self.get_protection_key(&thumbprint).await.at(Step::FindProtectionKey)?;
        let certificate =
            BASE64.decode(certificate.trim()).map_err(|_| ContentKeyError::NotBase64)?;
        let wrapped = RsaCertificate::from_der(&certificate)?.wrap(key)?;
        let guid = Guid::new_v4();
        let checksum = encryption::checksum(key, guid)?;
        let made = self
            .content_keys()
            .create()
            .set(ContentKey::ID, ContentKeyId::from(format!("nb:kid:UUID:{guid}")))
            .set(ContentKey::CONTENT_KEY_TYPE, content_key_type)
            .set(ContentKey::ENCRYPTED_CONTENT_KEY, BASE64.encode(wrapped))
            .set(ContentKey::PROTECTION_KEY_ID, thumbprint)
            .set(ContentKey::PROTECTION_KEY_TYPE, ProtectionKeyType::X509CertificateThumbprint)
            .set(ContentKey::CHECKSUM, BASE64.encode(checksum))
            .await
            .at(Step::CreateKey)?;
        Ok(made)
    }

    /// Reads the bytes of a content key. They come in the clear over the connection to the API,
    /// which should be one of TLS; [`MediaServices::rebind_content_key`] can encrypt them to a
    /// certificate of the caller.
    ///
    /// # Errors
    ///
    /// The service refuses.
    pub async fn read_content_key(
        &self,
        id: impl Into<ContentKeyId>,
    ) -> Result<SecretSlice<u8>, ContentKeyError> {
        let key = self.rebind_content_key(id, "").await.at(Step::ReadKey)?;
        let key = BASE64.decode(key.trim()).map_err(|_| ContentKeyError::NotBase64)?;
        Ok(SecretSlice::from(key))
    }
}
