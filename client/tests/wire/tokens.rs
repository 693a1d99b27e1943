//! Where tokens go, and where they must not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use odata_client::{AccessToken, Error, Service, TokenSource};

use crate::fake::{Answer, Fake, quick};
use crate::model::Product;

/// Counts up: the token is a new one after each refusal.
#[derive(Clone, Debug, Default)]
struct Numbered {
    number: Arc<AtomicUsize>,
    refused: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl TokenSource for Numbered {
    async fn token(&self) -> Result<AccessToken, Error> {
        Ok(AccessToken::new(format!("token-{}", self.number.load(Ordering::SeqCst)), None))
    }
    async fn refused(&self, token: &AccessToken) {
        self.refused.lock().unwrap().push(token.secret().to_owned());
        self.number.fetch_add(1, Ordering::SeqCst);
    }
}

fn unauthorized() -> Answer {
    Answer::new(401, "")
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let fake = Fake::start([unauthorized(), Answer::light(201, r#"{"Id":"1"}"#)]).await;
    let source = Numbered::default();
    let service = Service::builder(&fake.root).token(source.clone()).build().unwrap();
    service.set::<Product>("Products").create().set(Product::NAME, "a").await.unwrap();
    let tokens: Vec<_> = fake
        .seen()
        .iter()
        .filter_map(|seen| seen.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-1"]);
    assert_eq!(fake.seen()[1].body, r#"{"Name":"a"}"#);
    assert_eq!(*source.refused.lock().unwrap(), ["token-0"]);
}

#[tokio::test]
async fn a_second_refusal_is_an_error() {
    let fake = Fake::start([unauthorized(), unauthorized(), unauthorized()]).await;
    let service =
        Service::builder(&fake.root).token(Numbered::default()).retry(quick()).build().unwrap();
    let error = service.set::<Product>("Products").list().await.unwrap_err();
    assert_eq!((error.status(), fake.seen().len()), (Some(401), 2));
}

#[tokio::test]
async fn a_next_page_elsewhere_gets_no_token_and_cannot_refuse_it() {
    let elsewhere = Fake::start([unauthorized()]).await;
    let page = format!(
        r#"{{"value":[{{"Id":"1"}}],"odata.nextLink":"{}Products?$skiptoken=1"}}"#,
        elsewhere.root
    );
    let fake = Fake::start([Answer::light(200, page)]).await;
    let source = Numbered::default();
    let service = Service::builder(&fake.root).token(source.clone()).build().unwrap();
    let error = service.set::<Product>("Products").pages().try_collect::<Vec<_>>().await;
    assert_eq!(error.unwrap_err().status(), Some(401));
    assert_eq!(fake.seen()[0].header("authorization"), Some("Bearer token-0"));
    assert_eq!(elsewhere.lines(), ["GET /api/Products?$skiptoken=1"]);
    assert_eq!(elsewhere.seen()[0].header("authorization"), None);
    assert!(source.refused.lock().unwrap().is_empty());
}

#[derive(Debug)]
struct Broken;

#[async_trait]
impl TokenSource for Broken {
    async fn token(&self) -> Result<AccessToken, Error> {
        Ok(AccessToken::new("a\nb", None))
    }
    async fn refused(&self, _: &AccessToken) {}
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let denied = || Answer::new(403, "denied");
    let fake = Fake::start([denied(), denied()]).await;
    let service = fake.client();
    let call = odata_client::Call::get("Products?sig=s3cret-signature&$top=1");
    let error = service.send(&call).await.unwrap_err();
    let shown = format!("{error} {error:?} {service:?} {:?}", AccessToken::new("s3cret", None));
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(error.to_string().contains("Products?sig&$top"), "{error}");

    let broken = Service::builder(&fake.root).token(Broken).build().unwrap();
    let error = broken.set::<Product>("Products").list().await.unwrap_err();
    assert!(!format!("{error:?}").contains("a\\nb"), "{error:?}");
    assert_eq!(fake.seen().len(), 1, "a malformed token was sent");
}
