//! The Entity Data Model of OData at run time.
//!
//! Generated clients, the client run time and a service share this crate, so that a literal is
//! escaped, a path is split and a payload is read in exactly one place: a service parses with the
//! same code that a client prints with. There is no HTTP and no async here.
//!
//! | to… | see |
//! |---|---|
//! | hold a value of any EDM type | [`Value`], [`time`] |
//! | describe types as static tables | [`model`] |
//! | read and write an entity without knowing its Rust type | [`Structured`], [`Record`] |
//! | name a property, typed by its owner and value | [`Property`], [`Navigation`] |
//! | build a filter, an order or a nested expand | [`Filter`], [`Term`], [`Path`], [`Expanding`] |
//! | build the body of an insert or update | [`Insert`], [`Update`] |
//! | print or parse `$filter`, `$orderby` and their kin | [`filter`], [`query`] |
//! | print or parse `Assets('…')/$links/Locators` | [`path`] |
//! | read and write JSON payloads | [`json`] |
//! | read and write Atom and the other XML payloads | [`atom`] |
//! | put several requests into one, and read their answers | [`batch`] |
#![forbid(unsafe_code)]

pub mod atom;
pub mod batch;
mod enums;
pub mod error;
mod extra;
pub mod filter;
mod generated;
mod geo;
pub mod json;
pub mod literal;
mod macros;
pub mod model;
pub mod path;
mod primitive;
mod property;
pub mod query;
mod record;
mod structured;
mod term;
pub mod time;
mod value;
pub mod version;
mod write;

pub use enums::{FlagSet, enum_literal, not_a_member};
pub(crate) use extra::changed;
pub use extra::{Extra, Payload};
pub use filter::Expr;
pub use generated::{
    assign_nullable, debug_structured, entities_to_value, entity_to_value, equal_structured,
    key_part, nullable_entity_to_value,
};
pub use geo::{Geo, Geometry, Shape, Untyped};
pub use primitive::{Binary, Edm, NotOption, Operand, Scalar, Text, from_nullable};
pub use property::{AtCreate, AtUpdate, Many, Navigation, One, Property, access};
pub use record::Record;
pub use structured::{
    ComplexType, DerivedFrom, EntityType, Key, Keyed, NoKey, Structured, assign,
    complex_from_value, from_members, structured_from_value, to_members,
};
pub use term::{
    Dated, Expanding, Expansion, Filter, Flags, Leads, Member, Number, Order, Path, Selection,
    Term, Timed, is_of,
};
pub use time::{Date, DateTime, DateTimeOffset, Duration, TimeOfDay};
pub use value::{Members, TypeError, Value};
pub use write::{Binding, Draft, EntityPath, Inline, Insert, Update};

pub use rust_decimal::Decimal;
pub use uuid::Uuid as Guid;
