//! Licences of the W3C's Clear Key system (Encrypted Media Extensions, §9.1): keys as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::ContentKeyType;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::super::content_key::{clear_key, key_type};
use super::policy::{self, Refused};
use crate::app::App;

/// More keys are refused: a presentation has a few.
const MOST_KEYS: usize = 32;

/// A licence request. Other members are for others.
#[derive(Deserialize)]
struct LicenseRequest {
    kids: Vec<String>,
    #[serde(rename = "type", default = "temporary")]
    session: String,
}

fn temporary() -> String {
    "temporary".to_owned()
}

/// All keys that are asked for, or none.
pub(super) async fn license(
    app: &App,
    body: &[u8],
    token: Option<&str>,
) -> Result<Response, Refused> {
    let bad = |message: &str| Refused::new(StatusCode::BAD_REQUEST, message);
    let request: LicenseRequest = serde_json::from_slice(body).map_err(|_| {
        bad("The body must be a licence request: {\"kids\":[base64url…],\"type\":\"temporary\"}.")
    })?;
    if request.session != temporary() {
        return Err(bad("Only temporary sessions have licences here."));
    }
    if request.kids.is_empty() || request.kids.len() > MOST_KEYS {
        return Err(bad("A licence request names 1 to 32 kids."));
    }
    let mut keys = Vec::with_capacity(request.kids.len());
    for kid in &request.kids {
        let bytes = URL_SAFE_NO_PAD.decode(kid.trim_end_matches('=')).ok();
        let kid = bytes
            .and_then(|bytes| Uuid::from_slice(&bytes).ok())
            .ok_or_else(|| bad("A kid must be 16 bytes in base64url."))?;
        keys.push(key(app, kid, token).await?);
    }
    let license = json!({ "keys": keys, "type": request.session });
    Ok(([(header::CONTENT_TYPE, "application/json")], license.to_string()).into_response())
}

/// A JSON Web Key (RFC 7517).
async fn key(app: &App, kid: Uuid, token: Option<&str>) -> Result<serde_json::Value, Refused> {
    let key = super::find(app, kid).await?;
    if !matches!(
        key_type(&key),
        ContentKeyType::CommonEncryption | ContentKeyType::CommonEncryptionCbcs
    ) {
        let message = "The content key is not of common encryption: it has no licence.";
        return Err(Refused::new(StatusCode::FORBIDDEN, message));
    }
    policy::authorize(app, &key, kid, token).await?;
    let clear = clear_key(app, &key).await?;
    Ok(json!({
        "kty": "oct",
        "kid": URL_SAFE_NO_PAD.encode(kid.as_bytes()),
        "k": URL_SAFE_NO_PAD.encode(clear.expose_secret()),
    }))
}
