//! What is derived from entities is right, whatever changes them.
#![allow(clippy::unwrap_used)]

use azure_media::v2_19::tables::MODEL;
use edm::{Record, Value};

use super::sqlite::SqliteStore;
use super::{Change, Event, Message, Outbox as _, Source, Store as _, StoreError};
use crate::sets::set;

const HOOK: &str = "nb:nepid:UUID:00000000-0000-0000-0000-000000000001";
const JOB: &str = "nb:jid:UUID:00000000-0000-0000-0000-000000000002";
const TASK: &str = "nb:tid:UUID:00000000-0000-0000-0000-000000000003";

async fn open() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("test.db"), &MODEL).await.unwrap();
    (folder, store)
}

fn complex(members: &[(&'static str, Value)]) -> Value {
    Value::Collection(vec![Value::Complex(
        members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
    )])
}

/// A store with a job, its task and an end point that is told everything; its registration has been
/// delivered.
async fn with_subscriptions() -> (tempfile::TempDir, SqliteStore) {
    let (folder, store) = open().await;
    let mut hook = Record::new(set("NotificationEndPoints").unwrap().entity_type);
    hook.put("Id", HOOK);
    hook.put("Name", "hook");
    hook.put("EndPointAddress", "http://127.0.0.1/");
    let mut job = Record::new(set("Jobs").unwrap().entity_type);
    job.put("Id", JOB);
    job.put("Name", "film");
    let of_job = [("NotificationEndPointId", HOOK.into()), ("TargetJobState", Value::Integer(2))];
    job.put("JobNotificationSubscriptions", complex(&of_job));
    let mut task = Record::new(set("Tasks").unwrap().entity_type);
    task.put("Id", TASK);
    let of_task = [
        ("NotificationEndPointId", HOOK.into()),
        ("TargetTaskState", Value::Integer(1)),
        ("IncludeTaskProgress", Value::Boolean(true)),
    ];
    task.put("TaskNotificationSubscriptions", complex(&of_task));
    store
        .commit(vec![
            Change::Insert(set("NotificationEndPoints").unwrap(), hook),
            Change::Insert(set("Jobs").unwrap(), job),
            Change::Insert(set("Tasks").unwrap(), task),
            Change::Link(Source::new("Jobs", JOB, "Tasks"), "Tasks", TASK.to_owned()),
        ])
        .await
        .unwrap();
    let registration = next(&store).await.unwrap();
    assert_eq!(registration.event, Event::Registration);
    store.settle(&registration).await.unwrap();
    (folder, store)
}

async fn next(store: &SqliteStore) -> Option<Message> {
    store.due(1).await.unwrap().pop()
}

fn job_state(state: i64) -> Change {
    let values = vec![("State", Value::Integer(state))];
    Change::Set(set("Jobs").unwrap(), JOB.to_owned(), values)
}

fn task_values(values: &[(&'static str, Value)]) -> Change {
    Change::Set(set("Tasks").unwrap(), TASK.to_owned(), values.to_vec())
}

#[tokio::test]
async fn a_change_that_fails_tells_nothing() {
    let (_folder, store) = with_subscriptions().await;
    let failing = Change::AtMost {
        set: set("Jobs").unwrap(),
        filter: edm::Expr::parse("Name eq 'film'").unwrap(),
        count: 0,
        otherwise: "no".to_owned(),
    };
    let refused = store.commit(vec![job_state(1), failing]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
    assert_eq!(next(&store).await, None);
    // The same state again is no change.
    store.commit(vec![job_state(0)]).await.unwrap();
    assert_eq!(next(&store).await, None);
}

#[tokio::test]
async fn messages_about_a_job_wait_for_each_other() {
    let (_folder, store) = with_subscriptions().await;
    store.commit(vec![job_state(1), job_state(2)]).await.unwrap();
    let first = next(&store).await.unwrap();
    assert_eq!(first.event, Event::JobState { name: Some("film".to_owned()), old: 0, new: 1 });
    assert_eq!(store.due(10).await.unwrap(), std::slice::from_ref(&first));
    store.postpone(&first, std::time::Duration::from_secs(3600)).await.unwrap();
    assert_eq!(store.due(10).await.unwrap(), []);
    store.postpone(&first, std::time::Duration::ZERO).await.unwrap();
    let again = next(&store).await.unwrap();
    assert_eq!((again.seq, again.attempts), (first.seq, 2));
    store.settle(&again).await.unwrap();
    let second = next(&store).await.unwrap();
    assert_eq!(second.event, Event::JobState { name: Some("film".to_owned()), old: 1, new: 2 });
    // With the end point, what it was to be told goes, but for that.
    let gone = Change::Delete(set("NotificationEndPoints").unwrap(), HOOK.to_owned());
    store.commit(vec![gone]).await.unwrap();
    let last = next(&store).await.unwrap();
    let address = "http://127.0.0.1/".to_owned();
    let name = "hook".to_owned();
    assert_eq!(last.event, Event::Unregistration { name, address, credential: None });
    store.settle(&last).await.unwrap();
    assert_eq!(next(&store).await, None);
}

#[tokio::test]
async fn of_progress_the_latest_is_told_and_of_states_what_was_asked_for() {
    let (_folder, store) = with_subscriptions().await;
    let progress = |percent| ("Progress", Value::Double(percent));
    let state = |state| ("State", Value::Integer(state));
    store.commit(vec![task_values(&[state(2)])]).await.unwrap();
    for percent in [10.0, 20.5, 30.9] {
        store.commit(vec![task_values(&[progress(percent)])]).await.unwrap();
    }
    let told = next(&store).await.unwrap();
    assert_eq!(told.subject, JOB);
    let latest = Event::TaskProgress { task: TASK.to_owned(), state: 2, percent: 30 };
    assert_eq!(told.event, latest);
    store.settle(&told).await.unwrap();
    assert_eq!(next(&store).await, None, "only final states were asked for");
    store.commit(vec![task_values(&[state(3), progress(100.0)])]).await.unwrap();
    let end = next(&store).await.unwrap();
    assert_eq!(end.event, Event::TaskState { task: TASK.to_owned(), old: 2, new: 3 });
}

#[tokio::test]
async fn an_end_point_that_hears_nothing_does_not_fill_the_disk() {
    let (_folder, store) = with_subscriptions().await;
    let changes = (0..10_010).map(|n| job_state(1 + n % 2)).collect();
    store.commit(changes).await.unwrap();
    let waiting: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM outbox").fetch_one(&store.readers).await.unwrap();
    assert_eq!(waiting, 10_000);
}

#[tokio::test]
async fn counts_are_right_after_every_change_and_at_every_start() {
    let (folder, store) = open().await;
    let assets = set("Assets").unwrap();
    let asset = |number: u128| {
        let mut asset = Record::new(assets.entity_type);
        asset.put("Id", format!("nb:cid:UUID:{}", uuid::Uuid::from_u128(number)));
        asset.put("Name", if number < 3 { "few" } else { "many" });
        asset
    };
    store.commit((0..9).map(|n| Change::Insert(assets, asset(n))).collect()).await.unwrap();
    let within = |limit| Change::Within { set: assets, limit, otherwise: format!("{limit}") };
    store.commit(vec![within(9)]).await.unwrap();
    let few = edm::Expr::parse("Name eq 'few'").unwrap();
    store.commit(vec![Change::DeleteWhere(assets, few)]).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&folder.path().join("test.db"), &MODEL).await.unwrap();
    store.commit(vec![within(6)]).await.unwrap();
    assert!(matches!(store.commit(vec![within(5)]).await, Err(StoreError::Full(_))));
    // One that is refused is not counted.
    let one_more = vec![Change::Insert(assets, asset(100)), within(6)];
    assert!(matches!(store.commit(one_more).await, Err(StoreError::Full(_))));
    store.commit(vec![within(6)]).await.unwrap();
}
