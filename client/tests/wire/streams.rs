//! Streams of bytes, both ways, as they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use odata_client::{Body, ErrorKind, Service, Version};

use crate::fake::{Answer, Fake};
use crate::model::Product;

#[tokio::test]
async fn streams_are_read_put_and_deleted() {
    let fake = Fake::start([
        Answer::new(200, "bytes").header("content-type", "image/png"),
        Answer::new(200, "bytes").header("content-type", "image/png").header("etag", "\"s\""),
        Answer::new(204, ""),
        Answer::new(204, ""),
    ])
    .await;
    let product = fake.products_in(Version::V4).by_key("1");
    assert_eq!(product.media().get().await.unwrap(), "bytes");
    let download = product.stream("Photo").open().await.unwrap();
    assert_eq!(download.content_type.as_deref(), Some("image/png"));
    assert_eq!((download.length, download.etag.as_deref()), (Some(5), Some("\"s\"")));
    let chunks: Vec<_> = download.into_stream().try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"bytes");
    product.media().put("image/gif", "gif").if_match_etag("\"s\"").await.unwrap();
    product.stream("Photo").delete().await.unwrap();
    assert_eq!(
        fake.lines(),
        [
            "GET /api/Products('1')/$value",
            "GET /api/Products('1')/Photo",
            "PUT /api/Products('1')/$value",
            "DELETE /api/Products('1')/Photo",
        ]
    );
    let seen = fake.seen();
    assert_eq!(seen[0].header("accept"), Some("*/*"));
    let put = &seen[2];
    assert_eq!((put.header("content-type"), put.body.as_str()), (Some("image/gif"), "gif"));
    assert_eq!(put.header("if-match"), Some("\"s\""));
}

#[tokio::test]
async fn an_entity_is_made_of_bytes_with_a_suggested_name() {
    let fake = Fake::start([Answer::v4(201, r#"{"Id":"1"}"#)]).await;
    let products = fake.products_in(Version::V4);
    let chunks = stream::iter(["ab", "cd"].map(Ok::<_, std::io::Error>));
    let made = products.create_media("image/png", Body::stream(chunks)).slug("Bär 100%.png");
    assert_eq!(made.await.unwrap().id, "1");
    let seen = &fake.seen()[0];
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("POST", "abcd"));
    assert_eq!(seen.header("slug"), Some("B%C3%A4r 100%25.png"));
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let fake = Fake::start([Answer::new(503, ""), Answer::new(204, "")]).await;
    let photo = fake.products().by_key("1").stream("Photo");
    let chunks = stream::iter([Ok::<_, std::io::Error>("ab")]);
    assert_eq!(photo.put("a/b", Body::stream(chunks)).await.unwrap_err().status(), Some(503));
    assert_eq!(fake.seen().len(), 1);
    // Bytes in memory are sent again.
    photo.put("a/b", "ab").await.unwrap();
    let fake = Fake::start([Answer::new(503, ""), Answer::new(204, "")]).await;
    fake.products().by_key("1").stream("Photo").put("a/b", "ab").await.unwrap();
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn a_stream_may_be_kept_elsewhere() {
    let store = Fake::start([Answer::new(200, "bytes")]).await;
    // The same machine by another name, and so another origin.
    let elsewhere = format!("{}blob?sig=x", store.root.replace("127.0.0.1", "localhost"));
    let fake = Fake::start([Answer::new(302, "").header("location", elsewhere)]).await;
    let client = fake.client();
    let product = client.set::<Product>("Products").by_key("1");
    assert_eq!(product.media().get().await.unwrap(), "bytes");
    assert_eq!(store.lines(), ["GET /api/blob?sig=x"]);
    assert_eq!(store.seen()[0].header("authorization"), None);
    // The service itself is where it was.
    assert_eq!(client.root().as_str(), fake.root);
}

/// A service with one resource.
async fn serve<F>(handler: impl Fn(Request) -> F + Clone + Send + Sync + 'static) -> Service
where
    F: Future<Output = Response> + Send + 'static,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let builder = Service::builder(root).timeout(Duration::from_millis(1500));
    builder.retry(crate::fake::quick()).largest_answer(1 << 20).build().unwrap()
}

const CHUNK: usize = 64 << 10;

#[tokio::test]
async fn no_more_is_read_than_is_taken() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let service = serve(move |_| {
        let counter = Arc::clone(&counter);
        let endless = stream::repeat_with(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(vec![0_u8; CHUNK])
        });
        std::future::ready(Response::new(axum::body::Body::from_stream(endless)))
    })
    .await;
    let media = service.set::<Product>("Products").by_key("1").media();
    let mut bytes = media.open().await.unwrap().into_stream();
    let mut taken = 0;
    while taken < 10 * CHUNK {
        taken += bytes.next().await.unwrap().unwrap().len();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let made = made.load(Ordering::Relaxed) * CHUNK;
    assert!(made < 40 << 20, "{made} bytes are under way");
    // The whole of it is too much for memory.
    let error = media.get().await.unwrap_err();
    assert!(error.to_string().contains("larger than 1048576 bytes"), "{error}");
}

#[tokio::test]
async fn an_upload_may_take_longer_than_silence_may_last() {
    let service = serve(|request| async {
        let _ = axum::body::to_bytes(request.into_body(), usize::MAX).await;
        Response::default()
    })
    .await;
    let slow = |pause: u64, chunks: usize| {
        Body::stream(stream::iter(0..chunks).then(move |_| async move {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Ok::<_, std::io::Error>(vec![1_u8; CHUNK])
        }))
    };
    let media = service.set::<Product>("Products").by_key("1").media();
    media.put("a/b", slow(300, 8)).await.unwrap();
    let error = media.put("a/b", slow(60_000, 1)).await.unwrap_err();
    assert!(error.to_string().contains("nothing came for"), "{error}");
}

#[tokio::test]
async fn silence_within_an_answer_is_an_error() {
    let service = serve(|_| {
        let start = stream::once(async { Ok::<_, std::io::Error>("start") });
        let body = axum::body::Body::from_stream(start.chain(stream::pending()));
        std::future::ready(Response::new(body))
    })
    .await;
    let media = service.set::<Product>("Products").by_key("1").media();
    let mut bytes = media.open().await.unwrap().into_stream();
    assert_eq!(bytes.next().await.unwrap().unwrap(), "start");
    assert!(bytes.next().await.unwrap().unwrap_err().to_string().contains("nothing came"));
    let error = service.set::<Product>("Products").list().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Connection(_)), "{error}");
}
