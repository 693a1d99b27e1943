use bytes::Bytes;
use edm::json::{Body, Dialect, Format};

use crate::Error;

/// Whether a call may be sent again when it is not known if the service has seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// It only reads.
    Read,
    /// It changes something.
    Write,
}

/// One call, prepared: what generated code makes and [`Service`](crate::Service) sends.
#[derive(Clone, Debug)]
pub struct Call {
    /// The HTTP method, `MERGE` included.
    pub method: &'static str,
    /// Path and query, percent-encoded, relative to the service root; or an absolute URL that the
    /// service handed out.
    pub target: String,
    /// The body, still without format.
    pub body: Option<CallBody>,
    /// Whether it may be sent again.
    pub idempotency: Idempotency,
    /// What the answer is.
    pub accept: Accept,
}

/// What an answer is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// JSON, in the format that the client speaks.
    Json,
    /// Plain text, as that of `$count` is.
    Text,
    /// Anything: the bytes of a stream.
    Any,
}

/// The body of a call, before it is given the format that the client speaks.
#[derive(Clone, Debug)]
pub enum CallBody {
    /// An entity to create or update.
    Draft(edm::Draft, &'static edm::model::StructuredType),
    /// Parameters of an action.
    Parameters(Vec<(&'static str, edm::Value)>, &'static edm::model::Operation),
    /// The URL of an entity to link, relative to the service root.
    Link(String),
    /// The bytes of a stream.
    Bytes {
        /// Their media type.
        content_type: String,
        /// The bytes.
        bytes: Bytes,
    },
}

impl Call {
    /// A call that reads.
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            method: "GET",
            target: target.into(),
            body: None,
            idempotency: Idempotency::Read,
            accept: Accept::Json,
        }
    }

    /// A call that changes something.
    pub fn write(method: &'static str, target: impl Into<String>, body: Option<CallBody>) -> Self {
        Self {
            method,
            target: target.into(),
            body,
            idempotency: Idempotency::Write,
            accept: Accept::Json,
        }
    }
}

impl CallBody {
    /// The body as the service reads it; URLs are joined to the service root.
    pub(crate) fn to_bytes(&self, dialect: Dialect, root: &str) -> Bytes {
        match self {
            Self::Bytes { bytes, .. } => bytes.clone(),
            Self::Draft(draft, ty) => dialect.draft(draft, ty, root).into(),
            Self::Parameters(values, operation) => {
                dialect.parameters(values, operation.parameters).into()
            }
            Self::Link(url) => dialect.link(&format!("{root}{url}")).into(),
        }
    }
}

/// A successful answer, before it is typed.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The header `operation-id`: what to poll after a 202.
    pub operation_id: Option<String>,
    /// The format that the service declared.
    pub format: Format,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body, to read what is expected of it.
    ///
    /// # Errors
    ///
    /// The body is not UTF-8, which JSON is.
    pub fn payload(&self) -> Result<Body<'_>, Error> {
        Body::from_bytes(&self.body, self.format).map_err(Error::payload)
    }
}
