//! The token endpoint, and the check of what it has handed out.
//!
//! Three forms are answered: Azure AD's (`/{tenant}/oauth2/token`, a JWT), its later one
//! (`/{tenant}/oauth2/v2.0/token`) and that of its predecessor, the Access Control Service
//! (`/v2/OAuth2-13`, a simple web token). All are signed with HMAC-SHA256 by the account's own key.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::config::Account;

/// As long as those of Azure AD were good for.
const AAD_LIFETIME: u64 = 3600;
/// As long as those of the Access Control Service were good for.
const ACS_LIFETIME: u64 = 21_600;
const ISSUER: &str = "mediad";
/// What a token can be for: the API, as it was called in each of Azure's clouds.
const RESOURCES: [&str; 4] = [
    "https://rest.media.azure.net",
    "https://rest.media.chinacloudapi.cn",
    "https://rest.media.usgovcloudapi.net",
    "https://rest.media.cloudapi.de",
];
/// What a token of the Access Control Service was for.
const ACS_SCOPE: &str = "urn:WindowsAzureMediaServices";

/// Hands out tokens and checks them.
#[derive(Clone)]
pub(crate) struct Tokens {
    key: Vec<u8>,
    client_id: String,
    client_secret: String,
    account: String,
}

/// Which form of endpoint was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `/{tenant}/oauth2/token`.
    Aad,
    /// `/{tenant}/oauth2/v2.0/token`.
    AadV2,
    /// `/v2/OAuth2-13`.
    Acs,
}

impl Form {
    /// The form that a path asks for, if it is a token endpoint.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            [_, oauth, token]
                if oauth.eq_ignore_ascii_case("oauth2") && token.eq_ignore_ascii_case("token") =>
            {
                Some(Self::Aad)
            }
            [_, oauth, v2, token]
                if oauth.eq_ignore_ascii_case("oauth2")
                    && v2.eq_ignore_ascii_case("v2.0")
                    && token.eq_ignore_ascii_case("token") =>
            {
                Some(Self::AadV2)
            }
            [v2, oauth] if *v2 == "v2" && oauth.eq_ignore_ascii_case("OAuth2-13") => {
                Some(Self::Acs)
            }
            _ => None,
        }
    }
}

impl Tokens {
    pub(crate) fn new(account: &Account) -> Self {
        Self {
            key: account.token_key(),
            client_id: account.client_id.clone(),
            client_secret: account.client_secret.clone(),
            account: account.name.clone(),
        }
    }

    /// Answers a request for a token. Credentials come in the body or as HTTP Basic.
    pub(crate) fn answer(&self, form: Form, authorization: Option<&str>, body: &[u8]) -> Response {
        let fields = Fields::parse(body);
        if let Err((error, problem)) = check_grant(&fields) {
            return refuse(StatusCode::BAD_REQUEST, error, problem);
        }
        let known = match authorization.and_then(basic_credentials) {
            Some((id, secret)) => {
                // Some clients percent-encode both before base64, some do not.
                self.is_client(&id, &secret) || self.is_client(&decode(&id), &decode(&secret))
            }
            // Some clients send a space behind the secret.
            None => self.is_client(
                fields.get("client_id").unwrap_or_default().trim(),
                fields.get("client_secret").unwrap_or_default().trim(),
            ),
        };
        if !known {
            let problem = "client_id or client_secret is wrong";
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client", problem);
        }
        let resource = match form {
            Form::Aad => resource(fields.get("resource")),
            Form::AadV2 => resource(
                fields
                    .get("scope")
                    .map(|scope| scope.trim().strip_suffix("/.default").unwrap_or(scope)),
            ),
            Form::Acs => Some(ACS_SCOPE),
        };
        let Some(resource) = resource else {
            let problem = format!("a token is for one of {}", RESOURCES.join(", "));
            return refuse(StatusCode::BAD_REQUEST, "invalid_resource", &problem);
        };
        let now = unix_now();
        let body = match form {
            // Texts, as Azure AD sends them.
            Form::Aad => json!({
                "token_type": "Bearer",
                "expires_in": AAD_LIFETIME.to_string(),
                "ext_expires_in": AAD_LIFETIME.to_string(),
                "expires_on": (now + AAD_LIFETIME).to_string(),
                "not_before": now.to_string(),
                "resource": resource,
                "access_token": self.jwt(resource, now),
            }),
            Form::AadV2 => json!({
                "token_type": "Bearer",
                "expires_in": AAD_LIFETIME,
                "ext_expires_in": AAD_LIFETIME,
                "access_token": self.jwt(resource, now),
            }),
            // These four members and no other: some clients refuse what they do not know.
            Form::Acs => json!({
                "token_type": "http://schemas.xmlsoap.org/ws/2009/11/swt-token-profile-1.0",
                "access_token": self.swt(now + ACS_LIFETIME),
                "expires_in": ACS_LIFETIME.to_string(),
                "scope": fields.get("scope").unwrap_or(ACS_SCOPE),
            }),
        };
        json_response(StatusCode::OK, &body)
    }

