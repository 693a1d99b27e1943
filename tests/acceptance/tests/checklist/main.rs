//! What client code was seen to depend on, most likely first: each test is named after its point of
//! the list and drives the service over HTTP.

#![allow(clippy::unwrap_used)]

mod account;
mod jobs;
mod keys;
mod protocol;
mod streaming;
