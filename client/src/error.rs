use std::fmt;
use std::sync::Arc;

use edm::error::ServiceError;
use url::Url;

/// What went wrong with a call.
///
/// It keeps the method and the URL, without the values of its query: these may hold signatures.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{kind}", context(.call))]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// Method and URL.
    call: Option<String>,
}

fn context(call: &Option<String>) -> String {
    call.as_ref().map_or_else(String::new, |call| format!("{call}: "))
}

/// The kinds of [`Error`].
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The service answered, and not with success.
    #[error("the service answered {status}{}", message(.error))]
    Service {
        /// The HTTP status.
        status: u16,
        /// What the service said about it, if it said so in a form of OData.
        error: Box<ServiceError>,
        /// The service's own id of the request, to ask its operator about.
        request_id: Option<String>,
    },
    /// No answer: refused, cut off, or too slow.
    #[error("no answer from the service: {0}")]
    Connection(Arc<dyn std::error::Error + Send + Sync>),
    /// No token.
    #[error("no access token: {0}")]
    Credential(Arc<dyn std::error::Error + Send + Sync>),
    /// An answer that is not what the model says: cut off, of another type, a page of HTML.
    #[error("the answer is not what was expected: {problem}{}", shown(.status, .excerpt))]
    Payload {
        /// What is wrong with it.
        problem: String,
        /// The HTTP status.
        status: Option<u16>,
        /// The start of the body.
        excerpt: String,
    },
    /// The service wants to be called elsewhere, where it must not be followed.
    #[error("the service moved to {location}, {problem}")]
    Redirect {
        /// Where to.
        location: String,
        /// Why it is not followed.
        problem: &'static str,
    },
    /// The call itself cannot be made.
    #[error("{0}")]
    Usage(String),
}

fn shown(status: &Option<u16>, excerpt: &str) -> String {
    status.map_or_else(String::new, |status| format!(" ({status}: {excerpt})"))
}

/// The start of a body, to show.
pub(crate) fn excerpt(body: &[u8]) -> String {
    const LONGEST: usize = 200;
    // A character has at most four bytes.
    let start = String::from_utf8_lossy(&body[..body.len().min(LONGEST * 4)]).into_owned();
    start.trim_start().chars().take(LONGEST).collect::<String>().trim_end().to_owned()
}

fn message(error: &ServiceError) -> String {
    match (error.code.as_str(), error.message.as_str()) {
        ("", "") => String::new(),
        ("", message) => format!(": {message}"),
        (code, message) => format!(": {code}: {message}"),
    }
}

impl Error {
    /// An error without a call: before there is one.
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, call: None }
    }

    /// A call that cannot be made, or an answer that cannot be used.
    pub fn usage(problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage(problem.to_string()))
    }

    /// An answer that is not what was expected.
    pub fn payload(problem: impl fmt::Display) -> Self {
        let problem = problem.to_string();
        Self::new(ErrorKind::Payload { problem, status: None, excerpt: String::new() })
    }

    /// Puts the answer next to what is wrong with it.
    pub(crate) fn answered(mut self, answer: u16, body: &[u8]) -> Self {
        if let ErrorKind::Payload { status, excerpt: shown, .. } = &mut self.kind {
            status.get_or_insert(answer);
            if shown.is_empty() {
                *shown = excerpt(body);
            }
        }
        self
    }

    pub(crate) fn of(mut self, method: &str, url: &Url) -> Self {
        self.call.get_or_insert_with(|| format!("{method} {}", without_secrets(url)));
        self
    }

    /// The HTTP status, if the service answered.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            ErrorKind::Service { status, .. } => Some(status),
            ErrorKind::Payload { status, .. } => status,
            _ => None,
        }
    }

    /// Whether the service said that there is no such entity.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the service said that something is in the way: a key in use, a limit reached.
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// Whether the service refused a change because the entity is in another state than the one
    /// that the change was for, or because it was not told for which one: `If-Match`.
    pub fn is_precondition_failed(&self) -> bool {
        matches!(self.status(), Some(412 | 428))
    }
}

/// A URL with the values of its query taken out: a signature there is a secret.
pub(crate) fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    shown.set_query(None);
    match names.as_slice() {
        [] => shown.to_string(),
        names => format!("{shown}?{}", names.join("&")),
    }
}
