//! Reads recorded answers of real servers with tables that are made at run time.
//!
//! | file | what |
//! |---|---|
//! | `atom.rs` | the same for Atom and other XML |
//! | `tables.rs` | the tables of a metadata document, as the generator would emit them |
//! | `entity.rs` | an entity of any type, and whether it holds all that its JSON does |
//! | `exchange.rs` | one recorded exchange, and how its answer is read |

mod atom;
mod entity;
mod exchange;
mod tables;

pub use exchange::{Exchange, Outcome};
pub use tables::Tables;
