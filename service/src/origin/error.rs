//! Errors of streams: the codes that the documentation of the origin lists.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use packager::{Error as PackagerError, UrlError};

use crate::error::ApiError;

/// What a request of the streaming endpoint fails with: the codes that its documentation lists.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct OriginError {
    pub(super) status: StatusCode,
    code: &'static str,
    message: String,
}

impl OriginError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "MPE_RESOURCE_NOT_FOUND", message)
    }

    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a stream could not be served");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "MPE_STORAGE_ERROR", "The asset could not be read.")
    }
}

impl From<ApiError> for OriginError {
    fn from(error: ApiError) -> Self {
        Self::internal(error)
    }
}

impl From<PackagerError> for OriginError {
    fn from(error: PackagerError) -> Self {
        let (status, code) = match error {
            PackagerError::NoSuchTrack { .. } | PackagerError::NoSuchQuality { .. } => {
                (StatusCode::NOT_FOUND, "MPE_EGRESS_TRACK_NOT_FOUND")
            }
            PackagerError::NoSuchTime { .. } => {
                (StatusCode::NOT_FOUND, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND")
            }
            PackagerError::NothingLeft { left: "fragment" } => {
                (StatusCode::NOT_FOUND, "MPE_EGRESS_TIMESTAMP_NOT_FOUND")
            }
            PackagerError::NothingLeft { .. } => {
                (StatusCode::NOT_FOUND, "MPE_EGRESS_TRACK_NOT_FOUND")
            }
            PackagerError::NoInitSegment => (StatusCode::BAD_REQUEST, "MPE_BAD_URL_SYNTAX"),
            PackagerError::Unprotectable { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "MPE_OUTPUT_FORMAT_NOT_SUPPORTED")
            }
            PackagerError::WrongLength { .. } => return Self::internal(error),
            PackagerError::MissingFile { .. } => {
                (StatusCode::NOT_FOUND, "MPE_STORAGE_RESOURCE_NOT_FOUND")
            }
            _ => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "MPE_FORMAT_NOT_SUPPORTED"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<UrlError> for OriginError {
    fn from(error: UrlError) -> Self {
        let status = match error {
            UrlError::UnsupportedFormat { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        };
        let code = match error {
            UrlError::UnsupportedFormat { .. } => "MPE_OUTPUT_FORMAT_NOT_SUPPORTED",
            _ => "MPE_BAD_URL_SYNTAX",
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for OriginError {
    fn into_response(self) -> Response {
        (self.status, format!("{self}\n")).into_response()
    }
}
