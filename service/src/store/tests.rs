//! What every store must do; and how long it takes with a million assets.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use azure_media::v2_19::tables::MODEL;
use edm::query::OrderBy;
use edm::{DateTime, Expr, Record, Value};

use super::sqlite::SqliteStore;
use super::{AFTER, Change, Lease, Query, Queue as _, Source, Store as _, StoreError};
use crate::generation::Marks;
use crate::sets::set;

async fn open() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("test.db"), &MODEL).await.unwrap();
    (folder, store)
}

fn asset(number: usize) -> Record {
    let mut asset = Record::new(set("Assets").unwrap().entity_type);
    asset.put("Id", id(number));
    asset.put("Name", format!("asset {number}"));
    asset.put("State", i32::try_from(number % 3).unwrap());
    asset.put("Created", DateTime::from_unix_millis(1_400_000_000_000));
    asset
}

fn id(number: usize) -> String {
    format!("nb:cid:UUID:{}", uuid::Uuid::from_u128(number.try_into().unwrap()))
}

async fn with_assets(count: usize) -> (tempfile::TempDir, SqliteStore) {
    let (folder, store) = open().await;
    let assets = set("Assets").unwrap();
    let changes = (0..count).map(|number| Change::Insert(assets, asset(number))).collect();
    store.commit(changes).await.unwrap();
    (folder, store)
}

fn names(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.text("Name")).collect()
}

fn query(filter: &str) -> Query {
    Query::all(set("Assets").unwrap(), Expr::parse(filter).unwrap())
}

#[tokio::test]
async fn the_longest_filter_that_is_read_is_answered() {
    let (_folder, store) = open().await;
    let filter = vec!["Name eq 'x'"; 799].join(" or ");
    assert!(store.query(&query(&filter)).await.unwrap().records.is_empty());
}

#[tokio::test]
async fn what_has_changed_is_told() {
    let (_folder, store) = with_assets(2).await;
    let (assets, files) = (set("Assets").unwrap(), set("Files").unwrap());
    let renamed = |number| vec![Change::Set(assets, id(number), vec![("Name", Value::from("x"))])];
    let source = || Source::new("Assets", &id(0), "ContentKeys");
    let link = Change::Link(source(), "ContentKeys", "nb:kid:UUID:1".to_owned());
    let unlink = Change::Unlink(source(), "nb:kid:UUID:1".to_owned());
    let none = Expr::parse("Name eq 'none'").unwrap();
    for changes in [
        renamed(0),
        vec![link],
        vec![unlink],
        vec![Change::DeleteWhere(assets, none)],
        vec![Change::Delete(assets, id(0))],
        vec![Change::Insert(assets, asset(0))],
    ] {
        let what = format!("{changes:?}");
        let (all, one, other) = (
            Marks::from([store.generations().set(assets)]),
            Marks::from([store.generations().entity(assets, &id(0))]),
            Marks::from([store.generations().set(files)]),
        );
        store.commit(changes).await.unwrap();
        assert_eq!((all.hold(), one.hold(), other.hold()), (false, false, true), "{what}");
    }
    let one = Marks::from([store.generations().entity(assets, &id(0))]);
    store.commit(renamed(1)).await.unwrap();
    assert!(one.hold(), "entities share few numbers, and these two none");
    // Nothing is told of what has not happened yet.
    let transaction = store.begin().await.unwrap();
    transaction.commit(renamed(0)).await.unwrap();
    assert!(one.hold());
    transaction.finish().await.unwrap();
    assert!(!one.hold());
}

#[tokio::test]
async fn a_transaction_is_seen_by_others_once_it_is_finished() {
    let (_folder, store) = with_assets(1).await;
    let assets = set("Assets").unwrap();
    let insert = |number| vec![Change::Insert(assets, asset(number))];
    let dropped = store.begin().await.unwrap();
    dropped.commit(insert(1)).await.unwrap();
    assert!(dropped.get(assets, &id(1)).await.unwrap().is_some());
    assert!(store.get(assets, &id(1)).await.unwrap().is_none());
    drop(dropped);

    let transaction = store.begin().await.unwrap();
    transaction.commit(insert(2)).await.unwrap();
    // What fails takes only itself back.
    let twice = vec![Change::Insert(assets, asset(3)), Change::Insert(assets, asset(2))];
    assert!(matches!(transaction.commit(twice).await, Err(StoreError::Conflict(_))));
    assert!(transaction.get(assets, &id(3)).await.unwrap().is_none());
    assert!(transaction.begin().await.is_err());
    transaction.finish().await.unwrap();
    assert!(matches!(transaction.count(&Query::set(assets)).await, Err(StoreError::Over)));
    assert_eq!(store.count(&Query::set(assets)).await.unwrap(), 2);
    store.commit(insert(4)).await.unwrap();
    assert!(store.get(assets, &id(1)).await.unwrap().is_none(), "rolled back");
}

