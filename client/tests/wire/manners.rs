//! What a service or a proxy may ask of every request.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use odata_client::{Body, Error, ErrorKind, Hook, Service, Transport, TransportError, Version};

use crate::fake::{Answer, Fake};
use crate::model::Product;

fn made() -> Answer {
    Answer::verbose(201, r#"{"d":{"Id":"1"}}"#)
}

#[tokio::test]
async fn a_token_against_forgery_is_fetched_and_fetched_again() {
    let token = |text: &str, cookie: &str| {
        Answer::new(200, "{}").header("x-csrf-token", text).header("set-cookie", cookie)
    };
    let stale = || Answer::new(403, "").header("X-CSRF-Token", "Required");
    let fake = Fake::start([
        Answer::verbose(200, r#"{"d":{"results":[]}}"#),
        token("t1", "sap=1; Path=/; HttpOnly"),
        made(),
        stale(),
        token("t2", "sap=2; Path=/"),
        made(),
        stale(),
        token("t3", "sap=3; Path=/"),
        stale(),
    ])
    .await;
    let service = fake.builder().version(Version::V2).csrf_token().build().unwrap();
    let products = service.set::<Product>("Products");
    products.list().await.unwrap();
    let create = || products.create().set(Product::NAME, "a");
    create().await.unwrap();
    create().await.unwrap();
    // A token that is refused as soon as it is there is the last word.
    assert_eq!(create().await.unwrap_err().status(), Some(403));
    let seen = fake.seen();
    let said: Vec<_> = seen
        .iter()
        .map(|seen| (seen.method.as_str(), seen.header("x-csrf-token"), seen.header("cookie")))
        .collect();
    assert_eq!(
        said,
        [
            ("GET", None, None),
            ("GET", Some("Fetch"), None),
            ("POST", Some("t1"), Some("sap=1")),
            ("POST", Some("t1"), Some("sap=1")),
            ("GET", Some("Fetch"), Some("sap=1")),
            ("POST", Some("t2"), Some("sap=2")),
            ("POST", Some("t2"), Some("sap=2")),
            ("GET", Some("Fetch"), Some("sap=2")),
            ("POST", Some("t3"), Some("sap=3")),
        ]
    );
}

#[tokio::test]
async fn a_batch_that_reads_needs_the_token_as_well() {
    let answer = Answer::new(202, "--b--").header("content-type", "multipart/mixed; boundary=b");
    let fake = Fake::start([Answer::new(200, "").header("x-csrf-token", "t"), answer]).await;
    let service = fake.builder().version(Version::V2).csrf_token().build().unwrap();
    let mut batch = service.batch();
    batch.add(service.set::<Product>("Products").list());
    batch.send().await.unwrap();
    assert_eq!(fake.seen()[1].header("x-csrf-token"), Some("t"));
}

#[tokio::test]
async fn what_the_user_says_counts() {
    let fake = Fake::start([Answer::v4(200, r#"{"value":[]}"#)]).await;
    let builder = fake.builder().version(Version::V4).header("Prefer", "allow-entityreferences");
    let service = builder.header("Accept", "application/json").build().unwrap();
    service.set::<Product>("Products").page_size(5).list().await.unwrap();
    let seen = &fake.seen()[0];
    assert_eq!(seen.header("accept"), Some("application/json"));
    let wishes: Vec<_> = seen.headers.get_all("prefer").iter().collect();
    assert_eq!(wishes, ["odata.maxpagesize=5", "allow-entityreferences"]);
}

#[tokio::test]
async fn methods_go_through_a_tunnel() {
    let fake = Fake::start([Answer::new(204, ""), Answer::new(204, ""), made()]).await;
    let service = fake.builder().version(Version::V2).tunnel_methods().build().unwrap();
    let products = service.set::<Product>("Products");
    products.by_key("1").update().set(Product::NAME, "a").await.unwrap();
    products.by_key("1").delete().await.unwrap();
    products.create().set(Product::NAME, "a").await.unwrap();
    let seen = fake.seen();
    let methods: Vec<_> =
        seen.iter().map(|seen| (seen.method.as_str(), seen.header("x-http-method"))).collect();
    assert_eq!(methods, [("POST", Some("MERGE")), ("POST", Some("DELETE")), ("POST", None)]);
}

#[tokio::test]
async fn the_query_of_the_root_goes_with_every_request_to_it() {
    let other = Fake::start([Answer::light(200, r#"{"value":[]}"#)]).await;
    let next =
        |url: &str| Answer::light(200, format!(r#"{{"value":[],"odata.nextLink":"{url}"}}"#));
    let fake = Fake::start([
        next("Products?$skiptoken=1"),
        next("{root}Products?sig=s3cret&$skiptoken=2&sv=1"),
        next(&format!("{}Products?$skiptoken=3", other.root)),
        Answer::new(404, ""),
    ])
    .await;
    let builder = Service::builder(format!("{}?sv=1&sig=s3cret", fake.root));
    let service = builder.header("x-key", "s3cret").build().unwrap();
    let products = service.set::<Product>("Products");
    products.clone().top(1).all().await.unwrap();
    let error = products.by_key("1").get().await.unwrap_err();
    assert_eq!(
        fake.lines(),
        [
            "GET /api/Products?$top=1&sv=1&sig=s3cret",
            "GET /api/Products?$skiptoken=1&sv=1&sig=s3cret",
            "GET /api/Products?sig=s3cret&$skiptoken=2&sv=1",
            "GET /api/Products('1')?sv=1&sig=s3cret",
        ]
    );
    assert_eq!(other.lines(), ["GET /api/Products?$skiptoken=3"]);
    assert_eq!(fake.seen()[0].header("x-key"), Some("s3cret"));
    assert_eq!(other.seen()[0].header("x-key"), None);
    // A signature does not get into errors and logs.
    for text in [format!("{error:?} {error}"), format!("{service:?} {products:?}")] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

/// Signs requests and counts answers.
#[derive(Clone, Debug, Default)]
struct Signer(Arc<Mutex<Vec<u16>>>);

impl Hook for Signer {
    fn request(&self, head: &mut http::request::Parts) -> Result<(), Error> {
        if head.method == "DELETE" {
            return Err(Error::usage("nothing is deleted"));
        }
        head.headers.insert("x-signed", head.uri.path().parse().unwrap());
        Ok(())
    }
    fn response(&self, head: &http::response::Parts) {
        self.0.lock().unwrap().push(head.status.as_u16());
    }
}

#[tokio::test]
async fn a_hook_sees_every_try() {
    let fake = Fake::start([Answer::new(503, ""), Answer::light(200, r#"{"value":[]}"#)]).await;
    let signer = Signer::default();
    let service = fake.builder().hook(signer.clone()).build().unwrap();
    let products = service.set::<Product>("Products");
    products.list().await.unwrap();
    assert_eq!(*signer.0.lock().unwrap(), [503, 200]);
    assert_eq!(fake.seen()[1].header("x-signed"), Some("/api/Products"));
    let error = products.by_key("1").delete().await.unwrap_err();
    assert!(error.to_string().contains("nothing is deleted"), "{error}");
    assert_eq!(fake.seen().len(), 2);
}

/// Never answers, and knows whether somebody still waits.
#[derive(Clone, Debug, Default)]
struct Silence(Arc<()>);

#[async_trait]
impl Transport for Silence {
    async fn send(&self, _: http::Request<Body>) -> Result<http::Response<Body>, TransportError> {
        let _waiting = Arc::clone(&self.0);
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_silent_service_is_given_up() {
    let silence = Silence::default();
    let builder = Service::builder("http://h/").transport(silence.clone());
    let builder = builder.retry(crate::fake::quick()).timeout(Duration::from_millis(20));
    let products = builder.build().unwrap().set::<Product>("Products");
    let error = products.list().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Connection(_)), "{error}");
    assert!(error.to_string().contains("nothing came for 0.02 s"), "{error}");
    // Dropping a call abandons it.
    let builder = Service::builder("http://h/").transport(silence.clone());
    let products = builder.build().unwrap().set::<Product>("Products");
    let before = Arc::strong_count(&silence.0);
    let call = tokio::time::timeout(Duration::from_millis(20), products.list().into_future());
    call.await.unwrap_err();
    assert_eq!(Arc::strong_count(&silence.0), before);
}

#[tokio::test]
async fn a_read_that_was_dropped_can_be_made_again() {
    let page = |id: &str, next: &str| {
        Answer::light(200, format!(r#"{{"value":[{{"Id":"{id}"}}]{next}}}"#))
    };
    let fake = Fake::start([page("1", r#","odata.nextLink":"Products?$skip=1""#), page("2", "")]);
    let fake = fake.await;
    let mut pages = fake.products().pages();
    // The first wait is given up before the page is there.
    assert!(pages.next().now_or_never().is_none());
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        ids.extend(page.items.into_iter().map(|product| product.id));
    }
    // No page is lost, and none is asked for twice.
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(fake.lines().len(), 2);
}

#[tokio::test]
async fn an_error_within_an_answer_keeps_the_words_of_the_service() {
    let glued =
        r#"{"value":[{"Id":"1"},{"odata.error":{"code":"Gone","message":{"value":"no more"}}}"#;
    let html = "<html><title>Sign in</title></html>";
    for (answer, expected) in [
        (Answer::light(200, glued), "Gone: no more"),
        (Answer::light(200, r#"{"value":[{"Id":"1"},{"Id"#), r#"(200: {"value""#),
        (Answer::new(200, html).header("content-type", "text/html"), "<html><title>Sign in"),
    ] {
        let fake = Fake::start([answer]).await;
        let error = fake.products().list().await.unwrap_err();
        assert_eq!(error.status(), Some(200));
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().starts_with("GET http://"), "{error}");
    }
}
