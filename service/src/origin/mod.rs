//! The streaming endpoint: manifests and fragments, cut from the MP4 files of an asset when they
//! are asked for. Nothing is packaged ahead, and nothing is kept but what was asked for lately.

mod answer;
mod code;
mod content;
mod counts;
mod described;
mod download;
mod encrypted;
mod endpoint;
mod enveloped;
mod error;
mod files;
mod filters;
mod fragment;
mod load;
mod locator;
mod memory;
mod policy;
mod protection;
mod reply;
mod site;
mod subtitles;
mod tag;
mod thumbnails;
mod transport;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request as HttpRequest;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use moka::future::Cache;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::blob::ReadGuard;
use crate::keys::AssetFile;
use crate::listen::Connection;
use crate::route;
use crate::send::FileQueue;
use answer::Ready;
use counts::{Counts, Lookups, Subject};
use endpoint::{Endpoint, Endpoints};
use error::{Code, OriginError};
use files::FileKey;
use load::{Loaded, PresentationKey};
use locator::Locator;
use memory::{Memory, Reading};
use policy::Delivery;
use thumbnails::Shelf;

/// Answers that are kept ready, in bytes.
const ANSWERS: u64 = 32 << 20;
/// Presentations in memory, in bytes: room for a thousand hours with a ladder each.
const PRESENTATIONS: u64 = 64 << 20;
/// What is known of files, in bytes.
const FILES: u64 = 16 << 20;
/// Locators, and assets whose delivery policies are remembered.
const ENTITIES: u64 = 10_000;

/// What the streaming endpoint remembers. Clones share it.
#[derive(Clone)]
pub(crate) struct Origin {
    /// By host and path.
    answers: Cache<String, Ready>,
    answer_lookups: Lookups,
    endpoints: Memory<(), Endpoints>,
    /// By GUID.
    locators: Memory<String, Option<Arc<Locator>>>,
    /// By the id of the asset.
    deliveries: Memory<String, Arc<Delivery>>,
    files: Memory<FileKey, Arc<AssetFile>>,
    presentations: Memory<PresentationKey, Arc<Loaded>>,
    subtitles: subtitles::Contents,
    thumbnails: Shelf,
    /// Bounds what is in memory to be described, in KiB.
    describing: Arc<Semaphore>,
    counts: Counts,
}

impl Origin {
    /// Opens what is kept of streams in a data directory.
    pub(crate) async fn open(data: &Path) -> io::Result<Self> {
        let counts = Counts::default();
        Ok(Self {
            answers: Cache::builder()
                .max_capacity(ANSWERS)
                .weigher(|key: &String, ready| answer::weight(key, ready))
                .build(),
            answer_lookups: counts.lookups("answers"),
            endpoints: Memory::new(1, |(), _| 1, counts.lookups("endpoints")),
            locators: Memory::new(ENTITIES, |_, _| 1, counts.lookups("locators")),
            deliveries: Memory::new(ENTITIES, |_, _| 1, counts.lookups("policies")),
            files: Memory::new(FILES, files::weight, counts.lookups("files")),
            presentations: Memory::new(
                PRESENTATIONS,
                load::weight,
                counts.lookups("presentations"),
            ),
            subtitles: subtitles::contents(),
            thumbnails: Shelf::open(&data.join("thumbnails")).await?,
            describing: Arc::new(Semaphore::new(encrypted::DESCRIBED_AT_ONCE)),
            counts,
        })
    }

    /// Names what is counted to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.counts.register(registry);
    }

    /// Removes what is kept on disk of the asset that had this container.
    pub(crate) async fn forget(&self, container: &str) {
        self.thumbnails.forget(container).await;
    }

    /// Looks how much is kept in memory.
    pub(crate) async fn measure(&self) {
        self.answers.run_pending_tasks().await;
        let answers = (self.answers.entry_count(), self.answers.weighted_size());
        self.counts.kept("answers", answers);
        self.counts.kept("files", self.files.size().await);
        self.counts.kept("presentations", self.presentations.size().await);
    }
}

/// Whether a path is one of a streaming endpoint, on a host that it shares.
pub(crate) fn is_for(path: &str) -> bool {
    split(path).is_some() || site::Policy::of(path).is_some()
}

/// The GUID of a locator and the path below it, if a path has that form.
fn split(path: &str) -> Option<(&str, &str)> {
    let (guid, rest) = path.trim_start_matches('/').split_once('/')?;
    (guid.len() == 36 && uuid::Uuid::try_parse(guid).is_ok()).then_some((guid, rest))
}

/// What streams can be asked with.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Players are on other sites: they may read everything. The wildcard does not stand for
/// `Authorization` (Fetch standard, "CORS-preflight fetch"), which players that are told to add it
/// for the key add to all requests.
const CROSS_ORIGIN: [(HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "*"),
];

/// Answers a request below a locator.
pub(crate) async fn handle(app: &App, request: HttpRequest) -> Response {
    let start = Instant::now();
    let (head, _) = request.into_parts();
    let mut subject = Subject::Other;
    let mut response = match head.method {
        Method::GET | Method::HEAD => match answer(app, &head, &mut subject).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        },
        Method::OPTIONS => {
            ([(header::ACCESS_CONTROL_MAX_AGE, "86400")], StatusCode::NO_CONTENT).into_response()
        }
        _ => ([(header::ALLOW, METHODS)], StatusCode::METHOD_NOT_ALLOWED).into_response(),
    };
    let status = response.status();
    let headers = response.headers_mut();
    for (name, value) in CROSS_ORIGIN {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status.is_client_error() || status.is_server_error() {
        // What is not there now may be in a moment.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    app.origin.counts.add(subject, &head.method, &response, start.elapsed());
    tracing::debug!(method = %head.method, path = head.uri.path(), status = status.as_u16(), "origin");
    response
}

/// Answers from what is kept ready, or makes the answer and keeps it; and tells what it is about.
async fn answer(app: &App, head: &Parts, subject: &mut Subject) -> Result<Response, OriginError> {
    // Before anything is looked at: what is found to be so from now on can be read.
    let guard = Arc::new(app.blob_store.hold());
    // With a separator that neither has: a host that a client makes up could end like a path.
    let key = [route::authority(&head.headers, &head.uri), "\n", head.uri.path()].concat();
    let ready = app.origin.answers.get(&key).await.filter(|ready| ready.0.holds());
    app.origin.answer_lookups.count(ready.is_some());
    if let Some(ready) = ready {
        *subject = ready.0.subject;
        ready.0.endpoint.admit(app, head)?;
        return reply::reply(app, &ready, guard, head).await;
    }
    *subject = Subject::of(head.uri.path());
    Box::pin(make(app, head, guard, key, *subject)).await
}

/// Makes the answer for the endpoint that the host stands for.
async fn make(
    app: &App,
    head: &Parts,
    guard: Arc<ReadGuard>,
    key: String,
    subject: Subject,
) -> Result<Response, OriginError> {
    let mut reading = Reading::new(app, Arc::clone(&guard));
    let endpoint = endpoint::of(&mut reading, head).await?;
    endpoint.admit(app, head)?;
    let path = head.uri.path();
    if let Some(policy) = site::Policy::of(path) {
        return policy.answer(&endpoint);
    }
    let ready = Arc::new(answer::make(&mut reading, endpoint, path, subject).await?);
    app.origin.answers.insert(key, Arc::clone(&ready)).await;
    reply::reply(app, &ready, guard, head).await
}

/// Where the connection of a request takes files to send, if it does.
fn files_of(head: &Parts) -> Option<FileQueue> {
    head.extensions.get::<Connection>()?.files.clone()
}
