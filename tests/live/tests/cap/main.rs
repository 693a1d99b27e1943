//! SAP CAP: the bookshop of `servers/cap`, as V4 and, through SAP's adapter, as V2.

#![allow(clippy::unwrap_used)]

mod v2_operations;
mod v2_reading;
mod v2_writing;
mod v4_batch;
mod v4_operations;
mod v4_reading;
mod v4_writing;

use live::clients::{cap_v2, cap_v4};
use live::{CAP, Server, document};
use odata_client::Service;

/// The bookshop as V4. Node reads numbers of JSON as doubles: long ones have to be texts.
fn v4(server: &Server) -> cap_v4::EntityContainer {
    let service = Service::builder(server.root("v4")).ieee754_compatible();
    cap_v4::EntityContainer::new(service.build().unwrap())
}

/// The bookshop as V2.
fn v2(server: &Server) -> cap_v2::EntityContainer {
    cap_v2::EntityContainer::new(Service::builder(server.root("v2")).build().unwrap())
}

#[tokio::test]
async fn clients_are_of_the_documents_of_the_server() {
    let Some(server) = CAP.server() else { return };
    document::assert_current("cap_v4", server.root("v4")).await;
    document::assert_current("cap_v2", server.root("v2")).await;
}
