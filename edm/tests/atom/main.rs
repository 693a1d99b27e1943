//! Atom payloads, in the forms that real services and clients send.
#![allow(clippy::unwrap_used, missing_docs)]

mod client;
mod model;
mod round_trips;
mod service;
mod xml;
