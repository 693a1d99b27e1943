//! The wire as real clients use it: batches, formats, odd bodies, odd paths, odd headers.

#![allow(clippy::unwrap_used)]

mod batches;
mod broken_batches;
mod broken_bodies;
