//! From a stored `ContentKey` to the bytes of the key, and to the key in other hands.

use azure_media::encryption::{KEY_SIZE, RsaCertificate};
use azure_media::v2_19::{ContentKeyDeliveryType, ContentKeyType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edm::Record;
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::Secret;
use crate::app::App;
use crate::error::ApiError;
use crate::sets::{self, guid_of};

/// The type of a content key.
pub(crate) fn key_type(key: &Record) -> ContentKeyType {
    let number = key.value("ContentKeyType").as_integer().unwrap_or_default();
    ContentKeyType::from_number(i32::try_from(number).unwrap_or(-1))
}

/// The key's id in media files, manifests and licences: the GUID of its id.
pub(crate) fn kid(key: &Record) -> Result<Uuid, ApiError> {
    let id = key.text("Id");
    Uuid::try_parse(guid_of(id)).map_err(|_| ApiError::internal(format!("{id} has no GUID")))
}

/// The ways in which keys of a type are delivered.
pub(crate) fn fitting_delivery(ty: ContentKeyType) -> &'static [ContentKeyDeliveryType] {
    use ContentKeyDeliveryType as Delivery;
    match ty {
        ContentKeyType::CommonEncryption => &[Delivery::PlayReadyLicense, Delivery::Widevine],
        ContentKeyType::CommonEncryptionCbcs => &[Delivery::FairPlay],
        ContentKeyType::EnvelopeEncryption => &[Delivery::BaselineHttp],
        _ => &[],
    }
}

/// The bytes of a stored content key.
pub(crate) async fn clear_key(app: &App, key: &Record) -> Result<Secret, ApiError> {
    let clear = unwrap(app, key.text("EncryptedContentKey")).await?;
    // It was checked when it was made; the account's key may have been replaced since.
    clear.ok_or_else(|| {
        let id = key.text("Id");
        ApiError::bad_request(format!(
            "The content key '{id}' is not encrypted to the protection key of this account."
        ))
    })
}

/// Checks an `EncryptedContentKey` that a client gives: it can be decrypted, and is a key of the
/// type.
pub(crate) async fn check_wrapped(
    app: &App,
    wrapped: &str,
    ty: ContentKeyType,
) -> Result<(), ApiError> {
    let clear = unwrap(app, wrapped).await?.ok_or_else(|| {
        ApiError::bad_request(format!(
            "The EncryptedContentKey cannot be decrypted: it must be the base64 of the key, \
             encrypted by RSA-OAEP with SHA-1 to the certificate of the protection key '{}', \
             which GetProtectionKey returns.",
            app.protection.thumbprint()
        ))
    })?;
    let (length, sizes) = (clear.expose_secret().len(), sizes(ty));
    if length > 0 && (sizes.is_empty() || sizes.contains(&length)) {
        return Ok(());
    }
    let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
    let sizes = if sizes.is_empty() { "1 or more".to_owned() } else { sizes.join(" or ") };
    let message = format!("A content key of type {ty:?} has {sizes} bytes; this one has {length}.");
    Err(ApiError::bad_request(message))
}

/// How many bytes a key of a type may have; any number if none is given.
fn sizes(ty: ContentKeyType) -> &'static [usize] {
    match ty {
        ContentKeyType::FairPlayPfxPassword => &[],
        // The service took storage keys of 16 bytes as well, of which no client can make use.
        ContentKeyType::StorageEncryption
        | ContentKeyType::ConfigurationEncryption
        | ContentKeyType::UrlEncryption => &[16, KEY_SIZE],
        _ => &[16],
    }
}

/// Decrypts what a client has encrypted to the certificate of the protection key.
async fn unwrap(app: &App, wrapped: &str) -> Result<Option<Secret>, ApiError> {
    let Some(wrapped) = decode(wrapped) else { return Ok(None) };
    let protection = app.protection.clone();
    // A millisecond of arithmetic: not on a thread that others wait for.
    let clear = tokio::task::spawn_blocking(move || protection.unwrap(&wrapped));
    clear.await.map_err(ApiError::internal)
}

/// Base64 as it is met: Ruby breaks its lines, and in a query `+` may have become a space.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(text.replace(' ', "+")).ok()
}

/// `GetProtectionKeyId`: one key protects content keys of every type.
pub(crate) fn protection_key_id(app: &App, content_key_type: i64) -> Result<String, ApiError> {
    match i32::try_from(content_key_type).map(ContentKeyType::from_number) {
        Ok(ContentKeyType::Unknown(_)) | Err(_) => {
            let message = format!("There are no content keys of type {content_key_type}.");
            Err(ApiError::bad_request(message))
        }
        Ok(_) => Ok(app.protection.thumbprint().to_owned()),
    }
}

/// `GetProtectionKey`: the certificate.
pub(crate) fn protection_key(app: &App, id: &str) -> Result<String, ApiError> {
    if id.eq_ignore_ascii_case(app.protection.thumbprint()) {
        return Ok(STANDARD.encode(app.protection.certificate()));
    }
    let message = format!("There is no protection key '{id}': GetProtectionKeyId returns its id.");
    Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, message))
}

/// `RebindContentKey`: the key, encrypted to a certificate of the client, or in the clear without
/// one.
pub(crate) async fn rebind(app: &App, id: &str, certificate: &str) -> Result<String, ApiError> {
    let found = app.store.get(sets::set("ContentKeys")?, id).await?;
    let key = found.ok_or_else(|| ApiError::no_entity("ContentKey"))?;
    let clear = clear_key(app, &key).await?;
    if certificate.is_empty() {
        return Ok(STANDARD.encode(clear.expose_secret()));
    }
    let refuse = |problem: &dyn std::fmt::Display| {
        ApiError::bad_request(format!("The x509Certificate cannot be used: {problem}."))
    };
    // Some clients escape it once more than is needed.
    let certificate = percent_decode_str(certificate).decode_utf8_lossy();
    let der = decode(&certificate).ok_or_else(|| refuse(&"it is not base64"))?;
    let certificate = RsaCertificate::from_der(&der).map_err(|error| refuse(&error))?;
    let wrapped = certificate.wrap(clear.expose_secret()).map_err(|error| refuse(&error))?;
    Ok(STANDARD.encode(wrapped))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_read_as_it_is_met() {
        let bytes = [0xfb, 0xef, 0xbe, 0xff];
        for text in ["++++/w==", "    /w==", "++++\n/w==\n", "++++\r\n/w=="] {
            assert_eq!(decode(text).as_deref(), Some(&bytes[..]), "{text:?}");
        }
        for wrong in ["~", "AAA", "=AAA"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
