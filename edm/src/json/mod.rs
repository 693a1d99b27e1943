//! JSON payloads of OData V3, light and verbose, written once over [`Structured`](crate::Structured).
//!
//! | file | what |
//! |---|---|
//! | `scalar.rs` | one value ⇄ JSON, by its type |
//! | `draft.rs` | bodies of inserts and updates, both ways |
//! | `read.rs` | responses, as a client reads them |
//! | `write.rs` | responses, as a service writes them |

mod draft;
mod read;
mod scalar;
mod text;
mod write;

pub use draft::{read_draft, read_parameters, write_draft, write_parameters};
pub use read::{Feed, read_entity, read_feed, read_links, read_value};
pub(crate) use read::{convert, expanded_items};
pub use scalar::{DateStyle, value_from_json, value_to_json};
pub use text::to_text;
pub use write::{Metadata, Writer};

/// Which of the JSON formats of OData.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `odata=minimalmetadata` and its kin, V3 only.
    Light,
    /// `odata=verbose`, all versions up to V3.
    Verbose,
    /// `odata.metadata=minimal` and its kin, V4 and V4.01.
    V4,
}

/// A payload that is not what the model says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct PayloadError {
    /// The place, such as `Tasks[0].Priority`; empty for the whole.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl PayloadError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into() }
    }

    /// The same problem, one level up.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}
