//! odatapy: the harbour of `servers/odatapy`, as V4.01.

use live::{ODATAPY, document};

#[tokio::test]
async fn the_client_is_of_the_document_of_the_server() {
    let Some(server) = ODATAPY.server() else { return };
    document::assert_current("odatapy", server.root("v4")).await;
}
