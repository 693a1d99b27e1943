//! Writing: bodies and verbs.

use edm::Insert;
use odata_client::{Format, Version};

use crate::fake::{Answer, Fake};
use crate::model::Product;

#[tokio::test]
async fn every_request_says_what_it_speaks() {
    let fake = Fake::start([Answer::light(201, r#"{"Id":"1","Name":"a"}"#)]).await;
    let client = fake.builder().header("x-ms-version", "2.19").build().unwrap();
    let products = client.set::<Product>("Products");
    let made = products.create().set(Product::NAME, "a").set(Product::SIZE, 5_i64).await.unwrap();
    assert_eq!(made.name.as_deref(), Some("a"));
    let seen = &fake.seen()[0];
    assert_eq!(seen.body, r#"{"Name":"a","Size":"5"}"#);
    for (name, value) in [
        ("accept", "application/json;odata=minimalmetadata"),
        ("content-type", "application/json;odata=minimalmetadata"),
        ("dataserviceversion", "3.0"),
        ("maxdataserviceversion", "3.0"),
        ("x-ms-version", "2.19"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
    let id = seen.header("x-ms-client-request-id").unwrap();
    assert!(edm::Guid::try_parse(id).is_ok(), "{id}");
}

#[tokio::test]
async fn updates_go_by_merge() {
    let fake = Fake::start([Answer::new(204, ""), Answer::new(204, "")]).await;
    let product = fake.products().by_key("nb:1");
    product.update().set(Product::SIZE, 9_i64).clear(Product::NAME).await.unwrap();
    product.delete().await.unwrap();
    assert_eq!(fake.lines(), ["MERGE /api/Products('nb%3A1')", "DELETE /api/Products('nb%3A1')"]);
    assert_eq!(fake.seen()[0].body, r#"{"Size":"9","Name":null}"#);
    assert_eq!(fake.seen()[1].body, "");
}

#[tokio::test]
async fn entities_are_bound_and_created_along_in_both_formats() {
    for format in [Format::Light, Format::Verbose] {
        let created = match format {
            Format::Light => Answer::light(201, r#"{"Id":"1"}"#),
            _ => Answer::verbose(201, r#"{"d":{"Id":"1"}}"#),
        };
        let fake = Fake::start([created.clone(), created]).await;
        let client = fake.builder().format(format).build().unwrap();
        let products = client.set::<Product>("Products");
        let part = products.by_key("a").path();
        assert_eq!(products.create().bind(Product::PARTS, &part).await.unwrap().id, "1");
        let along = Insert::new().set(Product::NAME, "b");
        products.create().with(Product::PARTS, along).await.unwrap();
        let bodies: Vec<_> = fake.seen().iter().map(|seen| seen.body.clone()).collect();
        let bound = match format {
            Format::Light => format!(r#"{{"Parts@odata.bind":["{}Products('a')"]}}"#, fake.root),
            _ => {
                format!(r#"{{"Parts":[{{"__metadata":{{"uri":"{}Products('a')"}}}}]}}"#, fake.root)
            }
        };
        assert_eq!(bodies, [bound.as_str(), r#"{"Parts":[{"Name":"b"}]}"#]);
    }
}

#[test]
fn a_root_must_be_an_http_url() {
    for root in ["", "host/api", "ftp://host/", "data:,x"] {
        assert!(odata_client::Service::builder(root).build().is_err(), "{root}");
    }
    let service = odata_client::Service::builder("https://h/api?x=1#y").build().unwrap();
    assert_eq!(service.root().as_str(), "https://h/api/");
}

#[tokio::test]
async fn bodies_are_built_on_the_request() {
    let made = || Answer::v4(201, r#"{"Id":"1"}"#);
    let fake = Fake::start([made(), Answer::new(204, "")]).await;
    let products = fake.products_in(Version::V4);
    let create = products.create().set(Product::NAME, "a").clear(Product::NAME);
    let part = Insert::new().set(Product::NAME, "p");
    create.set_dynamic("Colour", "red").with_one(Product::WHOLE, part).await.unwrap();
    let update = products.by_key("1").update().set(Product::SIZE, 1_i64);
    update.set_dynamic("Colour", edm::Value::Null).by_patch().await.unwrap();
    let bodies: Vec<_> = fake.seen().iter().map(|seen| seen.body.clone()).collect();
    assert_eq!(
        bodies,
        [r#"{"Name":null,"Colour":"red","Whole":{"Name":"p"}}"#, r#"{"Size":1,"Colour":null}"#,]
    );
}