#[tokio::test]
async fn every_value_comes_back() {
    let (_folder, store) = open().await;
    for set in MODEL.entity_sets {
        let mut record = Record::new(set.entity_type);
        for (index, property) in set.entity_type.properties.iter().enumerate() {
            use edm::model::{Primitive as P, Type};
            let number = i32::try_from(index + 1).unwrap();
            let value = match (property.ty.primitive(), property.ty) {
                (Some(P::String), _) => Value::from("it's \"ü\""),
                (Some(P::Boolean), _) => Value::Boolean(true),
                (Some(P::Double), _) => Value::Double(0.5),
                (Some(P::DateTime), _) => Value::DateTime(DateTime::MAX),
                (Some(P::Time), _) => Value::Duration(edm::Duration::from_secs(90)),
                (Some(P::Guid), _) => Value::Guid(edm::Guid::from_u128(7)),
                (Some(_), _) => Value::from(number),
                (None, Type::Collection(Type::Primitive(P::String))) => {
                    Value::Collection(vec![Value::from("a"), Value::from("b")])
                }
                (None, Type::Collection(_)) => Value::Collection(Vec::new()),
                (None, _) => Value::Null,
            };
            assert!(record.put(property.name, value));
        }
        store.commit(vec![Change::Insert(set, record.clone())]).await.unwrap();
        let key = crate::odata::key_of(set, &record);
        let read = store.get(set, &key).await.unwrap().unwrap();
        for property in set.entity_type.properties {
            let (read, written) = (read.value(property.name), record.value(property.name));
            assert_eq!(read, written, "{}.{}", set.name, property.name);
        }
    }
}

#[tokio::test]
async fn filters_orders_and_pages() {
    let (_folder, store) = with_assets(10).await;
    for (filter, count) in [
        ("Name eq 'asset 3'", 1),
        ("Name ne 'asset 3'", 9),
        ("AlternateId eq null", 10),
        ("AlternateId ne 'x'", 10),
        ("startswith(Name,'asset') eq true and State eq 1", 3),
        ("substringof('t 9',Name)", 1),
        ("endswith(Name,'5') or endswith(Name,'6')", 2),
        ("not (State eq 0)", 6),
        ("State add 1 eq 2", 3),
        ("length(Name) gt 7", 0),
        ("year(Created) eq 2014 and month(Created) eq 5", 10),
        ("Created lt datetime'2014-05-14'", 10),
        ("Name eq 'x'' or 1 eq 1 --'", 0),
    ] {
        assert_eq!(store.count(&query(filter)).await.unwrap(), count, "{filter}");
        let read = store.query(&query(filter)).await.unwrap().records.len();
        assert_eq!(u64::try_from(read).unwrap(), count, "{filter}");
    }
    let mut page = Query::set(set("Assets").unwrap());
    page.order_by = vec![OrderBy::property("State", true), OrderBy::property("Name", true)];
    (page.skip, page.top) = (1, 2);
    assert_eq!(names(&store.query(&page).await.unwrap().records), ["asset 5", "asset 2"]);
    let mut page = Query { top: 4, ..Query::set(set("Assets").unwrap()) };
    let first = store.query(&page).await.unwrap();
    page.after = first.next;
    let second = store.query(&page).await.unwrap();
    assert_eq!(names(&second.records), ["asset 4", "asset 5", "asset 6", "asset 7"]);
    page.after = second.next;
    assert!(store.query(&page).await.unwrap().next.is_none());
}

