//! Responses, as a client reads them: leniently, because what a service adds must not break it.
//!
//! | file | what |
//! |---|---|
//! | `entry.rs` | an entity, property by property, and what stands beside them |
//! | `body.rs` | whole responses |

mod body;
mod entry;

pub use body::Body;
