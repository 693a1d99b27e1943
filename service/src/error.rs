//! What a request of the API fails with.

use axum::http::StatusCode;
use edm::error::ServiceError;
use edm::json::PayloadError;
use edm::path::PathError;
use edm::query::QueryError;

use crate::blob;
use crate::quotas::quota_message;
use crate::store::StoreError;

/// An error in the protocol's own terms: a status and a message for people.
///
/// What is wrong inside is logged and not shown.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{status}: {message}")]
pub(crate) struct ApiError {
    /// The status.
    pub(crate) status: StatusCode,
    /// What went wrong, and what to do.
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// What would exceed a quota, named as in "10 assets in a job".
    pub(crate) fn quota(what: &str, limit: usize) -> Self {
        Self::new(StatusCode::FORBIDDEN, quota_message(what, limit as u64))
    }

    /// A URL that leads to nothing.
    pub(crate) fn no_segment(segment: &str) -> Self {
        let message = format!("Resource not found for the segment '{segment}'.");
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// A well-formed key of nothing.
    pub(crate) fn no_entity(entity_type: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Resource {entity_type} not found"))
    }

    /// A verb that is not for what the URL leads to.
    pub(crate) fn method_not_allowed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    /// A failure of the service itself, whose cause is logged only.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        let message = "An error occurred while processing this request.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// The body's content. The service always left the code empty.
    pub(crate) fn body(&self) -> ServiceError {
        ServiceError::new("", self.message.clone())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Query(message) | StoreError::Unmet(message) => Self::bad_request(message),
            StoreError::Conflict(message) => Self::conflict(message),
            StoreError::NotFound(name) => Self::no_entity(name),
            StoreError::Full(message) => Self::new(StatusCode::FORBIDDEN, message),
            StoreError::Database(_) | StoreError::Over | StoreError::Corrupt(_) => {
                Self::internal(error)
            }
        }
    }
}

impl From<blob::BlobError> for ApiError {
    fn from(error: blob::BlobError) -> Self {
        match error {
            blob::BlobError::TooManyPolicies(_) => {
                Self::conflict("The container of the asset has room for no more SAS locators.")
            }
            blob::BlobError::ContainerNotFound(_) => {
                Self::conflict("The container of the asset is gone.")
            }
            error => Self::internal(error),
        }
    }
}

impl From<PayloadError> for ApiError {
    fn from(error: PayloadError) -> Self {
        Self::bad_request(format!("Parsing request content failed due to: {error}"))
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<PathError> for ApiError {
    fn from(error: PathError) -> Self {
        Self::bad_request(format!("Bad Request - Error in query syntax: {error}."))
    }
}
