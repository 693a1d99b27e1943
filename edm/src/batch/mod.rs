//! Batches: several requests in one, and their answers, as bytes. There is no I/O here.
//!
//! | file | what |
//! |---|---|
//! | `multipart.rs` | `multipart/mixed` with change sets, all versions |
//! | `json.rs` | JSON batches, V4.01 |
//! | `http.rs` | one request or answer as the text of HTTP |
//!
//! Readers take what real services send: line ends of one or two characters, folded headers, ids
//! inside or outside of the message, text around the parts. They are linear in time, and memory is
//! bounded by the input.

mod http;
mod json;
mod multipart;

pub use self::http::read_response;
pub use json::{
    json_group, read_json_requests, read_json_responses, write_json_requests, write_json_responses,
};
pub use multipart::{Ids, Written, read_requests, read_responses, write_requests, write_responses};

/// Headers by name, in their order.
pub type Headers = Vec<(String, String)>;

/// More parts than this are refused.
const MOST_PARTS: usize = 10_000;

/// One request of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// What others name it by: `Content-ID`. A JSON batch needs one.
    pub id: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// Absolute, relative to the service root, or with `$1` for the entity of request 1.
    pub url: String,
    /// Headers, without `Content-ID`.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// Ids of requests that must succeed before this one is done; of JSON batches.
    pub depends_on: Vec<String>,
}

/// One answer of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The id of the request, if the service repeats it.
    pub id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// Headers, without `Content-ID`.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// What stands in a batch: one by itself, or several that are done as one or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// One by itself.
    One(T),
    /// A change set. One that has failed has a single answer.
    ChangeSet(Vec<T>),
}

/// A batch that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The content type is not that of a batch.
    #[error("'{0}' is not the content type of a batch")]
    ContentType(String),
    /// The body ends before the last boundary.
    #[error("the batch is cut off")]
    CutOff,
    /// A part is not what it should be.
    #[error("part {part}: {problem}")]
    Part {
        /// The number of the part, from 1; those of a change set count.
        part: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The body of a JSON batch is none.
    #[error("not a JSON batch: {0}")]
    Json(String),
    /// There are too many parts.
    #[error("more than {MOST_PARTS} parts")]
    TooMany,
}

/// A header, without regard to case.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, text)| text.as_str())
}

impl Request {
    /// A header, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

impl Response {
    /// A header, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}
