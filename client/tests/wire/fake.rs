//! A service that answers from a script and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use odata_client::{Collection, RetryPolicy, Service, ServiceBuilder, StaticToken, Version};

use crate::model::Product;

/// One answer. `{root}` in it stands for the root of the service that gives it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Light JSON, declared so.
    pub(crate) fn light(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, body).header("content-type", "application/json;odata=minimalmetadata")
    }

    /// Verbose JSON, declared so.
    pub(crate) fn verbose(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, body).header("content-type", "application/json;odata=verbose")
    }

    /// JSON of V4, declared so.
    pub(crate) fn v4(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, body)
            .header("content-type", "application/json;odata.metadata=minimal")
            .header("odata-version", "4.0")
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// One request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query, undecoded.
    pub(crate) target: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[derive(Default)]
struct Script {
    root: String,
    answers: VecDeque<Answer>,
    seen: Vec<Seen>,
}

/// A service on a loopback port.
pub(crate) struct Fake {
    /// The root, with a slash at the end.
    pub(crate) root: String,
    script: Arc<Mutex<Script>>,
}

impl Fake {
    /// Starts a service that gives these answers in their order, and 599 afterwards.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}/api/", listener.local_addr().unwrap());
        let script =
            Script { root: root.clone(), answers: answers.into_iter().collect(), seen: vec![] };
        let script = Arc::new(Mutex::new(script));
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { root, script }
    }

    /// What it was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// Method and target of what it was asked so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    /// A builder of a client of it, which holds a token and waits little between tries.
    pub(crate) fn builder(&self) -> ServiceBuilder {
        Service::builder(&self.root).token(StaticToken::new("s3cret-token")).retry(quick())
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Service {
        self.builder().build().unwrap()
    }

    /// A client of it that speaks a version.
    pub(crate) fn speaking(&self, version: Version) -> Service {
        self.builder().version(version).build().unwrap()
    }

    /// The products of it, in a version.
    pub(crate) fn products_in(&self, version: Version) -> Collection<Product> {
        self.speaking(version).set("Products")
    }

    /// The products of it.
    pub(crate) fn products(&self) -> Collection<Product> {
        self.client().set("Products")
    }
}

/// Three tries, almost without a pause.
pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy {
        attempts: 3,
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_secs(5),
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut script = script.lock().unwrap();
    script.seen.push(Seen {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let answer = script.answers.pop_front().unwrap_or_else(|| Answer::new(599, "script is over"));
    let fill = |text: &str| text.replace("{root}", &script.root);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, fill(value));
    }
    response.body(fill(&answer.body).into()).unwrap()
}
