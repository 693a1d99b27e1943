//! Batches of V4: as `multipart/mixed` and as JSON, which CAP understands, too.

use live::CAP;
use live::clients::cap_v4::{Authors, Books};
use odata_client::Batch;

use super::v4;

/// Reads, and a change set in which one call needs what another has made.
async fn references(ids: i32, start: fn(Batch) -> Batch) {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    let mut batch = start(shop.service().batch());
    let author = batch.add(shop.authors().by_key(1).get());
    let missing = batch.add(shop.authors().by_key(999).get());
    let mut changes = batch.change_set();
    let made = changes.add(shop.authors().create().set(Authors::ID, ids).set(Authors::NAME, "New"));
    let book = made.entity().books().create();
    let book = changes.add(book.set(Books::ID, ids).set(Books::TITLE, "By the new one"));
    let count = batch.add(shop.authors().filter(Authors::ID.le(3)).count());
    let results = batch.continue_on_error().send().await.unwrap();
    assert_eq!(results.get(&author).unwrap().name, "Emily Brontë");
    let missing = results.get(&missing).unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    assert_eq!(results.get(&made).unwrap().name, "New");
    assert_eq!(results.get(&book).unwrap().author_id, Some(ids));
    assert_eq!(results.get(&count).unwrap(), 3);
    assert_eq!(shop.books().by_key(ids).author().get().await.unwrap().id, ids);
}

/// A change set of which one call fails.
async fn all_or_nothing(ids: i32, start: fn(Batch) -> Batch) {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    let mut batch = start(shop.service().batch());
    let mut changes = batch.change_set();
    let good = changes.add(shop.authors().create().set(Authors::ID, ids).set(Authors::NAME, "x"));
    let bad = changes.add(shop.books().create().set(Books::ID, ids));
    let results = batch.send().await.unwrap();
    let error = results.get(&bad).unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
    assert!(error.to_string().contains("Provide the missing value."), "{error}");
    assert!(results.get(&good).is_err());
    assert!(shop.authors().by_key(ids).get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn calls_of_a_multipart_batch_refer_to_each_other() {
    references(301, |batch| batch).await;
}

#[tokio::test]
async fn calls_of_a_json_batch_refer_to_each_other() {
    references(302, Batch::json).await;
}

#[tokio::test]
async fn a_multipart_change_set_is_done_as_a_whole() {
    all_or_nothing(303, |batch| batch).await;
}

#[tokio::test]
async fn a_json_change_set_is_done_as_a_whole() {
    all_or_nothing(304, Batch::json).await;
}
