//! The host for tokens: the endpoint itself, and the documents by which newer clients find it.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::token::{Form, json_response};

/// The largest request for a token.
const LARGEST_FORM: usize = 64 << 10;
/// The names that the sign-in service of the public cloud has had: a client takes them for one.
const ALIASES: [&str; 4] =
    ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"];

/// Answers a request for a token. Whatever its content type is: some clients send none, or that
/// of JSON, with what is a form nevertheless.
pub(crate) async fn token(app: &App, form: Form, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_FORM).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    app.tokens.answer(form, authorization, &body)
}

/// Answers what the client libraries of Azure AD read before they ask for a token.
pub(crate) fn metadata(app: &App, path: &str, query: Option<&str>) -> Response {
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["common", "discovery", "instance"] => instance(app, query.unwrap_or_default()),
        [tenant, ".well-known", "openid-configuration"] if is_tenant(tenant) => {
            configuration(app, tenant, "oauth2")
        }
        [tenant, "v2.0", ".well-known", "openid-configuration"] if is_tenant(tenant) => {
            configuration(app, tenant, "oauth2/v2.0")
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Whether the host that a client has been told to use is one to trust: here, any that leads here.
fn instance(app: &App, query: &str) -> Response {
    let asked = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "authorization_endpoint")
        .and_then(|(_, endpoint)| url::Url::parse(&endpoint).ok());
    let tenant = asked
        .as_ref()
        .and_then(|endpoint| endpoint.path_segments()?.next())
        .filter(|tenant| is_tenant(tenant))
        .unwrap_or("common");
    let host = app.urls.token_host();
    let aliases: Vec<_> = [host]
        .into_iter()
        .chain(ALIASES)
        .filter({
            let mut seen = std::collections::BTreeSet::new();
            move |alias| seen.insert(*alias)
        })
        .collect();
    json_response(
        StatusCode::OK,
        &json!({
            "tenant_discovery_endpoint":
                app.urls.tenant(tenant, ".well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": host,
                "preferred_cache": host,
                "aliases": aliases,
            }],
        }),
    )
}

fn configuration(app: &App, tenant: &str, endpoints: &str) -> Response {
    json_response(
        StatusCode::OK,
        &json!({
            "issuer": app.urls.tenant(tenant, ""),
            "token_endpoint": app.urls.tenant(tenant, &format!("{endpoints}/token")),
            "authorization_endpoint": app.urls.tenant(tenant, &format!("{endpoints}/authorize")),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }),
    )
}

/// A domain or a guid: what is put into a URL must not be more.
fn is_tenant(text: &str) -> bool {
    text.len() <= 253 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}
