//! Entities: created, read, changed, removed, found.

use live::AZURITE;
use live::clients::azurite::{Account, Person, PersonKey, Table};
use odata_client::{ErrorKind, Metadata, Service};
use serde_json::json;

use super::{account, table};

/// The key of a person.
fn key(partition: &str, row: &str) -> PersonKey {
    PersonKey { partition_key: partition.to_owned(), row_key: row.to_owned() }
}

/// A property that the model does not declare.
fn dynamic<T>(name: &'static str) -> edm::Property<Person, T> {
    edm::Property::new(name)
}

#[tokio::test]
async fn tables_are_made_listed_and_removed() {
    let Some(server) = AZURITE.server() else { return };
    let tables = account(&server).tables();
    table(&server, "Short").await;
    let names = tables.all().await.unwrap();
    assert!(names.iter().any(|table| table.table_name == "Short"), "{names:?}");
    let twice = tables.create().set(Table::TABLE_NAME, "Short").await.unwrap_err();
    assert!(twice.is_conflict(), "{twice}");
    let ErrorKind::Service { error, .. } = twice.kind else { panic!() };
    assert_eq!(error.code, "TableAlreadyExists");
    assert!(error.message.starts_with("The table specified already exists."), "{}", error.message);
    tables.by_key("Short").delete().await.unwrap();
    let names = tables.all().await.unwrap();
    assert!(names.iter().all(|table| table.table_name != "Short"), "{names:?}");
}

#[tokio::test]
async fn every_type_survives_and_can_be_compared() {
    let Some(server) = AZURITE.server() else { return };
    let people = table(&server, "Types").await;
    let badge: edm::Guid = "aaaaaaaa-0000-4000-8000-000000000001".parse().unwrap();
    let joined = edm::DateTime::parse("2020-01-02T03:04:05.1234567Z").unwrap();
    let name = "O'Neil & co ☃ \"quoted\" \\ / 100%\n+";
    let photo = edm::Binary(vec![0, 1, 254, 255, 62, 63]);
    // What a key may be, and what a URL must not have as it is.
    let (partition, row) = ("a b'c", "é&=+~(1)");
    people
        .create()
        .set(Person::PARTITION_KEY, partition)
        .set(Person::ROW_KEY, row)
        .set(Person::NAME, name)
        .set(Person::AGE, i32::MIN)
        .set(Person::SCORE, 3.0)
        .set(Person::ACTIVE, true)
        .set(Person::VISITS, 9_007_199_254_740_993_i64)
        .set(Person::BADGE, badge)
        .set(Person::PHOTO, photo.clone())
        .set(Person::JOINED, joined)
        .set_dynamic("Nickname", "Ed")
        .set_dynamic("Points", 8_589_934_592_i64)
        .set_dynamic("Card", badge)
        .set_dynamic("Icon", edm::Value::Binary(photo.0.clone()))
        .set_dynamic("Left", joined)
        .set_dynamic("Weight", 70.0)
        .set_dynamic("Odds", f64::INFINITY)
        .await
        .unwrap();
    let read = people.by_key(key(partition, row)).get().await.unwrap();
    assert_eq!((read.partition_key.as_str(), read.row_key.as_str()), (partition, row));
    assert_eq!(read.name.as_deref(), Some(name));
    assert_eq!(read.age, Some(i32::MIN));
    assert_eq!(read.score, Some(3.0));
    assert_eq!(read.active, Some(true));
    assert!(read.timestamp > joined);
    assert_eq!((read.visits, read.badge), (Some(9_007_199_254_740_993), Some(badge)));
    assert_eq!((read.photo.as_ref(), read.joined), (Some(&photo), Some(joined)));
    let more = &read.extra;
    assert_eq!(more.dynamic("Points").unwrap(), Some(8_589_934_592_i64));
    assert_eq!(more.dynamic("Card").unwrap(), Some(badge));
    assert_eq!(more.dynamic("Icon").unwrap(), Some(photo.clone()));
    assert_eq!(more.dynamic("Left").unwrap(), Some(joined));
    // An integer would come back as 70.
    assert_eq!(more.get("Weight"), Some(json!(70.0)));
    assert_eq!(more.dynamic("Odds").unwrap(), Some(f64::INFINITY));
    assert_eq!(more.get("Nickname"), Some(json!("Ed")));
    // The table has stored each as what it is, whether it is declared or not.
    let stored = |name: &str| more.annotation(&format!("{name}@odata.type")).unwrap().to_text();
    for (names, ty) in [
        (["Visits", "Points"], "Int64"),
        (["Badge", "Card"], "Guid"),
        (["Photo", "Icon"], "Binary"),
        (["Joined", "Left"], "DateTime"),
    ] {
        for name in names {
            assert_eq!(stored(name), Some(format!("Edm.{ty}")), "{name}");
        }
    }
    let cases = [
        Person::NAME.eq(name),
        Person::AGE.eq(i32::MIN),
        Person::SCORE.gt(2.9),
        Person::ACTIVE.eq(true),
        Person::VISITS.gt(9_007_199_254_740_992_i64),
        Person::BADGE.eq(badge),
        Person::PHOTO.eq(photo.clone()),
        Person::JOINED.eq(joined),
        dynamic::<i64>("Points").gt(8_589_934_591_i64),
        dynamic::<edm::Guid>("Card").eq(badge),
        dynamic::<edm::Binary>("Icon").eq(photo),
        dynamic::<edm::DateTime>("Left").eq(joined),
        Person::PARTITION_KEY.eq(partition).and(Person::ROW_KEY.eq(row)),
        Person::AGE.lt(0).and(!Person::ACTIVE.eq(false)),
    ];
    for filter in cases {
        let shown = filter.to_string();
        assert_eq!(people.clone().filter(filter).all().await.unwrap().len(), 1, "{shown}");
    }
    let few = people.select(Person::NAME).all().await.unwrap();
    assert_eq!((few[0].name.as_deref(), few[0].age), (Some(name), None));
}

