//! Queries of V4.01.

use edm::Expr;
use edm::query::{Aggregate, Search, Transformation};
use futures_util::TryStreamExt as _;
use live::ODATAPY;
use live::clients::odatapy::{Mark, Office, Person, Vessel};
use serde_json::json;

use super::harbour;

#[tokio::test]
async fn pages_are_as_large_as_wished() {
    let Some(server) = ODATAPY.server() else { return };
    let marks = harbour(&server).marks().order_by(Mark::ID.asc());
    let first = marks.clone().with_count().list().await.unwrap();
    assert_eq!((first.items.len(), first.count, first.has_next()), (10, Some(35), true));
    let pages: Vec<_> = marks.clone().page_size(4).pages().try_collect().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.items.len()).collect();
    assert_eq!(sizes, [4, 4, 4, 4, 4, 4, 4, 4, 3]);
    let ids: Vec<_> = pages.into_iter().flatten().map(|mark| mark.id).collect();
    assert_eq!(ids, (1..=35).collect::<Vec<_>>());
    let last = marks.filter(Mark::LABEL.ends_with("5")).skip(1).top(2).all().await.unwrap();
    assert_eq!(last.iter().map(|mark| mark.id).collect::<Vec<_>>(), [15, 25]);
}

#[tokio::test]
async fn marks_are_searched_computed_and_aggregated() {
    let Some(server) = ODATAPY.server() else { return };
    let marks = harbour(&server).marks();
    let found =
        marks.clone().search(Search::term("07").or(Search::term("31"))).all().await.unwrap();
    assert_eq!(found.iter().map(|mark| mark.id).collect::<Vec<_>>(), [7, 31]);
    let found = marks.clone().filter(Mark::ID.times(2).minus(1).eq(9)).all().await.unwrap();
    assert_eq!(found.iter().map(|mark| mark.id).collect::<Vec<_>>(), [5]);
    let mark = marks.clone().compute("Next", Mark::ID.plus(1)).filter(Mark::ID.in_([5]));
    let mark = mark.first().await.unwrap().unwrap();
    assert_eq!((mark.id, mark.extra.get("Next")), (5, Some(json!(6))));
    let sum = Aggregate::new(Expr::property("Id"), "sum", "Total");
    let total = marks.apply(Transformation::Aggregate(vec![sum]));
    let total = total.first().await.unwrap().unwrap();
    assert_eq!(total.extra.get("Total"), Some(json!(630)));
}

#[tokio::test]
async fn a_singleton_is_read_changed_and_followed() {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    harbour.people().create().set(Person::LOGIN, "master").await.unwrap();
    let office = harbour.office();
    let read = office.get().await.unwrap();
    assert_eq!(read.at.unwrap().town.as_deref(), Some("Hull"));
    let opens = edm::TimeOfDay::parse("08:15:00").unwrap();
    office.update().set(Office::OPENS, opens).await.unwrap();
    assert_eq!(office.read(Office::OPENS).await.unwrap(), Some(opens));
    assert!(office.master().find().await.unwrap_or_default().is_none());
    let master = harbour.people().by_key("master");
    office.link(Office::MASTER).set(&master.path()).await.unwrap();
    assert_eq!(office.master().get().await.unwrap().login, "master");
}

#[tokio::test]
async fn what_is_expanded_may_be_nested_and_contained() {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    let entry = |number, text: &str| {
        use live::clients::odatapy::Entry;
        edm::Insert::new().set(Entry::NUMBER, number).set(Entry::TEXT, text)
    };
    let chief = edm::Insert::new().set(Person::LOGIN, "chief");
    let captain = edm::Insert::new().set(Person::LOGIN, "captain").with_one(Person::CHIEF, chief);
    let body = edm::Insert::new()
        .set(Vessel::ID, 1101)
        .set(Vessel::NAME, "Deep")
        .with_one(Vessel::CAPTAIN, captain)
        .with(Vessel::CREW, edm::Insert::new().set(Person::LOGIN, "mate"))
        .with(Vessel::CREW, edm::Insert::new().set(Person::LOGIN, "cook"))
        .with(Vessel::LOG, entry(1, "left"))
        .with(Vessel::LOG, entry(2, "arrived"));
    harbour.vessels().insert(body).await.unwrap();
    let vessel = harbour.vessels().by_key(1101);
    let read = vessel.expand(Vessel::CREW).expand(Vessel::LOG).get().await.unwrap();
    let crew = read.extra.many(Vessel::CREW).unwrap().unwrap();
    assert_eq!(
        crew.iter().map(|person| person.login.as_str()).collect::<Vec<_>>(),
        ["mate", "cook"]
    );
    let log = read.extra.many(Vessel::LOG).unwrap().unwrap();
    assert_eq!(log[1].text.as_deref(), Some("arrived"));
    let captain = Vessel::CAPTAIN.expand().expand(Person::CHIEF);
    let read = vessel.expand(captain).get().await.unwrap();
    let captain = read.extra.one(Vessel::CAPTAIN).unwrap().unwrap();
    assert_eq!(captain.extra.one(Person::CHIEF).unwrap().unwrap().login, "chief");
    assert_eq!(vessel.captain().chief().get().await.unwrap().login, "chief");
    let log = vessel.log().list().await.unwrap();
    assert_eq!(log.items.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
    let found = harbour.vessels().filter(Vessel::CREW.any(Person::LOGIN.eq("cook")));
    assert_eq!(found.all().await.unwrap()[0].id, 1101);
}

#[tokio::test]
async fn changes_since_a_read_are_told() {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    let people = harbour.people();
    people.create().set(Person::LOGIN, "leaves").await.unwrap();
    let mut pages = people.clone().track_changes().pages();
    let mut seen = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        seen.extend(page.items.into_iter().map(|person| person.login));
    }
    assert!(seen.iter().any(|login| login == "leaves"), "{seen:?}");
    let link = pages.delta_link().unwrap().to_owned();
    people.create().set(Person::LOGIN, "joins").await.unwrap();
    people.by_key("leaves").delete().await.unwrap();
    let delta = harbour.service().delta::<Person>(link).await.unwrap();
    assert!(delta.changed.iter().any(|person| person.login == "joins"), "{:?}", delta.changed);
    let gone: Vec<_> =
        delta.removed.iter().filter_map(|person| person.extra.payload()?.removed_id()).collect();
    assert!(gone.iter().any(|id| id.ends_with("People('leaves')")), "{gone:?}");
    assert!(delta.delta_link.is_some());
}
