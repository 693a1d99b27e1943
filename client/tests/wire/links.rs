//! Links between entities: `$links` up to V3, `$ref` since V4.

use odata_client::{Format, Version};

use crate::fake::{Answer, Fake};
use crate::model::Product;

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
async fn links_of_v4_are_references() {
    let body = r#"{"@odata.context":"x","value":[{"@odata.id":"Products('2')"}]}"#;
    let done = || Answer::new(204, "");
    let script = [Answer::v4(200, body), done(), done(), done(), done(), done(), done()];
    let fake = Fake::start(script).await;
    let products = fake.products_in(Version::V4);
    let (product, other) = (products.by_key("1"), products.by_key("it's"));
    let links = product.links(Product::PARTS);
    assert_eq!(links.list().await.unwrap(), ["Products('2')"]);
    links.add(&other.path()).await.unwrap();
    links.remove("2").await.unwrap();
    links.remove_path(&other.path()).await.unwrap();
    let link = product.link(Product::WHOLE);
    link.set(&other.path()).await.unwrap();
    link.remove().await.unwrap();
    assert_eq!(link.get().await.unwrap(), None);
    let id = "http%3A%2F%2F127%2E0%2E0%2E1%3A";
    let seen = fake.seen();
    let lines = fake.lines();
    assert_eq!(
        lines[..3],
        [
            "GET /api/Products('1')/Parts/$ref",
            "POST /api/Products('1')/Parts/$ref",
            "DELETE /api/Products('1')/Parts('2')/$ref",
        ]
    );
    let removed = format!("DELETE /api/Products('1')/Parts/$ref?$id={id}");
    assert!(lines[3].starts_with(&removed), "{}", lines[3]);
    assert_eq!(
        lines[4..],
        [
            "PUT /api/Products('1')/Whole/$ref",
            "DELETE /api/Products('1')/Whole/$ref",
            "GET /api/Products('1')/Whole/$ref",
        ]
    );
    let body = format!(r#"{{"@odata.id":"{}Products('it''s')"}}"#, fake.root);
    assert_eq!((&seen[1].body, &seen[4].body), (&body, &body));
}

#[tokio::test]
async fn a_link_of_v3_is_removed_by_its_key_only() {
    let fake = Fake::start([]).await;
    let products = fake.products();
    let links = products.by_key("1").links(Product::PARTS);
    let error = links.remove_path(&products.by_key("2").path()).await.unwrap_err();
    assert!(error.to_string().contains("by its key"), "{error}");
    assert!(fake.seen().is_empty());
}
