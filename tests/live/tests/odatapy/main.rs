//! odatapy: the harbour of `servers/odatapy`, as V4.01.

#![allow(clippy::unwrap_used)]

mod batch;
mod manners;
mod operations;
mod reading;
mod types;
mod writing;

use live::clients::odatapy::Container;
use live::{ODATAPY, Server, document};
use odata_client::Service;

/// The harbour.
fn harbour(server: &Server) -> Container {
    Container::new(Service::builder(server.root("v4")).build().unwrap())
}

#[tokio::test]
async fn the_client_is_of_the_document_of_the_server() {
    let Some(server) = ODATAPY.server() else { return };
    document::assert_current("odatapy", server.root("v4")).await;
}
