//! What goes over the wire, against a service that answers from a script.
#![allow(clippy::unwrap_used, missing_docs)]

mod atom;
mod batches;
mod errors;
mod etags;
mod fake;
mod later;
mod links;
mod manners;
mod model;
mod moves;
mod operations;
mod pages;
mod requests;
mod retries;
mod streams;
mod tokens;
mod versions;
