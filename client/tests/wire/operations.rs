//! Service operations, functions and actions.

use edm::Edm as _;
use odata_client::Version;

use crate::fake::{Answer, Fake};
use crate::model::{CANCEL, EXPORT, LABEL, Product, REJECT, RENEW, REPORT, SCALE, SIMILAR};

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

#[tokio::test]
async fn a_function_of_v4_has_its_parameters_in_parentheses() {
    let page = || Answer::v4(200, r#"{"value":[{"Id":"1"}]}"#);
    let fake = Fake::start([page(), page(), Answer::v4(200, r#"{"Id":"7"}"#), page()]).await;
    let service = fake.speaking(Version::V4);
    let values =
        |name: &str| vec![("to", name.to_owned().to_value()), ("sizes", vec![1_i64, 2].to_value())];
    let page = service.invoke_entities::<Product>(&SIMILAR, values("it's")).await.unwrap();
    assert_eq!(page.items.len(), 1);
    // What a function returns is queried like a set.
    let product = service.set::<Product>("Products").by_key("1");
    let similar = product.compose_entities::<Product>(&SIMILAR, values("a/b"));
    similar.top(3).list().await.unwrap();
    let none = vec![("to", edm::Value::Null)];
    let one = service.compose_entity::<Product>(&SIMILAR, none);
    assert_eq!(one.get().await.unwrap().id, "7");
    let one = service.compose_entity::<Product>(&SIMILAR, values("x"));
    one.follow(Product::PARTS).list().await.unwrap();
    let lines: Vec<_> = fake
        .lines()
        .iter()
        .map(|line| line.replace("%5B1%2C2%5D", "[1,2]").replace("%5B1,2%5D", "[1,2]"))
        .collect();
    assert_eq!(
        lines,
        [
            "GET /api/Demo.Similar(to='it''s',sizes=@sizes)?@sizes=[1,2]",
            "GET /api/Products('1')/Demo.Similar(to='a%2Fb',sizes=@sizes)?@sizes=[1,2]&$top=3",
            "GET /api/Demo.Similar(to=null)",
            "GET /api/Demo.Similar(to='x',sizes=@sizes)/Parts?@sizes=[1,2]",
        ]
    );
}

#[tokio::test]
async fn streams_that_operations_return_are_bytes_of_any_type() {
    let csv = || Answer::new(200, "a,b").header("content-type", "text/csv");
    let fake = Fake::start([csv(), csv(), csv()]).await;
    let product = fake.products_in(Version::V4).by_key("1");
    let values = || vec![("period", "D7".to_owned().to_value())];
    let report = product.compose_stream(&REPORT, values());
    assert_eq!(report.get().await.unwrap(), "a,b");
    assert_eq!(report.open().await.unwrap().content_type.as_deref(), Some("text/csv"));
    assert_eq!(product.invoke_stream(&EXPORT, values()).await.unwrap(), "a,b");
    assert_eq!(
        fake.lines(),
        [
            "GET /api/Products('1')/Demo.Report(period='D7')",
            "GET /api/Products('1')/Demo.Report(period='D7')",
            "POST /api/Products('1')/Demo.Export",
        ]
    );
    let seen = fake.seen();
    assert!(seen.iter().all(|seen| seen.header("accept") == Some("*/*")));
    assert_eq!(seen[2].body, r#"{"period":"D7"}"#);
}

#[tokio::test]
async fn an_action_of_v4_posts_an_object_and_may_return_nothing() {
    let fake = Fake::start([Answer::v4(200, r#"{"Id":"1"}"#), Answer::new(204, "")]).await;
    let product = fake.products_in(Version::V4).by_key("1");
    assert_eq!(product.invoke_entity::<Product>(&RENEW, vec![]).await.unwrap().id, "1");
    let nothing = product.invoke(&RENEW, vec![], |value| Ok(value.is_null()));
    assert!(nothing.await.unwrap());
    let seen = &fake.seen()[0];
    assert_eq!(fake.lines()[0], "POST /api/Products('1')/Demo.Renew");
    assert_eq!((seen.body.as_str(), seen.header("odata-version")), ("{}", Some("4.0")));
}
