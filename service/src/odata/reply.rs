//! Responses: payloads, errors and empty ones.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use edm::json::{Layout, to_text};
use edm::version::Version;

use super::negotiate::{ResponseFormat, Subject};
use crate::error::ApiError;

/// A response with a payload.
pub(super) fn payload(
    status: StatusCode,
    body: String,
    content_type: &'static str,
    version: Version,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), content_type.to_owned()),
        ("dataserviceversion", format!("{version};")),
    ];
    (status, headers, body).into_response()
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

/// An error in the format that the request accepts.
pub(super) fn error(error: &ApiError, request: &HeaderMap) -> Response {
    let format = ResponseFormat::of_error(request);
    let body = error.body();
    let (text, version) = match format {
        ResponseFormat::Json(Layout::Verbose) => (to_text(&body.to_verbose()), Version::V1),
        ResponseFormat::Json(Layout::Light(_)) => (to_text(&body.to_light()), Version::V3),
        ResponseFormat::Atom => (body.to_xml(), Version::V1),
    };
    payload(error.status, text, format.content_type(Subject::Other), version)
}
