//! Answers that are errors, and answers that make no sense.

use odata_client::{Error, ErrorKind};

use crate::fake::{Answer, Fake};
use crate::model::Product;

async fn error_of(answer: Answer) -> Error {
    let fake = Fake::start([answer]).await;
    fake.products().by_key("1").get().await.unwrap_err()
}

#[tokio::test]
async fn the_words_of_the_service_are_kept_in_every_form() {
    let light = r#"{"odata.error":{"code":"Gone","message":{"lang":"en-US","value":"no such"}}}"#;
    let verbose = r#"{"error":{"code":"Gone","message":{"lang":"en-US","value":"no such"}}}"#;
    let plain = r#"{"error":{"code":"Gone","message":"no such"}}"#;
    let xml = r#"<?xml version="1.0"?><m:error xmlns:m="urn:m"><m:code>Gone</m:code><m:message xml:lang="en-US">no such</m:message></m:error>"#;
    for body in [light, verbose, plain, xml] {
        let answer = Answer::new(404, body).header("x-ms-request-id", "r-1");
        let error = error_of(answer).await;
        assert!(error.is_not_found());
        assert!(error.to_string().ends_with("the service answered 404: Gone: no such"), "{error}");
        let ErrorKind::Service { request_id, .. } = &error.kind else {
            panic!("{error:?}");
        };
        assert_eq!(request_id.as_deref(), Some("r-1"));
    }
}

#[tokio::test]
async fn of_other_bodies_the_start_is_kept() {
    let error = error_of(Answer::new(400, format!("<html>{}", "x".repeat(5000)))).await;
    assert!(error.to_string().contains("answered 400: <html>xxx"), "{error}");
    assert!(error.to_string().len() < 400);
    let error = error_of(Answer::new(409, "")).await;
    assert!(error.is_conflict());
    assert!(error.to_string().ends_with("answered 409"), "{error}");
}

#[tokio::test]
async fn answers_that_are_not_of_the_model_are_errors() {
    for body in ["", "[]", "{", r#"{"Id":5}"#, r#"{"Size":"many"}"#] {
        let error = error_of(Answer::light(200, body)).await;
        assert!(matches!(error.kind, ErrorKind::Payload { .. }), "{body}: {error}");
    }
    let fake = Fake::start([Answer::light(200, r#"{"value":{}}"#)]).await;
    assert!(fake.products().list().await.is_err());
    let fake = Fake::start([Answer::new(200, "many")]).await;
    assert!(fake.products().count().await.is_err());
}

#[tokio::test]
async fn a_page_that_wants_a_sign_in_is_no_success() {
    let page = || Answer::new(200, "<html>Sign in</html>").header("content-type", "text/html");
    let fake = Fake::start([page(), page()]).await;
    let product = fake.products().by_key("1");
    for error in [
        product.delete().await.unwrap_err(),
        product.update().set(Product::NAME, "a").await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("(200: <html>Sign in"), "{error}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let builder =
        odata_client::Service::builder("https://h/api?sig=s3cret").header("x-key", "s3cret");
    assert!(!format!("{builder:?}").contains("s3cret"));
    assert!(!format!("{:?}", builder.build().unwrap()).contains("s3cret"));
}
