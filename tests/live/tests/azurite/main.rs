//! The tables of Azurite, as V3 in JSON light. They have no `$metadata`: the client is of a
//! document of ours, and every table is a set of the same open type.

#![allow(clippy::unwrap_used)]

mod entities;
mod pages;

use live::Server;
use live::clients::azurite::{Account, Person, Table};
use odata_client::{Collection, Service};

/// The account. The signature in the query of its root goes with every request.
fn account(server: &Server) -> Account {
    let service = Service::builder(server.root("v3")).header("x-ms-version", "2020-08-04");
    Account::new(service.build().unwrap())
}

/// A table of a test's own.
async fn table(server: &Server, name: &str) -> Collection<Person> {
    let account = account(server);
    let made = account.tables().create().set(Table::TABLE_NAME, name).await.unwrap();
    assert_eq!(made.table_name, name);
    account.service().set(name)
}
