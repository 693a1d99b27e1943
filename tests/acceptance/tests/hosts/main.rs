//! The service under other names than its address: those of Azure, over TLS, and in every version
//! that the API had.

#![allow(clippy::unwrap_used)]

mod names;
mod tls;
mod versions;
