//! Concurrency: what was read guards what is written.

use odata_client::Version;

use crate::fake::{Answer, Fake};
use crate::model::Product;

#[tokio::test]
async fn an_entity_that_was_read_is_changed_in_that_state_only() {
    for (version, body, method) in [
        (Version::V2, r#"{"d":{"__metadata":{"etag":"W/\"1\""},"Id":"1"}}"#, "MERGE"),
        (Version::V3, r#"{"odata.etag":"W/\"1\"","Id":"1"}"#, "MERGE"),
        (Version::V4, r#"{"@odata.etag":"W/\"1\"","Id":"1"}"#, "PATCH"),
        (Version::V401, r#"{"@etag":"W/\"1\"","Id":"1"}"#, "PATCH"),
    ] {
        let read = match version {
            Version::V2 => Answer::verbose(200, body),
            Version::V3 => Answer::light(200, body),
            _ => Answer::v4(200, body),
        };
        let changed = Answer::new(204, "").header("etag", "W/\"2\"");
        let fake = Fake::start([read, changed, Answer::new(412, ""), Answer::new(428, "")]).await;
        let products = fake.products_in(version);
        let product = products.by_key("1").get().await.unwrap();
        assert_eq!(product.extra.etag(), Some("W/\"1\""), "{version}");
        let request = products.entity(&product);
        let saved = request.update().set(Product::NAME, "a").saved().await.unwrap();
        assert_eq!(saved.etag.as_deref(), Some("W/\"2\""));
        let error = request.delete().await.unwrap_err();
        assert!(error.is_precondition_failed(), "{error}");
        // Without the entity there is no guard, and the service may insist on one.
        assert!(products.by_key("1").delete().await.unwrap_err().is_precondition_failed());
        let guards: Vec<_> =
            fake.seen().iter().map(|seen| seen.header("if-match").map(str::to_owned)).collect();
        let guard = Some("W/\"1\"".to_owned());
        assert_eq!(guards, [None, guard.clone(), guard, None], "{version}");
        assert_eq!(fake.seen()[1].method, method);
    }
}

#[tokio::test]
async fn the_etag_of_a_header_is_kept_with_the_entity() {
    let read = Answer::v4(200, r#"{"Id":"1"}"#).header("etag", "\"7\"");
    let done = || Answer::new(204, "");
    let fake = Fake::start([read, done(), done(), done(), done()]).await;
    let products = fake.products_in(Version::V4);
    let product = products.by_key("1").get().await.unwrap();
    let request = products.by_key("1");
    request.if_match(&product).delete().await.unwrap();
    request.if_match_any().update().set(Product::NAME, "a").await.unwrap();
    request.update().set(Product::NAME, "a").if_absent().await.unwrap();
    request.if_match(&product).property(Product::NAME).set("b").await.unwrap();
    let seen = fake.seen();
    let guards: Vec<_> = seen[1..].iter().map(|seen| seen.header("if-match")).collect();
    assert_eq!(guards, [Some("\"7\""), Some("*"), None, Some("\"7\"")]);
    assert_eq!(seen[3].header("if-none-match"), Some("*"));
}

#[tokio::test]
async fn a_guarded_entity_keeps_what_only_its_type_can_do() {
    let read = || Answer::v4(200, r#"{"@odata.etag":"\"7\"","Id":"1"}"#);
    let done = || Answer::new(204, "");
    let fake = Fake::start([read(), done(), done(), done(), done(), read()]).await;
    let products = fake.products_in(Version::V4);
    let request = products.by_key("1");
    let product = request.get().await.unwrap();
    request.if_match(&product).scale(2).await.unwrap();
    request.if_match_any().scale(2).await.unwrap();
    products.entity(&product).scale(2).await.unwrap();
    request.select(Product::NAME).expand(Product::WHOLE).scale(2).await.unwrap();
    // Reading needs no guard.
    request.if_match(&product).get().await.unwrap();
    let seen = fake.seen();
    let guards: Vec<_> = seen[1..].iter().map(|seen| seen.header("if-match")).collect();
    assert_eq!(guards, [Some("\"7\""), Some("*"), Some("\"7\""), None, None]);
    assert_eq!(fake.lines()[4], "POST /api/Products('1')/Scale");
}

#[tokio::test]
async fn a_guard_without_an_etag_is_not_sent() {
    let fake = Fake::start([]).await;
    let products = fake.products();
    let unread = Product::default();
    for error in [
        products.by_key("1").if_match(&unread).delete().await.unwrap_err(),
        products.by_key("1").update().if_match(&unread).await.unwrap_err(),
        products.by_key("1").get_if_changed(&unread).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("without an ETag"), "{error}");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn an_entity_is_read_again_if_it_has_changed() {
    let read = |etag: &str| Answer::v4(200, r#"{"Id":"1"}"#).header("etag", etag);
    let unchanged = || Answer::new(304, "");
    let fake = Fake::start([read("\"1\""), unchanged(), read("\"2\""), unchanged()]).await;
    let request = fake.products_in(Version::V4).by_key("1");
    let product = request.get().await.unwrap();
    assert!(request.get_if_changed(&product).await.unwrap().is_none());
    let product = request.get_if_changed(&product).await.unwrap().unwrap();
    assert_eq!(product.extra.etag(), Some("\"2\""));
    // 304 is no answer to a call that did not ask for it.
    assert_eq!(request.get().await.unwrap_err().status(), Some(304));
    assert_eq!(fake.seen()[1].header("if-none-match"), Some("\"1\""));
}

#[tokio::test]
async fn what_is_not_sent_back_says_where_it_is() {
    for (version, wish, id) in [
        (Version::V3, "return-no-content", "DataServiceId"),
        (Version::V4, "return=minimal", "OData-EntityID"),
    ] {
        let made = || Answer::new(204, "").header(id, "{root}Products('9')");
        let fake = Fake::start([
            made().header("location", "Products('9')").header("etag", "\"1\""),
            made(),
            Answer::v4(200, r#"{"Id":"9"}"#),
        ])
        .await;
        let service = fake.speaking(version);
        let products = service.set::<Product>("Products");
        let saved = products.create().set(Product::NAME, "a").minimal().await.unwrap();
        let url = format!("{}Products('9')", fake.root);
        assert_eq!(saved.location.as_deref().map(|url| url.replace("%27", "'")), Some(url.clone()));
        assert_eq!(
            (saved.id.as_deref(), saved.etag.as_deref()),
            (Some(url.as_str()), Some("\"1\""))
        );
        assert_eq!(fake.seen()[0].header("prefer"), Some(wish));
        // An entity that was not sent back cannot be read, and the error says where it is.
        let error = products.create().set(Product::NAME, "a").await.unwrap_err();
        assert!(error.to_string().contains(&url), "{error}");
        assert_eq!(service.at::<Product>(saved.location.unwrap()).get().await.unwrap().id, "9");
    }
}

#[tokio::test]
async fn an_update_may_give_the_entity_back() {
    let fake =
        Fake::start([Answer::v4(200, r#"{"Id":"1","Name":"b"}"#), Answer::new(204, "")]).await;
    let product = fake.products_in(Version::V4).by_key("1");
    let update = || product.update().set(Product::NAME, "b").replace().returning();
    assert_eq!(update().await.unwrap().unwrap().name.as_deref(), Some("b"));
    assert!(update().await.unwrap().is_none());
    assert_eq!(fake.lines()[0], "PUT /api/Products('1')");
    assert_eq!(fake.seen()[0].header("prefer"), Some("return=representation"));
}

#[tokio::test]
async fn a_property_is_written_by_itself() {
    let done = || Answer::new(204, "");
    for (version, body, cleared) in [
        (Version::V2, r#"{"Name":"b"}"#, "DELETE /api/Products('1')/Name/$value"),
        (Version::V3, r#"{"value":"b"}"#, "DELETE /api/Products('1')/Name/$value"),
        (Version::V4, r#"{"value":"b"}"#, "DELETE /api/Products('1')/Name"),
    ] {
        let fake = Fake::start([done(), done(), Answer::new(200, "b"), done()]).await;
        let name = fake.products_in(version).by_key("1").property(Product::NAME);
        name.set("b").await.unwrap();
        name.clear().await.unwrap();
        assert_eq!(name.text().await.unwrap(), "b");
        assert_eq!(name.get().await.unwrap(), None);
        let lines = fake.lines();
        assert_eq!(lines[0], "PUT /api/Products('1')/Name");
        assert_eq!(lines[1..3], [cleared, "GET /api/Products('1')/Name/$value"]);
        assert_eq!(fake.seen()[0].body, body);
    }
}
