//! What is tried again, when, and what is not.

use std::time::{Duration, Instant};

use odata_client::RetryPolicy;

use crate::fake::{Answer, Fake};
use crate::model::{CANCEL, Product};

fn empty_page() -> Answer {
    Answer::light(200, r#"{"value":[]}"#)
}

#[tokio::test]
async fn a_busy_service_is_asked_again_when_it_says() {
    let busy = Answer::new(503, "Server is busy.").header("retry-after", "1");
    let created = Answer::light(201, r#"{"Id":"1"}"#);
    let fake = Fake::start([busy, created]).await;
    let start = Instant::now();
    fake.products().create().set(Product::NAME, "a").await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    let seen = fake.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_pause_that_is_too_long_is_an_error_at_once() {
    let busy = Answer::new(503, "").header("retry-after", "3600");
    let fake = Fake::start([busy, empty_page()]).await;
    assert_eq!(fake.products().list().await.unwrap_err().status(), Some(503));
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn a_failure_is_tried_again_for_reads_only() {
    let script = || [Answer::new(500, ""), Answer::new(504, ""), empty_page()];
    let fake = Fake::start(script()).await;
    fake.products().list().await.unwrap();
    assert_eq!(fake.seen().len(), 3);

    let fake = Fake::start(script()).await;
    let error = fake.products().create().set(Product::NAME, "a").await.unwrap_err();
    assert_eq!((error.status(), fake.seen().len()), (Some(500), 1));

    let fake = Fake::start(script()).await;
    let error = fake.products().by_key("1").delete().await.unwrap_err();
    assert_eq!((error.status(), fake.seen().len()), (Some(500), 1));
}

#[tokio::test]
async fn a_function_by_get_may_change_something() {
    let fake = Fake::start([Answer::new(500, ""), Answer::new(204, "")]).await;
    let call = fake.client().invoke(&CANCEL, vec![], odata_client::nothing);
    assert_eq!(call.await.unwrap_err().status(), Some(500));
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn the_number_of_tries_is_bounded() {
    let fake = Fake::start(std::iter::repeat_n(Answer::new(429, ""), 9)).await;
    assert_eq!(fake.products().list().await.unwrap_err().status(), Some(429));
    assert_eq!(fake.seen().len(), 3);

    let fake = Fake::start([Answer::new(503, ""), empty_page()]).await;
    let client = fake.builder().retry(RetryPolicy::never()).build().unwrap();
    assert!(client.set::<Product>("Products").list().await.is_err());
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    for status in [400, 403, 404, 409, 412] {
        let fake = Fake::start([Answer::new(status, ""), empty_page()]).await;
        assert_eq!(fake.products().list().await.unwrap_err().status(), Some(status));
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_lost_connection_is_an_error_that_names_the_call() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let client = odata_client::Service::builder(&root).retry(crate::fake::quick());
    let error = client.build().unwrap().set::<Product>("Products").list().await.unwrap_err();
    assert!(matches!(error.kind, odata_client::ErrorKind::Connection(_)), "{error}");
    assert!(error.to_string().starts_with(&format!("GET {root}Products: ")), "{error}");
}
