//! The tasks of many calls, against a service in this process.
#![allow(clippy::unwrap_used, missing_docs)]

mod auth;
mod download;
mod encode;
mod encryption;
mod endpoint;
mod fake;
mod publish;
mod upload;
