//! SAP CAP: the bookshop of `servers/cap`, as V4 and as V2.

use live::{CAP, document};

#[tokio::test]
async fn clients_are_of_the_documents_of_the_server() {
    let Some(server) = CAP.server() else { return };
    document::assert_current("cap_v4", server.root("v4")).await;
    document::assert_current("cap_v2", server.root("v2")).await;
}
