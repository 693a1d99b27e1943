//! JSON payloads of every version of OData, written once over [`Structured`](crate::Structured).
//!
//! | file | what |
//! |---|---|
//! | `format.rs` | which format a response is in |
//! | `dialect.rs` | which form of it a request is written in |
//! | `read/` | responses, as a client reads them |
//! | `request.rs` | bodies of requests, as a client writes them |
//! | `tolerant.rs` | bodies of requests that are almost JSON |
//! | `draft.rs` | bodies of requests, as a service reads them |
//! | `write.rs` | responses of V3, as a service writes them |
//! | `print.rs` | one value → JSON, by its type |
//! | `text.rs` | JSON as Microsoft's library prints it |
//! | `raw.rs` | JSON that no table describes |
//! | `convert.rs` | …and what becomes of it |
//! | `error.rs` | what can be wrong with a payload |

mod convert;
mod dialect;
mod draft;
mod error;
mod format;
mod print;
mod raw;
mod read;
mod request;
mod text;
mod tolerant;
mod write;

pub(crate) use convert::{
    TYPE, add_undeclared, convert, expanded_items, said_type_of, undeclared_to_raw,
};
pub use dialect::{DateStyle, Dialect};
pub use draft::{read_draft, read_parameters};
pub(crate) use error::mismatch;
pub use error::{PayloadError, PayloadErrorKind};
pub use format::{Declared, Format};
pub use print::value_to_json;
pub(crate) use print::{date_time, draft_type_name, given_type};
pub use raw::Raw;
pub(crate) use raw::{members, text};
pub use read::{Body, DeltaLink, Entities, PageInfo, Resource, Sink};
pub(crate) use read::{
    Change, control, is_annotation, lenient_value, read_primitive, read_raw, scalar_from_text,
};
pub use text::to_text;
pub use tolerant::parse_tolerant;
pub(crate) use write::selected;
pub use write::{Layout, Metadata, Writer};

use crate::model::{StructuredType, Type};

/// Reads a value as a service does: a member that the model does not have is refused. `null` is
/// [`Value::Null`](crate::Value::Null) whatever the type: who may be null is for the caller.
///
/// Numbers and booleans may be texts, collections may be arrays or `{"results": […]}`, times may
/// be ISO 8601, `/Date(ms)/` or the American form of .NET: real clients send all of these.
///
/// # Errors
///
/// The text is not JSON, or not of the type.
pub fn value_from_text(text: &str, ty: &Type) -> Result<crate::Value, PayloadError> {
    read::strict_value(text, ty)
}

pub(crate) fn undeclared(name: &str, ty: &StructuredType) -> PayloadError {
    PayloadError::new(format!(
        "The property '{name}' does not exist on type '{}'. Make sure to only use property names \
         that are defined by the type.",
        ty.qualified_name()
    ))
}