#[tokio::test]
async fn mistakes_in_a_filter_are_the_clients() {
    let (_folder, store) = open().await;
    for (filter, expected) in [
        ("Nope eq 1", "Could not find a property named 'Nope'"),
        ("Name eq 1", "Found operand types 'Edm.String' and 'Edm.Int32' for operator kind 'Equal'"),
        ("Name", "must evaluate to a single boolean"),
        ("f(Name)", "An unknown function with name 'f'"),
        ("startswith(Name,1)", "'Edm.String' was expected"),
        ("Name and true", "for operator kind 'And'"),
        ("not Name", "'Edm.Boolean' was expected"),
    ] {
        match store.query(&query(filter)).await {
            Err(StoreError::Query(message)) => assert!(message.contains(expected), "{message}"),
            other => panic!("{filter}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_commit_is_whole_or_nothing() {
    let (_folder, store) = with_assets(1).await;
    let assets = set("Assets").unwrap();
    let at_most = |count| Change::AtMost {
        set: assets,
        filter: Expr::parse("State ge 0").unwrap(),
        count,
        otherwise: "too many".to_owned(),
    };
    for last in [Change::Insert(assets, asset(0)), at_most(1)] {
        let refused = store.commit(vec![Change::Insert(assets, asset(1)), last]).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
        assert!(store.get(assets, &id(1)).await.unwrap().is_none());
    }
    let missing = Change::Set(assets, id(9), vec![("Name", Value::from("x"))]);
    assert!(matches!(store.commit(vec![missing]).await, Err(StoreError::NotFound("Asset"))));
    store.commit(vec![Change::Insert(assets, asset(1)), at_most(2)]).await.unwrap();
}

#[tokio::test]
async fn links_keep_their_order_and_go_with_their_ends() {
    let (_folder, store) = with_assets(3).await;
    let assets = set("Assets").unwrap();
    let from = Source::new("Assets", &id(0), "ParentAssets");
    let link = |number| Change::Link(from.clone(), "Assets", id(number));
    store.commit(vec![link(2), link(1)]).await.unwrap();
    assert_eq!(store.links(&from).await.unwrap(), [id(2), id(1)]);
    let linked = Query { linked_from: Some(from.clone()), ..Query::set(assets) };
    assert_eq!(names(&store.query(&linked).await.unwrap().records), ["asset 2", "asset 1"]);
    store.commit(vec![Change::Delete(assets, id(2))]).await.unwrap();
    assert_eq!(store.links(&from).await.unwrap(), [id(1)]);
    store.commit(vec![Change::Unlink(from.clone(), id(1))]).await.unwrap();
    assert!(store.links(&from).await.unwrap().is_empty());
    let gone = store.commit(vec![Change::Unlink(from, id(1))]).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn links_are_followed_back_and_counted() {
    let (_folder, store) = with_assets(4).await;
    let assets = set("Assets").unwrap();
    let from = |number| Source::new("Assets", &id(number), "ParentAssets");
    let link = |source, target| Change::Link(from(source), "Assets", id(target));
    store.commit(vec![link(0, 2), link(1, 2), link(0, 3)]).await.unwrap();
    let sources = async |target: usize, navigation| {
        let key = id(target);
        store.linked_by((assets, key.as_str()), assets, navigation).await.unwrap()
    };
    assert_eq!(sources(2, "ParentAssets").await, [id(0), id(1)]);
    assert!(sources(2, "Files").await.is_empty());
    assert!(sources(0, "ParentAssets").await.is_empty());

    let at_most = |count, filter: &str| Change::AtMostLinked {
        from: from(0),
        set: assets,
        filter: Expr::parse(filter).unwrap(),
        count,
        otherwise: "too many".to_owned(),
    };
    for (count, filter) in [(2, "Name ne 'x'"), (1, "Name eq 'asset 3'"), (0, "Name eq 'asset 1'")]
    {
        store.commit(vec![at_most(count, filter)]).await.unwrap();
    }
    let many = store.commit(vec![at_most(1, "Name ne 'x'")]).await;
    assert!(matches!(many, Err(StoreError::Conflict(text)) if text == "too many"));

    // An entity that is linked stays; its last link takes it along.
    let orphan = || Change::DeleteUnlinked(assets, id(2));
    store.commit(vec![Change::Unlink(from(0), id(2)), orphan()]).await.unwrap();
    assert!(store.get(assets, &id(2)).await.unwrap().is_some());
    store.commit(vec![Change::Unlink(from(1), id(2)), orphan(), orphan()]).await.unwrap();
    assert!(store.get(assets, &id(2)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_database_of_an_older_model_grows() {
    let (folder, store) = with_assets(1).await;
    let drop = "ALTER TABLE \"Assets\" DROP COLUMN \"FormatOption\"";
    sqlx::query(drop).execute(&store.writer).await.unwrap();
    let store = SqliteStore::open(&folder.path().join("test.db"), &MODEL).await.unwrap();
    let read = store.get(set("Assets").unwrap(), &id(0)).await.unwrap().unwrap();
    assert_eq!(read.value("FormatOption"), &Value::Integer(0));
}

/// A job with tasks, each of which waits for the one before it.
async fn add_job(store: &SqliteStore, name: &str, priority: i32, tasks: &[&str]) {
    let (jobs, all_tasks) = (set("Jobs").unwrap(), set("Tasks").unwrap());
    let mut job = Record::new(jobs.entity_type);
    job.put("Id", name);
    job.put("Priority", priority);
    let mut changes = vec![Change::Insert(jobs, job)];
    for (position, task) in tasks.iter().enumerate() {
        let mut record = Record::new(all_tasks.entity_type);
        record.put("Id", *task);
        changes.push(Change::Insert(all_tasks, record));
        let from = Source::new("Jobs", name, "Tasks");
        changes.push(Change::Link(from, "Tasks", (*task).to_owned()));
        if position > 0 {
            let from = Source::new("Tasks", task, AFTER);
            changes.push(Change::Link(from, "Tasks", tasks[position - 1].to_owned()));
        }
    }
    store.commit(changes).await.unwrap();
}

async fn set_state(store: &SqliteStore, set_name: &'static str, key: &str, state: i32) {
    let values = vec![("State", Value::from(state))];
    let change = Change::Set(set(set_name).unwrap(), key.to_owned(), values);
    store.commit(vec![change]).await.unwrap();
}

const LONG: Duration = Duration::from_secs(60);

async fn claim(store: &SqliteStore, worker: &str) -> Option<Lease> {
    store.claim(worker, LONG).await.unwrap().map(|claim| claim.lease)
}

#[tokio::test]
async fn tasks_are_handed_out_once_and_in_order() {
    let (_folder, store) = open().await;
    add_job(&store, "low", 0, &["low-1", "low-2"]).await;
    add_job(&store, "high", 5, &["high-1"]).await;
    assert_eq!(claim(&store, "a").await.unwrap().task, "high-1");
    let lease = claim(&store, "b").await.unwrap();
    assert_eq!((lease.task.as_str(), lease.attempt), ("low-1", 1));
    // The second task waits for the first, and everything else is taken.
    assert!(claim(&store, "c").await.is_none());
    set_state(&store, "Tasks", "low-1", 3).await;
    store.release(&lease).await.unwrap();
    assert_eq!(claim(&store, "c").await.unwrap().task, "low-2");
}

#[tokio::test]
async fn a_lost_worker_loses_its_lease() {
    let (_folder, store) = open().await;
    add_job(&store, "job", 0, &["task"]).await;
    let lost = store.claim("a", Duration::ZERO).await.unwrap().unwrap().lease;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let taken = claim(&store, "b").await.unwrap();
    assert_eq!((taken.task.as_str(), taken.attempt), ("task", 2));
    assert!(!store.renew(&lost, LONG).await.unwrap());
    assert!(store.renew(&taken, LONG).await.unwrap());
    // After a restart, what this worker held is free at once.
    assert!(claim(&store, "b").await.is_none());
    store.forget("b").await.unwrap();
    assert_eq!(claim(&store, "b").await.unwrap().attempt, 3);
}

#[tokio::test]
async fn canceled_jobs_wait_for_their_workers() {
    let (_folder, store) = open().await;
    add_job(&store, "job", 0, &["task"]).await;
    let lease = claim(&store, "a").await.unwrap();
    set_state(&store, "Jobs", "job", 6).await;
    assert!(store.canceled_jobs().await.unwrap().is_empty());
    store.release(&lease).await.unwrap();
    assert_eq!(store.canceled_jobs().await.unwrap(), ["job"]);
    assert!(claim(&store, "a").await.is_none(), "a canceled job's tasks are not handed out");
}

/// Prints what reads cost at the service's quota. Not part of the tests, for it asserts nothing of
/// time: `cargo test --release -p mediad -- --ignored --nocapture a_million_assets`.
#[tokio::test]
#[ignore = "a measurement"]
async fn a_million_assets() {
    const COUNT: usize = 1_000_000;
    let (_folder, store) = open().await;
    let (assets, files) = (set("Assets").unwrap(), set("Files").unwrap());
    for start in (0..COUNT).step_by(10_000) {
        let mut changes = Vec::new();
        for number in start..start + 10_000 {
            changes.push(Change::Insert(assets, asset(number)));
            let mut file = Record::new(files.entity_type);
            file.put("Id", id(number));
            file.put("ParentAssetId", id(number));
            changes.push(Change::Insert(files, file));
        }
        store.commit(changes).await.unwrap();
    }
    let middle = COUNT / 2;
    let page =
        |set, filter: &str, top| Query { top, ..Query::all(set, Expr::parse(filter).unwrap()) };
    let queries = [
        ("Id eq", page(assets, &format!("Id eq '{}'", id(middle)), 1000), 1),
        ("Name eq", page(assets, &format!("Name eq 'asset {middle}'"), 1000), 1),
        ("ParentAssetId eq", page(files, &format!("ParentAssetId eq '{}'", id(middle)), 1000), 1),
        ("State eq, 100 of 333 333", page(assets, "State eq 1", 100), 100),
        ("first 100 of all", page(assets, "State ge 0", 100), 100),
    ];
    let begin = Instant::now();
    for _ in 0..100 {
        assert!(store.get(assets, &id(middle)).await.unwrap().is_some());
    }
    println!("{:<26} {:>8.3} ms", "by key", begin.elapsed().as_secs_f64() * 10.0);
    for (name, query, expected) in queries {
        let begin = Instant::now();
        for _ in 0..100 {
            assert_eq!(store.query(&query).await.unwrap().records.len(), expected);
        }
        println!("{name:<26} {:>8.3} ms", begin.elapsed().as_secs_f64() * 10.0);
    }
}
