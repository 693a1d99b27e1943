//! Responses, as a client reads them: straight from the text into values, leniently, because what
//! a service adds must not break it.
//!
//! | file | what |
//! |---|---|
//! | `scalar.rs` | one primitive value |
//! | `value.rs` | a value of any type |
//! | `entity.rs` | a structured value, property by property |
//! | `page.rs` | many of them, and what stands beside them |
//! | `body.rs` | whole responses |

/// Methods of a visitor that refuse what is there, by its method `fail`.
macro_rules! refuse {
    ($($kind:ident)*) => { $(refuse!(@$kind);)* };
    (@bool) => { refuse!(@scalar visit_bool, bool); };
    (@i64) => { refuse!(@scalar visit_i64, i64); };
    (@u64) => { refuse!(@scalar visit_u64, u64); };
    (@f64) => { refuse!(@scalar visit_f64, f64); };
    (@scalar $method:ident, $ty:ty) => {
        fn $method<E: serde::de::Error>(self, found: $ty) -> Result<Self::Value, E> {
            Err(self.fail(found))
        }
    };
    (@str) => {
        fn visit_str<E: serde::de::Error>(self, found: &str) -> Result<Self::Value, E> {
            Err(self.fail(format_args!("{:?}", crate::value::shorten(found))))
        }
    };
    (@unit) => {
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Err(self.fail("null"))
        }
    };
    (@seq) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(self.fail("an array"))
        }
    };
    (@map) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(self.fail("an object"))
        }
    };
}

mod body;
mod entity;
mod page;
mod scalar;
mod value;

use std::cell::Cell;
use std::fmt;

use serde::de;

pub use body::{Body, Resource};
pub(crate) use entity::{is_annotation, read_raw, set_member};
pub(crate) use page::Change;
pub use page::{DeltaLink, Entities, PageInfo, Sink};
pub(crate) use scalar::from_text as scalar_from_text;
pub(crate) use value::{lenient_value, read_primitive};
pub(super) use value::{open_value, strict_value};

use super::error::Place;
use super::{Format, PayloadError};

/// What all readers of one payload share.
struct Context {
    format: Format,
    /// Whether members that the model does not have are refused instead of kept.
    strict: bool,
    /// The first problem, with the path that led there: an error of serde has only a text.
    failure: Cell<Option<Box<PayloadError>>>,
}

impl Context {
    const fn new(format: Format, strict: bool) -> Self {
        Self { format, strict, failure: Cell::new(None) }
    }

    /// Remembers a problem and gives serde an error in its place.
    fn fail<E: de::Error>(&self, problem: PayloadError) -> E {
        self.failure.set(Some(Box::new(problem)));
        E::custom("not of the model")
    }

    /// Remembers that a problem is within a place.
    fn within<E: fmt::Display>(&self, place: Place<'_>, error: E) -> E {
        let failure = match self.failure.take() {
            Some(failure) => *failure,
            None => PayloadError::new(error.to_string()),
        };
        self.failure.set(Some(Box::new(failure.at(place))));
        error
    }

    /// The problem behind an error of the parser, with the text around its place.
    fn take(&self, error: &serde_json::Error, text: &str) -> PayloadError {
        let failure = match self.failure.take() {
            Some(failure) => *failure,
            None => PayloadError::new(error.to_string()),
        };
        failure.near(text, error.line(), error.column())
    }
}

/// The name of control information without its prefix: `nextLink` of `@odata.nextLink` (V4),
/// `@nextLink` (V4.01) and `odata.nextLink` (V3); `None` for what is none, or is that of a member.
pub(crate) fn control(name: &str) -> Option<&str> {
    match name.strip_prefix('@') {
        Some(rest) => Some(rest.strip_prefix("odata.").unwrap_or(rest)),
        None => name.strip_prefix("odata."),
    }
}
