//! What V4.01 creates, changes and removes.

use live::ODATAPY;
use live::clients::odatapy::{Person, Photo, Vessel};
use odata_client::ErrorKind;

use super::harbour;

#[tokio::test]
async fn an_update_leaves_alone_what_it_does_not_set() {
    let Some(server) = ODATAPY.server() else { return };
    let vessels = harbour(&server).vessels();
    let built = edm::Date::new(1999, 12, 31).unwrap();
    let made =
        vessels.create().set(Vessel::ID, 1201).set(Vessel::NAME, "A").set(Vessel::BUILT, built);
    let made = made.await.unwrap();
    let vessel = vessels.by_key(1201);
    let unguarded = vessel.update().set(Vessel::NAME, "B").await.unwrap_err();
    assert_eq!(unguarded.status(), Some(428), "{unguarded}");
    vessel.if_match(&made).update().set(Vessel::NAME, "B").await.unwrap();
    let stale = vessel.if_match(&made).update().set(Vessel::NAME, "C").await.unwrap_err();
    assert!(stale.is_precondition_failed(), "{stale}");
    let read = vessel.get().await.unwrap();
    assert_eq!((read.name.as_str(), read.built), ("B", Some(built)));
    vessel.if_match(&read).update().clear(Vessel::BUILT).await.unwrap();
    let read = vessel.get().await.unwrap();
    assert_eq!((read.name.as_str(), read.built), ("B", None));
    vessel.if_match(&read).delete().await.unwrap();
    assert!(vessel.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_replacement_resets_what_it_does_not_set() {
    let Some(server) = ODATAPY.server() else { return };
    let people = harbour(&server).people();
    let born = edm::Date::new(2000, 1, 1).unwrap();
    people.create().set(Person::LOGIN, "put").set(Person::BORN, born).await.unwrap();
    let person = people.by_key("put");
    person.update().replace().await.unwrap();
    assert_eq!(person.get().await.unwrap().born, None);
}

#[tokio::test]
async fn links_are_set_added_and_removed() {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    for login in ["linked1", "linked2"] {
        harbour.people().create().set(Person::LOGIN, login).await.unwrap();
    }
    let (first, second) = (harbour.people().by_key("linked1"), harbour.people().by_key("linked2"));
    let made = harbour
        .vessels()
        .create()
        .set(Vessel::ID, 1211)
        .set(Vessel::NAME, "Linked")
        .bind(Vessel::CREW, &first.path())
        .bind_one(Vessel::CAPTAIN, &first.path());
    made.await.unwrap();
    let vessel = harbour.vessels().by_key(1211);
    assert_eq!(vessel.captain().get().await.unwrap().login, "linked1");
    vessel.link(Vessel::CAPTAIN).set(&second.path()).await.unwrap();
    assert_eq!(vessel.captain().get().await.unwrap().login, "linked2");
    let link = vessel.link(Vessel::CAPTAIN).get().await.unwrap().unwrap();
    assert!(link.ends_with("/People('linked2')"), "{link}");

    let crew = vessel.links(Vessel::CREW);
    crew.add(&second.path()).await.unwrap();
    let links = crew.list().await.unwrap();
    assert!(links[0].ends_with("/People('linked1')") && links[1].ends_with("/People('linked2')"));
    crew.remove_path(&first.path()).await.unwrap();
    let left = vessel.crew().all().await.unwrap();
    assert_eq!(left.iter().map(|person| person.login.as_str()).collect::<Vec<_>>(), ["linked2"]);
    vessel.link(Vessel::CAPTAIN).remove().await.unwrap();
    let read = vessel.expand(Vessel::CAPTAIN).get().await.unwrap();
    assert!(read.extra.one(Vessel::CAPTAIN).unwrap().is_none());
}

#[tokio::test]
async fn a_media_entity_is_made_of_its_bytes() {
    let Some(server) = ODATAPY.server() else { return };
    let photos = harbour(&server).photos();
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let made = photos.create_media("image/png", bytes.clone()).await.unwrap();
    let photo = photos.by_key(made.id);
    photo.update().set(Photo::TITLE, "Quay").await.unwrap();
    assert_eq!(photo.get().await.unwrap().title.as_deref(), Some("Quay"));
    assert_eq!(photo.media().get().await.unwrap(), bytes);
    photo.media().put("image/gif", "GIF89a").await.unwrap();
    assert_eq!(photo.media().get().await.unwrap(), b"GIF89a".as_slice());
    photo.delete().await.unwrap();
    assert!(photo.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn errors_say_what_the_service_says() {
    let Some(server) = ODATAPY.server() else { return };
    let people = harbour(&server).people();
    people.create().set(Person::LOGIN, "twice").await.unwrap();
    let conflict = people.create().set(Person::LOGIN, "twice").await.unwrap_err();
    assert!(conflict.is_conflict(), "{conflict}");
    let ErrorKind::Service { error, .. } = conflict.kind else { panic!() };
    assert_eq!(error.message, "An entity with key (Login='twice') already exists in 'People'.");
    let missing = people.by_key("nobody").get().await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    let odd = people.option("$filter", "Login gt").list().await.unwrap_err();
    assert_eq!(odd.status(), Some(400), "{odd}");
}