    /// Whether these are the account's credentials. The Access Control Service knew a client by
    /// the name of its account.
    fn is_client(&self, id: &str, secret: &str) -> bool {
        let same = |known: &str| id.as_bytes().ct_eq(known.as_bytes());
        let id = same(&self.client_id) | same(&self.account);
        (id & secret.as_bytes().ct_eq(self.client_secret.as_bytes())).into()
    }

    fn signature(&self, text: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(text.as_bytes());
        mac
    }

    fn jwt(&self, audience: &str, now: u64) -> String {
        let claims = json!({
            "aud": audience, "iss": ISSUER, "appid": self.client_id,
            "iat": now, "nbf": now, "exp": now + AAD_LIFETIME,
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.signature(&signed).finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn swt(&self, expires: u64) -> String {
        let account = utf8_percent_encode(&self.account, NON_ALPHANUMERIC);
        let signed = format!(
            "http%3a%2f%2fschemas.xmlsoap.org%2fws%2f2005%2f05%2fidentity%2fclaims%2fnameidentifier\
             ={account}&Audience=urn%3aWindowsAzureMediaServices&ExpiresOn={expires}&Issuer={ISSUER}"
        );
        let signature = STANDARD.encode(self.signature(&signed).finalize().into_bytes());
        format!("{signed}&HMACSHA256={}", utf8_percent_encode(&signature, NON_ALPHANUMERIC))
    }

    /// Whether a token was handed out here and is still good.
    pub(crate) fn is_good(&self, token: &str) -> bool {
        let expires = match token.rsplit_once("&HMACSHA256=") {
            Some((signed, signature)) => {
                let signature = STANDARD.decode(decode(signature)).unwrap_or_default();
                self.is_signed(signed, &signature)
                    .then(|| Fields::parse(signed.as_bytes()).get("ExpiresOn")?.parse().ok())
                    .flatten()
            }
            None => self.jwt_expiry(token),
        };
        expires.is_some_and(|expires: u64| expires > unix_now())
    }

    fn jwt_expiry(&self, token: &str) -> Option<u64> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.is_signed(signed, &signature) {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice::<Json>(&claims).ok()?.get("exp")?.as_u64()
    }

    /// Compares in constant time.
    fn is_signed(&self, text: &str, signature: &[u8]) -> bool {
        self.signature(text).verify_slice(signature).is_ok()
    }
}

/// Refuses other ways to sign in than with a client's secret.
fn check_grant(fields: &Fields) -> Result<(), (&'static str, &'static str)> {
    match fields.get("grant_type").map(str::trim) {
        Some("client_credentials") if fields.get("client_assertion").is_some() => Err((
            "invalid_client",
            "certificates (client_assertion) are not taken: sign in with client_secret",
        )),
        Some("client_credentials") => Ok(()),
        Some("password") => Err((
            "unsupported_grant_type",
            "there are no users (grant_type=password): sign in with grant_type=client_credentials",
        )),
        _ => Err(("unsupported_grant_type", "grant_type must be client_credentials")),
    }
}

/// What a token is for, if it can be for that; the API of the public cloud if nothing is said.
fn resource(asked: Option<&str>) -> Option<&'static str> {
    let asked = asked.map_or(RESOURCES[0], |asked| asked.trim().trim_end_matches('/'));
    RESOURCES.into_iter().find(|known| known.eq_ignore_ascii_case(asked))
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn basic_credentials(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

/// The fields of a form body.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.as_str())
    }
}

fn refuse(status: StatusCode, error: &str, problem: &str) -> Response {
    json_response(status, &json!({ "error": error, "error_description": problem }))
}

pub(crate) fn json_response(status: StatusCode, body: &Json) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache, no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