#[tokio::test]
async fn an_update_leaves_alone_what_it_does_not_set() {
    let Some(server) = AZURITE.server() else { return };
    let people = table(&server, "Updates").await;
    let made = people.create().set(Person::PARTITION_KEY, "p").set(Person::ROW_KEY, "r");
    let made = made.set(Person::NAME, "A").set(Person::AGE, 1).await.unwrap();
    let person = people.by_key(key("p", "r"));
    person.if_match(&made).update().set(Person::NAME, "B").await.unwrap();
    let read = person.get().await.unwrap();
    assert_eq!((read.name.as_deref(), read.age), (Some("B"), Some(1)));
    let stale = person.if_match(&made).update().set(Person::NAME, "C").await.unwrap_err();
    assert!(stale.is_precondition_failed(), "{stale}");
    let ErrorKind::Service { error, request_id, .. } = stale.kind else { panic!() };
    assert_eq!(error.code, "UpdateConditionNotSatisfied");
    assert!(request_id.is_some());
    // What is replaced has nothing else.
    person.if_match(&read).update().set(Person::NAME, "D").replace().await.unwrap();
    let read = person.get().await.unwrap();
    assert_eq!((read.name.as_deref(), read.age), (Some("D"), None));
    // Without a state that it is for, an update makes what is not there.
    let other = people.by_key(key("p", "new"));
    other.update().set(Person::NAME, "E").await.unwrap();
    assert_eq!(other.get().await.unwrap().name.as_deref(), Some("E"));
    other.if_match_any().delete().await.unwrap();
    let missing = other.get().await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    let ErrorKind::Service { error, .. } = missing.kind else { panic!() };
    assert_eq!(error.code, "ResourceNotFound");
}

#[tokio::test]
async fn every_amount_of_metadata_is_read_alike() {
    let Some(server) = AZURITE.server() else { return };
    let people = table(&server, "Metadata").await;
    let made = people.create().set(Person::PARTITION_KEY, "p").set(Person::ROW_KEY, "r");
    let made = made.set(Person::SCORE, 1.5).await.unwrap();
    let read = async |metadata| {
        let service = Service::builder(server.root("v3")).metadata(metadata).build().unwrap();
        let people = Account::new(service).service().set::<Person>("Metadata");
        people.by_key(key("p", "r")).get().await.unwrap()
    };
    let none = read(Metadata::None).await;
    let full = read(Metadata::Full).await;
    for person in [&made, &none, &full] {
        assert_eq!((person.row_key.as_str(), person.score), ("r", Some(1.5)));
    }
    assert_eq!(full.extra.etag(), made.extra.etag());
    assert_eq!(full.extra.type_name(), Some("live.Metadata"));
    let id = full.extra.id().unwrap();
    assert!(id.ends_with("/live/Metadata(PartitionKey='p',RowKey='r')"), "{id}");
}

#[tokio::test]
async fn updates_go_by_merge_by_patch_and_through_a_tunnel() {
    let Some(server) = AZURITE.server() else { return };
    let people = table(&server, "Verbs").await;
    let made = people.create().set(Person::PARTITION_KEY, "p").set(Person::ROW_KEY, "r");
    made.set(Person::NAME, "A").await.unwrap();
    let person = people.by_key(key("p", "r"));
    person.update().set(Person::AGE, 1).if_match_any().await.unwrap();
    person.update().set(Person::SCORE, 2.5).by_patch().if_match_any().await.unwrap();
    let service = Service::builder(server.root("v3")).tunnel_methods().build().unwrap();
    let tunnel = Account::new(service).service().set::<Person>("Verbs").by_key(key("p", "r"));
    tunnel.update().set(Person::ACTIVE, true).if_match_any().await.unwrap();
    let read = person.get().await.unwrap();
    assert_eq!((read.name.as_deref(), read.age), (Some("A"), Some(1)));
    assert_eq!((read.score, read.active), (Some(2.5), Some(true)));
}

#[tokio::test]
async fn a_change_set_is_done_as_a_whole() {
    let Some(server) = AZURITE.server() else { return };
    let people = table(&server, "Batches").await;
    let person = |row: &str| {
        people
            .create()
            .set(Person::PARTITION_KEY, "p")
            .set(Person::ROW_KEY, row)
            .set(Person::AGE, 1)
    };
    let count = async || people.all().await.unwrap().len();
    let mut batch = account(&server).service().batch();
    let mut changes = batch.change_set();
    for row in ["a", "b", "c"] {
        changes.add(person(row).minimal());
    }
    batch.send().await.unwrap();
    assert_eq!(count().await, 3);

    let mut batch = account(&server).service().batch();
    let mut changes = batch.change_set();
    let good = changes.add(person("d").minimal());
    let bad = changes.add(person("a").minimal());
    let results = batch.send().await.unwrap();
    let error = results.get(&bad).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(results.get(&good).is_err());
    assert_eq!(count().await, 3);
}
