//! Whether a key may be had: by its authorization policy, and the token that is shown.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::{ContentKeyDeliveryType, ContentKeyRestrictionType};
use edm::{Record, Value};
use uuid::Uuid;

use super::super::restriction::{Denied, TokenRestriction};
use crate::app::App;
use crate::error::ApiError;
use crate::sets;
use crate::store::{Query, Source};

/// Why a key is not delivered.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    message: String,
    /// `WWW-Authenticate` (RFC 6750).
    challenge: Option<String>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), challenge: None }
    }

    fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// A token is needed, and none was shown.
    fn unauthorized() -> Self {
        let challenge = Some("Bearer realm=\"key delivery\"".to_owned());
        let message = "A token is needed, as Authorization: Bearer … or as token in the query.";
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        let (status, error) = match denied {
            Denied::Invalid(_) => (StatusCode::UNAUTHORIZED, "invalid_token"),
            Denied::Insufficient(_) => (StatusCode::FORBIDDEN, "insufficient_scope"),
        };
        let challenge = format!(
            "Bearer realm=\"key delivery\", error=\"{error}\", error_description=\"{denied}\""
        );
        Self { status, message: format!("No key: {denied}."), challenge: Some(challenge) }
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::new(error.status, error.message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, format!("{}\n", self.message)).into_response();
        let challenge = self.challenge.and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(challenge) = challenge {
            let name: HeaderName = header::WWW_AUTHENTICATE;
            response.headers_mut().insert(name, challenge);
        }
        response
    }
}

/// Lets a request pass if one of the options of the key's policy does: those that are for keys as
/// they are, over HTTP. Licences of the other kinds promise what a bare key cannot keep.
pub(super) async fn authorize(
    app: &App,
    key: &Record,
    kid: Uuid,
    token: Option<&str>,
) -> Result<(), Refused> {
    let policy = key.text("AuthorizationPolicyId");
    if policy.is_empty() {
        return Err(Refused::forbidden("The content key has no authorization policy."));
    }
    let mut refused = Refused::forbidden(
        "The authorization policy of the content key has no option of the type BaselineHttp.",
    );
    for option in clear_options(app, policy).await? {
        match check(&option, kid, token) {
            Ok(()) => return Ok(()),
            Err(reason) => refused = reason,
        }
    }
    Err(refused)
}

/// Whether somebody may have the key as it is.
pub(crate) async fn is_delivered_in_the_clear(app: &App, key: &Record) -> Result<bool, ApiError> {
    Ok(!clear_options(app, key.text("AuthorizationPolicyId")).await?.is_empty())
}

/// The options of a policy that are for keys as they are.
async fn clear_options(app: &App, policy: &str) -> Result<Vec<Record>, ApiError> {
    if policy.is_empty() {
        return Ok(Vec::new());
    }
    let source = Source::new("ContentKeyAuthorizationPolicies", policy, "Options");
    let wanted = i64::from(ContentKeyDeliveryType::BaselineHttp.value());
    let query = Query {
        linked_from: Some(source),
        ..Query::all(
            sets::set("ContentKeyAuthorizationPolicyOptions")?,
            sets::is_number("KeyDeliveryType", wanted),
        )
    };
    Ok(app.store.query(&query).await?.records)
}

/// All restrictions of an option must hold. One that cannot be read does not.
fn check(option: &Record, kid: Uuid, token: Option<&str>) -> Result<(), Refused> {
    let Value::Collection(restrictions) = option.value("Restrictions") else {
        return Err(Refused::forbidden("The option has no restrictions."));
    };
    if restrictions.is_empty() {
        return Err(Refused::forbidden("The option has no restrictions."));
    }
    for restriction in restrictions {
        let ty = sets::member(restriction, "KeyRestrictionType").as_integer();
        match ty.and_then(|ty| i32::try_from(ty).ok()).map(ContentKeyRestrictionType::from_number) {
            Some(ContentKeyRestrictionType::Open) => {}
            Some(ContentKeyRestrictionType::TokenRestricted) => {
                let template = sets::member(restriction, "Requirements");
                let template = TokenRestriction::parse(template.as_str().unwrap_or_default())
                    .map_err(|_| Refused::forbidden("The restriction cannot be read."))?;
                let token = token.ok_or_else(Refused::unauthorized)?;
                template.check(token, kid)?;
            }
            _ => return Err(Refused::forbidden("The restriction is of an unknown type.")),
        }
    }
    Ok(())
}
