//! Streaming endpoints, filters, and what streams answer to whom.

#![allow(clippy::unwrap_used)]

mod filters;
mod stage;
