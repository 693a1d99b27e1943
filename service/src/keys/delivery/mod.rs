//! Key delivery: where players fetch keys from.
//!
//! | path | what |
//! |---|---|
//! | `/?kid={guid}` | the 16 bytes of an envelope key: AES-128 in HLS, Smooth Streaming and DASH |
//! | `/ClearKey/` | a licence of the W3C's Clear Key system, for keys of common encryption |
//! | `/PlayReady/`, `/Widevine/`, `/FairPlay/` | refused: such licences take a licence server |
//!
//! The key's authorization policy decides who gets it. A token comes in an `Authorization` header,
//! or, for players that cannot set one, as `token` in the query.

mod clear_key;
mod policy;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::{ContentKeyDeliveryType, ContentKeyType};
use edm::Record;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::content_key::{clear_key, key_type};
use crate::app::App;
use crate::error::ApiError;
use crate::sets::{self, guid_of};
use policy::Refused;
pub(crate) use policy::is_delivered_in_the_clear;

/// The largest request for licences.
const LARGEST_BODY: usize = 64 << 10;

/// The URL at which a key is delivered in one way.
pub(crate) fn acquisition_url(
    app: &App,
    key: &Record,
    delivery: ContentKeyDeliveryType,
) -> Option<String> {
    let (root, kid) = (app.urls.key_delivery(), guid_of(key.text("Id")));
    Some(match delivery {
        ContentKeyDeliveryType::BaselineHttp => format!("{root}/?KID={kid}"),
        // The key's id is in the request: it is the same URL for all.
        ContentKeyDeliveryType::PlayReadyLicense => format!("{root}/PlayReady/"),
        ContentKeyDeliveryType::Widevine => format!("{root}/Widevine/?kid={kid}"),
        ContentKeyDeliveryType::FairPlay => format!("{root}/FairPlay/?kid={kid}"),
        _ => return None,
    })
}

/// The URL that answers licence requests of the W3C's Clear Key system.
pub(crate) fn clear_key_url(app: &App) -> String {
    format!("{}/ClearKey/", app.urls.key_delivery())
}

/// Answers a request; `path` is what follows the root of key delivery.
pub(crate) async fn handle(app: &App, path: &str, request: Request) -> Response {
    let path = path.trim_matches('/').to_ascii_lowercase();
    let (head, body) = request.into_parts();
    let answered = match head.method {
        Method::OPTIONS => Ok(StatusCode::NO_CONTENT.into_response()),
        Method::GET | Method::POST => answer(app, &path, &head, body).await,
        _ => Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, "Only GET and POST are answered.")),
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    // Players are on other sites.
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-allow-headers", "authorization, content-type"),
        ("access-control-max-age", "86400"),
        ("access-control-expose-headers", "www-authenticate"),
        ("cache-control", "no-cache, no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // Some players send credentials with licence requests, and browsers then want the very origin
    // named. There is nothing to gain by it: no cookie means anything here.
    if let Some(origin) = head.headers.get(header::ORIGIN) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let credentials = header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
        headers.insert(credentials, HeaderValue::from_static("true"));
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    // The query may hold a token: it is not logged.
    tracing::info!(
        method = %head.method, path, status = response.status().as_u16(), "key delivery"
    );
    response
}

async fn answer(app: &App, path: &str, head: &Parts, body: Body) -> Result<Response, Refused> {
    match path {
        // The second one is how URLs of the first years look.
        "" | "hlshandler.ashx" => envelope_key(app, head).await,
        "clearkey" => {
            let token = token(head);
            let body = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| {
                Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.")
            })?;
            clear_key::license(app, &body, token.as_deref()).await
        }
        "playready" | "widevine" | "fairplay" => Err(Refused::new(
            StatusCode::NOT_IMPLEMENTED,
            "This service does not issue PlayReady, Widevine or FairPlay licences: have the \
             delivery policy name the URL of a licence server that does.",
        )),
        _ => Err(Refused::new(StatusCode::NOT_FOUND, "There is no such path.")),
    }
}

async fn envelope_key(app: &App, head: &Parts) -> Result<Response, Refused> {
    let query = head.uri.query().unwrap_or_default();
    let parameters = url::form_urlencoded::parse(query.as_bytes());
    let kid = parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("kid"));
    let (_, kid) = kid.ok_or_else(|| {
        Refused::new(StatusCode::BAD_REQUEST, "The query must name the key: kid={guid}.")
    })?;
    let kid = Uuid::try_parse(&kid).map_err(|_| {
        Refused::new(StatusCode::BAD_REQUEST, "The kid in the query is not a GUID.")
    })?;
    let key = find(app, kid).await?;
    if key_type(&key) != ContentKeyType::EnvelopeEncryption {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "The content key is not of the type EnvelopeEncryption: it is not delivered like this.",
        ));
    }
    policy::authorize(app, &key, kid, token(head).as_deref()).await?;
    let clear = clear_key(app, &key).await?;
    let body = clear.expose_secret().to_vec();
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response())
}

/// The content key of a kid.
async fn find(app: &App, kid: Uuid) -> Result<Record, Refused> {
    let keys = sets::set("ContentKeys").map_err(Refused::from)?;
    // Ids are as clients have chosen them.
    for guid in [kid.to_string(), kid.to_string().to_uppercase()] {
        let found = app.store.get(keys, &format!("nb:kid:UUID:{guid}")).await;
        if let Some(key) = found.map_err(ApiError::from)? {
            return Ok(key);
        }
    }
    Err(Refused::new(StatusCode::NOT_FOUND, "There is no such content key."))
}

/// The token of a request. Some players write `Bearer=…` for it, in the query as well.
fn token(head: &Parts) -> Option<String> {
    let bare = |text: &str| {
        let text = text.trim();
        match text.split_at_checked(6) {
            Some((scheme, rest))
                if scheme.eq_ignore_ascii_case("bearer") && rest.starts_with([' ', '=']) =>
            {
                rest[1..].trim().to_owned()
            }
            _ => text.to_owned(),
        }
    };
    if let Some(header) = head.headers.get(header::AUTHORIZATION) {
        return header.to_str().ok().map(bare);
    }
    let query = head.uri.query()?;
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let (_, value) = parameters.find(|(name, _)| name.eq_ignore_ascii_case("token"))?;
    Some(bare(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str, authorization: Option<&str>) -> Parts {
        let mut request = Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        request.body(Body::empty()).expect("a request").into_parts().0
    }

    #[test]
    fn tokens_are_found_where_players_put_them() {
        for (uri, header, expected) in [
            ("/", Some("Bearer a.b.c"), Some("a.b.c")),
            ("/", Some("bearer=a%3ab"), Some("a%3ab")),
            ("/?token=x", Some("Bearer y"), Some("y")),
            ("/?kid=1&Token=Bearer%20a.b", None, Some("a.b")),
            ("/?token=Bearer%3Da%253ab%26c%3Dd", None, Some("a%3ab&c=d")),
            ("/?token=a.b", None, Some("a.b")),
            ("/?kid=1", None, None),
            ("/", None, None),
        ] {
            assert_eq!(token(&parts(uri, header)).as_deref(), expected, "{uri} {header:?}");
        }
    }
}
