//! How it is talked: what is preferred, how much is said, in which version, now or later.

use std::time::Duration;

use live::ODATAPY;
use live::clients::odatapy::{Container, Office, Person, Place, Tanker, Vessel};
use odata_client::{Metadata, Service, ServiceBuilder, Started, Version};

use super::harbour;

#[tokio::test]
async fn a_service_may_answer_later() {
    let Some(server) = ODATAPY.server() else { return };
    let marks = harbour(&server).marks();
    let page = match marks.top(3).list().respond_async().await.unwrap() {
        Started::Done(_) => panic!("it was answered at once"),
        Started::Running(monitor) => {
            tokio::time::timeout(Duration::from_secs(20), monitor.wait()).await.unwrap().unwrap()
        }
    };
    let labels: Vec<_> = page.into_iter().map(|mark| mark.label.unwrap()).collect();
    assert_eq!(labels, ["mark 01", "mark 02", "mark 03"]);
}

#[tokio::test]
async fn what_is_sent_back_can_be_chosen() {
    let Some(server) = ODATAPY.server() else { return };
    let people = harbour(&server).people();
    let saved = people.create().set(Person::LOGIN, "minimal").minimal().await.unwrap();
    assert!(saved.id.as_deref().unwrap().ends_with("/People('minimal')"), "{saved:?}");
    let made = harbour(&server).service().at::<Person>(&saved.location.unwrap()).get().await;
    assert_eq!(made.unwrap().login, "minimal");
    let born = edm::Date::new(2000, 1, 1).unwrap();
    let update = people.by_key("minimal").update().set(Person::BORN, born);
    assert_eq!(update.returning().await.unwrap().unwrap().born, Some(born));
    let vessels = harbour(&server).vessels();
    let vessel = vessels.create().set(Vessel::ID, 1401).set(Vessel::NAME, "Tagged").await.unwrap();
    let update = vessels.by_key(1401).if_match(&vessel).update().set(Vessel::NAME, "Again");
    let saved = update.saved().await.unwrap();
    assert_eq!(saved.etag.as_deref(), Some("W/\"2\""));
}

#[tokio::test]
async fn every_amount_of_metadata_is_read_alike() {
    let Some(server) = ODATAPY.server() else { return };
    let builder = || Service::builder(server.root("v4"));
    let tanker = harbour(&server).vessels().create_as::<Tanker>().set(Tanker::ID, 1411);
    tanker.set(Tanker::NAME, "Told").set(Tanker::VOLUME, 2.5).await.unwrap();
    let read = async |builder: ServiceBuilder| {
        let harbour = Container::new(builder.build().unwrap());
        let filter = Vessel::ID.eq(1411);
        harbour.vessels().filter(filter).list().await.unwrap().items.remove(0)
    };
    let plain = read(builder().metadata(Metadata::None)).await;
    let minimal = read(builder()).await;
    let full = read(builder().metadata(Metadata::Full)).await;
    // Of V4.0, names of control information have a prefix.
    let older = read(builder().version(Version::V4)).await;
    let texts = read(builder().ieee754_compatible()).await;
    for vessel in [&plain, &minimal, &full, &older, &texts] {
        assert_eq!((vessel.id, vessel.name.as_str()), (1411, "Told"));
    }
    for vessel in [&minimal, &full, &older, &texts] {
        let tanker = edm::Extra::downcast::<Tanker>(vessel).unwrap().unwrap();
        assert_eq!(tanker.volume, Some(2.5));
        assert_eq!(vessel.extra.etag(), Some("W/\"1\""));
    }
    assert_eq!(plain.extra.etag(), None);
    assert!(full.extra.id().unwrap().ends_with("/Vessels(1411)"), "{:?}", full.extra);
}

#[tokio::test]
async fn properties_are_read_and_written_alone() {
    let Some(server) = ODATAPY.server() else { return };
    let people = harbour(&server).people();
    people.create().set(Person::LOGIN, "alone").await.unwrap();
    let person = people.by_key("alone");
    let born = person.property(Person::BORN);
    assert_eq!(born.get().await.unwrap(), None);
    let day = edm::Date::new(1970, 1, 1).unwrap();
    born.set(day).await.unwrap();
    assert_eq!(born.get().await.unwrap(), Some(day));
    assert_eq!(born.text().await.unwrap(), "1970-01-01");
    born.clear().await.unwrap();
    assert_eq!(born.get().await.unwrap(), None);
    let vessels = harbour(&server).vessels();
    let mut home = Place::default();
    home.town = Some("Goole".to_owned());
    let vessel = vessels.create().set(Vessel::ID, 1421).set(Vessel::NAME, "Homely");
    vessel.set(Vessel::HOME, home).set(Vessel::SIGNALS, vec!["x".to_owned()]).await.unwrap();
    let vessel = vessels.by_key(1421);
    assert_eq!(vessel.read(Vessel::HOME).await.unwrap().unwrap().town.as_deref(), Some("Goole"));
    assert_eq!(vessel.read(Vessel::SIGNALS).await.unwrap(), ["x"]);
    let at = harbour(&server).office().read(Office::AT).await.unwrap().unwrap();
    assert_eq!(at.country.as_deref(), Some("GB"));
}
