//! Batches of V4.01: as `multipart/mixed` and as JSON.

use live::ODATAPY;
use live::clients::odatapy::{Mark, Person};
use odata_client::Batch;

use super::harbour;

/// Reads, and a change set in which one call needs what another has made.
async fn references(login: &str, start: fn(Batch) -> Batch) {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    let people = harbour.people();
    let mut batch = start(harbour.service().batch());
    let mark = batch.add(harbour.marks().by_key(7).get());
    let missing = batch.add(people.by_key("nobody").get());
    let mut changes = batch.change_set();
    let made = changes.add(people.create().set(Person::LOGIN, login));
    let born = edm::Date::new(2000, 1, 1).unwrap();
    let changed = changes.add(made.entity().update().set(Person::BORN, born));
    let page = batch.add(harbour.marks().filter(Mark::ID.gt(33)).list());
    let results = batch.continue_on_error().send().await.unwrap();
    assert_eq!(results.get(&mark).unwrap().label.as_deref(), Some("mark 07"));
    let missing = results.get(&missing).unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    assert_eq!(results.get(&made).unwrap().login, login);
    results.get(&changed).unwrap();
    assert_eq!(results.get(&page).unwrap().items.len(), 2);
    assert_eq!(people.by_key(login).get().await.unwrap().born, Some(born));
}

/// A change set of which one call fails.
async fn all_or_nothing(login: &str, start: fn(Batch) -> Batch) {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    let people = harbour.people();
    let mut batch = start(harbour.service().batch());
    let mut changes = batch.change_set();
    let good = changes.add(people.create().set(Person::LOGIN, login));
    let bad = changes.add(people.create().set(Person::LOGIN, login));
    let results = batch.send().await.unwrap();
    let error = results.get(&bad).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(error.to_string().contains("already exists in 'People'"), "{error}");
    assert!(results.get(&good).is_err());
    assert!(people.by_key(login).get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn calls_of_a_multipart_batch_refer_to_each_other() {
    references("multipart", |batch| batch).await;
}

#[tokio::test]
async fn calls_of_a_json_batch_refer_to_each_other() {
    references("json", Batch::json).await;
}

#[tokio::test]
async fn a_multipart_change_set_is_done_as_a_whole() {
    all_or_nothing("multipart-twice", |batch| batch).await;
}

#[tokio::test]
async fn a_json_change_set_is_done_as_a_whole() {
    all_or_nothing("json-twice", Batch::json).await;
}
