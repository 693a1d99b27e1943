//! JSON payloads of every version, in the forms that real services and clients send.
#![allow(clippy::unwrap_used, missing_docs)]

mod errors;
mod kept;
mod model;
mod reads;
mod requests;
mod round_trips;
mod service;
