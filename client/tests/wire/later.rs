//! What comes later: changes since a read, and answers to calls that take long.

use futures_util::TryStreamExt as _;
use odata_client::{Started, Version};

use crate::fake::{Answer, Fake};
use crate::model::{CANCEL, Product};

#[tokio::test]
async fn changes_are_read_from_where_the_last_page_says() {
    let first = r#"{"value":[{"Id":"1"}],"@odata.nextLink":"Products?$skiptoken=1"}"#;
    let last = r#"{"value":[],"@odata.deltaLink":"Products?$deltatoken=a"}"#;
    let changes = r##"{"@odata.context":"$metadata#Products/$delta","value":[
        {"Id":"2","Name":"new"},
        {"@odata.context":"$metadata#Products/$deletedEntity","id":"Products('1')","reason":"deleted"},
        {"@odata.context":"$metadata#Products/$link","source":"Products('2')","relationship":"Parts","target":"Products('3')"}
    ],"@odata.nextLink":"Products?$deltatoken=a&$skiptoken=1"}"##;
    let rest = r##"{"@context":"$metadata#Products/$delta","value":[
        {"@removed":{"reason":"changed"},"Id":"4"}
    ],"@deltaLink":"Products?$deltatoken=b"}"##;
    let script = [first, last, changes, rest].map(|body| Answer::v4(200, body));
    let fake = Fake::start(script).await;
    let service = fake.speaking(Version::V4);
    let mut pages = service.set::<Product>("Products").track_changes().pages();
    assert_eq!(pages.delta_link(), None);
    while pages.try_next().await.unwrap().is_some() {}
    let link = pages.delta_link().unwrap().to_owned();
    let delta = service.delta::<Product>(link).await.unwrap();
    assert_eq!(delta.changed[0].name.as_deref(), Some("new"));
    assert_eq!(delta.removed.len(), 1);
    let removed = delta.removed[0].extra.payload().unwrap().removed_id();
    assert_eq!(removed.as_deref(), Some("Products('1')"));
    assert_eq!((delta.links.len(), delta.links[0].target.as_str()), (1, "Products('3')"));
    let delta = service.delta::<Product>(delta.next.unwrap()).await.unwrap();
    assert_eq!((delta.changed.len(), delta.removed[0].id.as_str()), (0, "4"));
    let link = delta.delta_link.unwrap();
    assert_eq!(link, format!("{}Products?$deltatoken=b", fake.root));
    assert_eq!(fake.seen()[1].header("prefer"), Some("odata.track-changes"));
    assert_eq!(
        fake.lines()[2..],
        ["GET /api/Products?$deltatoken=a", "GET /api/Products?$deltatoken=a&$skiptoken=1",]
    );
}

fn accepted() -> Answer {
    Answer::new(202, "").header("location", "/api/status/1").header("retry-after", "0")
}

#[tokio::test]
async fn a_call_that_takes_long_is_asked_about_until_it_is_done() {
    let inner = "HTTP/1.1 200 OK\r\nContent-Type: application/json;odata.metadata=minimal\r\n\
                 \r\n{\"Id\":\"7\"}";
    let done = Answer::new(200, inner).header("content-type", "application/http");
    let fake = Fake::start([accepted(), accepted(), done]).await;
    let product = fake.products_in(Version::V4).by_key("7");
    let Started::Running(mut monitor) = product.get().respond_async().await.unwrap() else {
        panic!("answered at once");
    };
    assert!(monitor.poll().await.unwrap().is_none());
    assert_eq!(monitor.wait().await.unwrap().id, "7");
    assert_eq!(fake.lines(), ["GET /api/Products('7')", "GET /api/status/1", "GET /api/status/1"]);
    assert_eq!(fake.seen()[0].header("prefer"), Some("respond-async"));
}

#[tokio::test]
async fn a_call_that_takes_long_may_fail_or_be_stopped() {
    let inner = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n\
                 {\"error\":{\"code\":\"x\",\"message\":\"gone\"}}";
    let failed = Answer::new(200, inner).header("content-type", "application/http");
    let refused = Answer::v4(200, r#"{"error":{"code":"x","message":"no"}}"#);
    let refused = refused.header("AsyncResult", "409");
    let script = [
        accepted(),
        failed,
        accepted(),
        refused,
        accepted(),
        Answer::new(200, "junk").header("content-type", "application/http"),
        Answer::new(204, ""),
    ];
    let fake = Fake::start(script).await;
    let product = fake.products_in(Version::V4).by_key("7");
    for expected in [Some(404), Some(409), Some(200)] {
        let Started::Running(mut monitor) = product.get().respond_async().await.unwrap() else {
            panic!("answered at once");
        };
        let error = monitor.poll().await.unwrap_err();
        assert_eq!(error.status(), expected, "{error}");
        if expected == Some(200) {
            monitor.cancel().await.unwrap();
        }
    }
    assert_eq!(fake.lines().last().unwrap(), "DELETE /api/status/1");
}

#[tokio::test]
async fn a_service_may_answer_at_once_all_the_same() {
    let fake = Fake::start([Answer::v4(200, r#"{"Id":"7"}"#), Answer::new(204, "")]).await;
    let product = fake.products_in(Version::V4).by_key("7");
    assert!(matches!(product.get().respond_async().await.unwrap(), Started::Done(_)));
    // Up to V3, there is no such wish.
    let call = fake.client().invoke(&CANCEL, vec![], odata_client::nothing);
    assert!(matches!(call.respond_async().await.unwrap(), Started::Done(())));
    assert_eq!(fake.seen()[1].header("prefer"), None);
}
