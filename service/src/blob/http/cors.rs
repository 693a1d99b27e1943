//! Cross-origin requests, which upload pages in browsers make.
//!
//! Every origin is allowed: a request carries no cookie, only the SAS in its
//! URL, so another origin gains nothing from it.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

use super::Reply;
use super::error::ApiError;

/// How long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

const ANY: HeaderValue = HeaderValue::from_static("*");

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, PUT, DELETE, OPTIONS");

/// Answers "Preflight Blob Request".
pub(super) fn preflight(head: &Parts) -> Result<Reply, ApiError> {
    for required in [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD] {
        if !head.headers.contains_key(&required) {
            return Err(ApiError::missing_header(required.as_str()));
        }
    }
    let mut reply = Reply::new(Body::empty());
    let headers = reply.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    if let Some(asked) = head.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    Ok(reply)
}

/// Lets the page that asked see the reply and all of its headers.
pub(super) fn add_headers(head: &Parts, reply: &mut Reply) {
    if head.headers.contains_key(header::ORIGIN) {
        let headers = reply.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANY);
    }
}
