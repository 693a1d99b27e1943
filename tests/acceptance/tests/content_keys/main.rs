//! Content keys: how they come and go, who gets them, and what they protect.

#![allow(clippy::unwrap_used)]

mod client;
mod delivery;
mod keys;
mod links;
mod policies;
mod storage;
