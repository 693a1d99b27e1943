//! A small media service in memory: entity sets and block blobs, which fails where a test wants.

mod api;
mod blob;
mod protection;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use azure_media::MediaServices;
use bytes::Bytes;
use odata_client::{RetryPolicy, StaticToken};
use serde_json::Value as Json;

/// One blob.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blob {
    pub(crate) content: Bytes,
    pub(crate) content_type: String,
    /// As the client stated it, in base64.
    pub(crate) md5: String,
}

/// What the service holds.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) base: String,
    /// Method and target of every request.
    pub(crate) lines: Vec<String>,
    pub(crate) sets: BTreeMap<String, BTreeMap<String, Json>>,
    pub(crate) blobs: BTreeMap<String, Blob>,
    blocks: BTreeMap<String, Bytes>,
    protection: protection::Protection,
    /// Entity, navigation property and URL of every link.
    links: Vec<(String, String, String)>,
    /// States and progress that jobs go through, one at each look.
    pub(crate) job_states: Vec<(i32, f64)>,
    /// Requests whose line holds a text fail so often with a status.
    failures: Vec<(String, u16, usize)>,
    /// How long the storage takes for a block.
    pub(crate) block_time: Duration,
    running_blocks: usize,
    pub(crate) most_running_blocks: usize,
    ids: usize,
}

/// The service, on a loopback port.
#[derive(Clone)]
pub(crate) struct Fake {
    contents: Arc<Mutex<Contents>>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let contents = Arc::new(Mutex::new(Contents { base, ..Contents::default() }));
        let router = axum::Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&contents));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { contents }
    }

    /// What it holds now.
    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap()
    }

    /// A client of it, which waits little between tries.
    pub(crate) fn media(&self) -> MediaServices {
        let root = format!("{}/api/", self.contents().base);
        let retry = RetryPolicy { first_delay: Duration::from_millis(1), ..RetryPolicy::default() };
        let builder = MediaServices::service_builder(&root, StaticToken::new("t")).retry(retry);
        MediaServices::new(builder.build().unwrap())
    }

    /// Lets requests whose line holds a text fail so often.
    pub(crate) fn fail(&self, line: &str, status: u16, times: usize) {
        self.contents().failures.push((line.to_owned(), status, times));
    }

    /// Adds an entity.
    pub(crate) fn put(&self, set: &str, id: &str, mut entity: Json) {
        entity["Id"] = id.into();
        self.contents().sets.entry(set.to_owned()).or_default().insert(id.to_owned(), entity);
    }

    /// How many entities a set holds.
    pub(crate) fn count(&self, set: &str) -> usize {
        self.contents().sets.get(set).map_or(0, BTreeMap::len)
    }

    /// How many requests had a line with this text.
    pub(crate) fn requests(&self, line: &str) -> usize {
        self.contents().lines.iter().filter(|seen| seen.contains(line)).count()
    }
}

impl Contents {
    fn new_id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("nb:{prefix}:UUID:{}", self.ids)
    }

    fn planned_failure(&mut self, line: &str) -> Option<u16> {
        let planned = |(text, _, times): &&mut (String, u16, usize)| {
            line.contains(text.as_str()) && *times > 0
        };
        let (_, status, times) = self.failures.iter_mut().find(planned)?;
        *times -= 1;
        Some(*status)
    }
}

/// The text that is an argument of a service operation.
fn argument(target: &str, name: &str) -> String {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let value = pairs.find(|(found, _)| found == name).unwrap().1;
    value.trim_matches('\'').to_owned()
}

async fn answer(State(contents): State<Arc<Mutex<Contents>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.to_string();
    let line = format!("{} {target}", parts.method);
    let failure = {
        let mut contents = contents.lock().unwrap();
        contents.lines.push(line.clone());
        contents.planned_failure(&line)
    };
    if let Some(status) = failure {
        return respond(status, &[], "<Error><Code>Planned</Code><Message>m</Message></Error>");
    }
    match target.strip_prefix("/api/") {
        Some(target) => {
            let mut contents = contents.lock().unwrap();
            api::answer(&mut contents, parts.method.as_str(), target, &body)
        }
        None => blob::answer(&contents, &parts, body).await,
    }
}

fn respond(status: u16, headers: &[(&str, &str)], body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}
