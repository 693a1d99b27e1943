//! Atom and the other XML payloads of OData V1 to V3, written once over
//! [`Structured`](crate::Structured), as [`json`](crate::json) is.
//!
//! | file | what |
//! |---|---|
//! | `xml.rs` | elements, read with limits |
//! | `markup.rs` | elements, written |
//! | `scalar.rs` | one primitive value ↔ text |
//! | `gml.rs` | shapes: GML ↔ GeoJSON |
//! | `value.rs` | an element → a value of any type |
//! | `print.rs` | a value of any type → an element |
//! | `draft.rs` | bodies of requests, as a service reads them |
//! | `write.rs` | responses, as a service writes them |
//! | `request.rs` | bodies of requests, as a client writes them |
//! | `read/` | responses, as a client reads them |
//!
//! Prefixes do not matter, and neither does the encoding that a document declares: it is UTF-8,
//! or UTF-16 with a byte order mark. A document type is refused, and with it every entity that
//! XML itself does not have. What is written is of V1 to V3; entities, feeds and values of V4, whose
//! vocabularies have other names, are read, too.

mod draft;
mod gml;
mod markup;
mod print;
mod read;
mod request;
mod scalar;
mod value;
mod write;
mod xml;

pub use draft::{read_draft, read_property, read_uri};
pub use read::Body;
pub use request::{Layout, needs_v3, property, uri};
pub use write::Writer;

/// What the relation of a link to other entities starts with.
const RELATED: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/";

/// What the relation to the links of a navigation property starts with.
const RELATED_LINKS: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/relatedlinks/";

/// The scheme of the category that names the type of an entity.
const SCHEME: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/scheme";

/// The same in V4, of which Atom is read, too.
const RELATED_V4: &str = "http://docs.oasis-open.org/odata/ns/related/";

/// Whether the type attribute says that a value is a collection, and of what.
fn item_type(ty: &str) -> Option<&str> {
    ty.strip_prefix("Collection(")?.strip_suffix(')')
}
