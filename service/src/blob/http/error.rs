//! Errors as Azure Storage reports them.
//!
//! Source: Microsoft, "Common REST API error codes" and "Blob Storage error
//! codes".

use std::error::Error as _;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use uuid::Uuid;

use super::super::error::BlobError;
use super::super::query::InvalidQuery;
use super::{Reply, ascii, xml};

/// An error for a client.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    header: Option<Box<(HeaderName, HeaderValue)>>,
    /// What happened inside, for the log alone.
    cause: Option<Box<BlobError>>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), header: None, cause: None }
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    fn with_cause(mut self, cause: BlobError) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    pub(super) fn authentication_failed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "AuthenticationFailed",
            "Server failed to authenticate the request. Check the shared access signature \
             and that it is in force.",
        )
    }

    pub(super) fn permission_mismatch() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "AuthorizationPermissionMismatch",
            "The shared access signature does not allow this operation.",
        )
    }

    pub(super) fn invalid_uri(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidUri", message)
    }

    pub(super) fn invalid_query(parameter: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidQueryParameterValue",
            format!("The value of query parameter {parameter} is missing or not allowed here."),
        )
    }

    pub(super) fn invalid_header(name: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidHeaderValue",
            format!("The value of header {name} is not in the correct format."),
        )
    }

    pub(super) fn missing_header(name: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "MissingRequiredHeader",
            format!("Header {name} is required for this operation."),
        )
    }

    pub(super) fn length_required() -> Self {
        Self::new(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLengthHeader",
            "The Content-Length header is required for this operation.",
        )
    }

    pub(super) fn unsupported_verb() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "UnsupportedHttpVerb",
            "The resource does not support this HTTP verb.",
        )
        .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD, PUT, DELETE, OPTIONS"))
    }

    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("This endpoint holds block blobs and does not have what {what} asks for."),
        )
    }

    pub(super) fn blob_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
    }

    pub(super) fn condition_not_met() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "ConditionNotMet",
            "The condition specified using HTTP conditional header(s) is not met.",
        )
    }

    /// Logs what the operator should know. The query is left out: a SAS in it
    /// is a secret.
    pub(super) fn log(&self, head: &Parts, request_id: Uuid) {
        let Some(cause) = &self.cause else {
            tracing::debug!(%request_id, method = %head.method, code = self.code, "refused");
            return;
        };
        let source = cause.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(
            %request_id,
            method = %head.method,
            path = head.uri.path(),
            code = self.code,
            error = %cause,
            source,
            "blob request failed"
        );
    }

    /// The reply: an XML body, or none to a HEAD.
    pub(super) fn into_reply(self, method: &Method, request_id: Uuid) -> Reply {
        let body = if method == Method::HEAD {
            Body::empty()
        } else {
            let message =
                format!("{}\nRequestId:{request_id}\nTime:{}", self.message, Timestamp::now());
            Body::from(xml::error(self.code, &message))
        };
        let mut reply = Reply::new(body);
        *reply.status_mut() = self.status;
        let headers = reply.headers_mut();
        headers.insert("x-ms-error-code", ascii(self.code));
        if *method != Method::HEAD {
            headers.insert(header::CONTENT_TYPE, xml::CONTENT_TYPE);
        }
        if let Some(header) = self.header {
            let (name, value) = *header;
            headers.insert(name, value);
        }
        reply
    }
}

impl From<InvalidQuery> for ApiError {
    fn from(error: InvalidQuery) -> Self {
        Self::invalid_query(&error.0)
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        let (status, code) = status_and_code(&error);
        match error {
            BlobError::RangeNotSatisfiable { size } => Self::new(status, code, error.to_string())
                .with_header(header::CONTENT_RANGE, ascii(format!("bytes */{size}"))),
            BlobError::StorageFull(_) => {
                Self::new(status, code, "The server is out of storage space.").with_cause(error)
            }
            _ if status.is_server_error() && !matches!(error, BlobError::Busy) => {
                Self::new(status, code, "The server encountered an internal error.")
                    .with_cause(error)
            }
            _ => Self::new(status, code, error.to_string()),
        }
    }
}

fn status_and_code(error: &BlobError) -> (StatusCode, &'static str) {
    use BlobError as E;
    match error {
        E::InvalidContainerName(_) => (StatusCode::BAD_REQUEST, "InvalidResourceName"),
        E::InvalidBlobName { .. } => (StatusCode::BAD_REQUEST, "InvalidUri"),
        E::InvalidPolicyId(_) | E::InvalidBlockId => {
            (StatusCode::BAD_REQUEST, "InvalidQueryParameterValue")
        }
        E::EmptyBlock => (StatusCode::BAD_REQUEST, "InvalidHeaderValue"),
        E::ContainerNotFound(_) => (StatusCode::NOT_FOUND, "ContainerNotFound"),
        E::ContainerExists(_) => (StatusCode::CONFLICT, "ContainerAlreadyExists"),
        E::TooManyPolicies(_) => (StatusCode::CONFLICT, "InvalidInput"),
        E::BlobNotFound { .. } => (StatusCode::NOT_FOUND, "BlobNotFound"),
        E::BlobExists => (StatusCode::CONFLICT, "BlobAlreadyExists"),
        E::ConditionNotMet => (StatusCode::PRECONDITION_FAILED, "ConditionNotMet"),
        E::UnknownBlock(_) => (StatusCode::BAD_REQUEST, "InvalidBlockList"),
        E::BlockListTooLong { .. } => (StatusCode::BAD_REQUEST, "BlockListTooLong"),
        E::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestBodyTooLarge"),
        E::LengthMismatch { .. } | E::Body(_) => (StatusCode::BAD_REQUEST, "InvalidInput"),
        E::BodyStalled { .. } => (StatusCode::REQUEST_TIMEOUT, "OperationTimedOut"),
        E::Md5Mismatch => (StatusCode::BAD_REQUEST, "Md5Mismatch"),
        E::RangeNotSatisfiable { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
        E::Busy | E::StorageFull(_) | E::Interrupted | E::Unreachable { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServerBusy")
        }
        E::Fetch { source, .. } => status_and_code(source),
        E::Objects(_)
        | E::NoObjectStore
        | E::OtherOwner
        | E::Damaged { .. }
        | E::Index(_)
        | E::File { .. }
        | E::Cipher(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    }
}
