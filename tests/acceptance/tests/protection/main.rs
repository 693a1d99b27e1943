//! Streams that are encrypted by delivery policies, and who can play them.

#![allow(clippy::unwrap_used)]

mod common;
mod envelope;
mod parts;
mod policies;
mod stage;
