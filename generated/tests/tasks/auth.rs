use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use azure_media::auth::{AadTokens, AcsTokens};
use futures_util::future::join_all;
use odata_client::{AccessToken, Error, TokenSource};
use url::form_urlencoded;

/// Answers of a token endpoint, and the forms that were posted to it.
#[derive(Default)]
struct Endpoint {
    answers: Vec<(u16, &'static str)>,
    forms: Vec<BTreeMap<String, String>>,
}

async fn endpoint(answers: &[(u16, &'static str)]) -> (String, Arc<Mutex<Endpoint>>) {
    let state = Endpoint { answers: answers.to_vec(), forms: Vec::new() };
    let state = Arc::new(Mutex::new(state));
    let router = axum::Router::new().fallback(post).with_state(Arc::clone(&state));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/tenant/oauth2/token", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, state)
}

async fn post(
    State(state): State<Arc<Mutex<Endpoint>>>,
    body: String,
) -> (axum::http::StatusCode, &'static str) {
    let mut state = state.lock().unwrap();
    state.forms.push(form_urlencoded::parse(body.as_bytes()).into_owned().collect());
    let (status, answer) =
        if state.answers.len() > 1 { state.answers.remove(0) } else { state.answers[0] };
    (axum::http::StatusCode::from_u16(status).unwrap(), answer)
}

async fn token(source: &impl TokenSource) -> Result<AccessToken, Error> {
    source.token().await
}

const TOKEN: &str = r#"{"token_type":"Bearer","expires_in":"3599","access_token":"a&b=c%3d"}"#;

#[tokio::test]
async fn azure_ad_is_asked_once_for_its_resource() {
    let (url, state) = endpoint(&[(200, TOKEN)]).await;
    let tokens = AadTokens::new(&url, "id", "s3cret &+").unwrap();
    let all = join_all((0..100).map(|_| token(&tokens))).await;
    assert!(all.iter().all(|token| token.as_ref().unwrap().secret() == "a&b=c%3d"));
    let life = all[0].as_ref().unwrap().expires().unwrap().elapsed().unwrap_err().duration();
    assert!((3500..3600).contains(&life.as_secs()), "{life:?}");
    let state = state.lock().unwrap();
    let [form] = state.forms.as_slice() else {
        panic!("{} requests", state.forms.len());
    };
    let expected = [
        ("client_id", "id"),
        ("client_secret", "s3cret &+"),
        ("grant_type", "client_credentials"),
        ("resource", "https://rest.media.azure.net"),
    ];
    assert!(form.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(expected), "{form:?}");
}

#[tokio::test]
async fn acs_is_asked_for_its_scope_and_again_after_a_refusal() {
    let (url, state) = endpoint(&[
        (200, r#"{"access_token":"1","expires_in":21600}"#),
        (200, r#"{"access_token":"2"}"#),
    ])
    .await;
    let tokens = AcsTokens::new(&url, "account", "key").unwrap();
    let first = token(&tokens).await.unwrap();
    assert_eq!((first.secret(), token(&tokens).await.unwrap().secret()), ("1", "1"));
    tokens.refused(&first).await;
    assert_eq!(token(&tokens).await.unwrap().secret(), "2");
    let state = state.lock().unwrap();
    assert_eq!(state.forms.len(), 2);
    assert_eq!(state.forms[0]["scope"], "urn:WindowsAzureMediaServices");
    assert!(!state.forms[0].contains_key("resource"));
}

#[tokio::test]
async fn a_refusal_is_told_without_the_secret() {
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid."}"#;
    let (url, state) = endpoint(&[(401, refusal)]).await;
    let tokens = AadTokens::new(&url, "id", "s3cret").unwrap();
    let error = token(&tokens).await.unwrap_err();
    let expected = "no access token: the token endpoint answered 401: invalid_client: \
                    AADSTS7000215: Invalid.";
    assert_eq!(error.to_string(), expected);
    let shown = format!("{error:?} {tokens:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert_eq!(state.lock().unwrap().forms.len(), 1, "a refusal is not tried again");
}

#[tokio::test]
async fn an_outage_is_tried_again_and_nonsense_is_not() {
    let (url, state) = endpoint(&[(503, ""), (500, "x"), (200, TOKEN)]).await;
    token(&AadTokens::new(&url, "id", "s").unwrap()).await.unwrap();
    assert_eq!(state.lock().unwrap().forms.len(), 3);
    let (url, state) = endpoint(&[(200, "<html>")]).await;
    let error = token(&AadTokens::new(&url, "id", "s").unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("without a token"), "{error}");
    assert_eq!(state.lock().unwrap().forms.len(), 1);
    assert!(AadTokens::new("token", "id", "s").is_err());
}
