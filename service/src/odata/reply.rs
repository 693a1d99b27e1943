//! Responses: payloads, errors and empty ones.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use edm::json::{Layout, to_text};
use edm::version::Version;
use serde_json::Value as Json;

use super::negotiate::{ResponseFormat, text};
use crate::error::ApiError;

/// A response with a JSON payload.
pub(super) fn json(
    status: StatusCode,
    body: &Json,
    format: ResponseFormat,
    version: Version,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), format.content_type().to_owned()),
        ("dataserviceversion", format!("{version};")),
    ];
    (status, headers, to_text(body)).into_response()
}

/// A response with plain text.
pub(super) fn plain(body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/plain;charset=utf-8"),
        ("dataserviceversion", "2.0;"),
    ];
    (headers, body).into_response()
}

/// A response without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    (status, [("dataserviceversion", "1.0;")]).into_response()
}

/// Adds the operation to poll to a response.
pub(super) fn with_operation(mut response: Response, operation_id: &str) -> Response {
    if let Ok(id) = HeaderValue::try_from(operation_id) {
        response.headers_mut().insert("operation-id", id);
    }
    response
}

/// Refuses to answer plain text to a client that accepts only JSON.
pub(super) fn check_accepts_text(headers: &HeaderMap) -> Result<(), ApiError> {
    let accept = text(headers, "accept").unwrap_or("*/*");
    let fits = |range: &str| {
        matches!(
            range.split(';').next().unwrap_or_default().trim(),
            "*/*" | "text/plain" | "text/*"
        )
    };
    if accept.split(',').any(fits) {
        return Ok(());
    }
    let message = "Unsupported media type requested.";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

/// An error in the format that the request accepts; XML if it accepts none that there is.
pub(super) fn error(error: &ApiError, request: &HeaderMap) -> Response {
    let body = error.body();
    match ResponseFormat::of_error(request) {
        Some(format) => {
            let (json_body, version) = match format.0 {
                Layout::Verbose => (body.to_verbose(), Version::V1),
                Layout::Light(_) => (body.to_light(), Version::V3),
            };
            json(error.status, &json_body, format, version)
        }
        None => {
            let headers = [
                (header::CONTENT_TYPE.as_str(), "application/xml;charset=utf-8"),
                ("dataserviceversion", "1.0;"),
            ];
            (error.status, headers, body.to_xml()).into_response()
        }
    }
}
