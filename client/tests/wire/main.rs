//! What goes over the wire, against a service that answers from a script.
#![allow(clippy::unwrap_used, missing_docs)]

mod errors;
mod fake;
mod model;
mod moves;
mod pages;
mod requests;
mod retries;
mod tokens;
