//! Writing: bodies, verbs, links, functions and actions.

use edm::{Edm as _, Insert};
use odata_client::{Format, Version};

use crate::fake::{Answer, Fake};
use crate::model::{CANCEL, LABEL, Product, REJECT, SCALE};

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

#[tokio::test]
async fn links_are_read_added_and_removed() {
    let fake = Fake::start([
        Answer::light(200, r#"{"value":[{"url":"http://h/Products('2')"}]}"#),
        Answer::new(204, ""),
        Answer::new(204, ""),
    ])
    .await;
    let products = fake.products();
    let links = products.by_key("1").links(Product::PARTS);
    assert_eq!(links.list().await.unwrap(), ["http://h/Products('2')"]);
    links.add(&products.by_key("3").path()).await.unwrap();
    links.remove("2").await.unwrap();
    assert_eq!(
        fake.lines(),
        [
            "GET /api/Products('1')/$links/Parts",
            "POST /api/Products('1')/$links/Parts",
            "DELETE /api/Products('1')/$links/Parts('2')",
        ]
    );
    assert_eq!(fake.seen()[1].body, format!(r#"{{"url":"{}Products('3')"}}"#, fake.root));
}

#[tokio::test]
async fn links_are_uris_in_verbose() {
    let fake = Fake::start([
        Answer::new(204, ""),
        Answer::verbose(200, r#"{"d":{"results":[{"uri":"u"}]}}"#),
    ])
    .await;
    let client = fake.builder().format(Format::Verbose).build().unwrap();
    let products = client.set::<Product>("Products");
    let links = products.by_key("1").links(Product::PARTS);
    links.add(&products.by_key("3").path()).await.unwrap();
    assert_eq!(links.list().await.unwrap(), ["u"]);
    assert_eq!(fake.seen()[0].body, format!(r#"{{"uri":"{}Products('3')"}}"#, fake.root));
}

#[tokio::test]
async fn parameters_of_functions_are_literals() {
    let fake = Fake::start([Answer::new(204, ""), Answer::light(200, r#"{"value":"AB12"}"#)]).await;
    let client = fake.client();
    let values = vec![("id", "it's & more".to_owned().to_value()), ("reason", edm::Value::Null)];
    client.invoke(&CANCEL, values, odata_client::nothing).await.unwrap();
    let label = client.invoke(&LABEL, vec![("kind", 1_i32.to_value())], String::from_value);
    assert_eq!(label.await.unwrap(), "AB12");
    assert_eq!(
        fake.lines(),
        ["GET /api/Cancel?id=%27it%27%27s%20%26%20more%27", "GET /api/Label?kind=1"]
    );
}

#[tokio::test]
async fn service_operations_by_post_have_their_parameters_in_the_query() {
    for (version, content_type) in [(Version::V2, Some("application/json")), (Version::V3, None)] {
        let fake = Fake::start([Answer::new(204, "")]).await;
        let client = fake.builder().version(version).build().unwrap();
        let values = vec![("id", "a b".to_owned().to_value()), ("reason", edm::Value::Null)];
        client.invoke(&REJECT, values, odata_client::nothing).await.unwrap();
        assert_eq!(fake.lines(), ["POST /api/Reject?id=%27a%20b%27"]);
        assert_eq!(fake.seen()[0].header("content-type"), content_type);
        assert_eq!(fake.seen()[0].body, "");
    }
}

#[tokio::test]
async fn an_action_posts_its_parameters_and_may_start_an_operation() {
    let fake = Fake::start([Answer::new(202, "").header("operation-id", "nb:opid:1")]).await;
    let product = fake.products().by_key("1");
    let scale = product.invoke(&SCALE, vec![("units", 2_i32.to_value())], odata_client::nothing);
    let ((), operation) = scale.start().await.unwrap();
    assert_eq!(operation.as_deref(), Some("nb:opid:1"));
    assert_eq!(fake.lines(), ["POST /api/Products('1')/Scale"]);
    assert_eq!(fake.seen()[0].body, r#"{"units":2}"#);
}

#[test]
fn a_root_must_be_an_http_url() {
    for root in ["", "host/api", "ftp://host/", "data:,x"] {
        assert!(odata_client::Service::builder(root).build().is_err(), "{root}");
    }
    let service = odata_client::Service::builder("https://h/api?x=1#y").build().unwrap();
    assert_eq!(service.root().as_str(), "https://h/api/");
}
