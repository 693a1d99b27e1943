//! What the tests of real servers share: the servers themselves, and their documents.

pub mod document;
mod install;
mod server;

pub use server::{AZURITE, CAP, ODATAPY, Program, Server};
