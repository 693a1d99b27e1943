//! The blob endpoint as clients see it, driven in process.

#![allow(clippy::unwrap_used)]

mod access;
mod attachments;
mod blobs;
mod blocks;
pub(super) mod distant;
mod far;
mod files;
mod listing;
mod reads;
mod recovery;
mod streams;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::model::{Permissions, Policy};
use super::objects::{Durability, Objects};
use super::sas::{SasAuthority, SasKey};
use super::sqlite::SqliteBlobIndex;
use super::store::{BlobStore, ReadRange, StoreLimits};
use super::{BlobError, BlobInfo, BlobService, router};

const CONTAINER: &str = "asset-f438649c-1aa6-4a3b-8b5c-0a1b2c3d4e5f";
const POLICY: &str = "af57bdd8-6751-4e84-b403-f3c140444b54";

/// A store in a temporary folder, with one container and an endpoint.
struct Bench {
    folder: TempDir,
    store: BlobStore,
    router: Router,
    /// Query of a SAS that allows everything.
    sas: String,
}

/// A reply, read to its end.
#[derive(Debug)]
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Bench {
    async fn new() -> Self {
        Self::with_limits(StoreLimits::default()).await
    }

    async fn with_limits(limits: StoreLimits) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("objects")).unwrap();
        let store = open_store(folder.path(), limits).await;
        store.create_container(CONTAINER).await.unwrap();
        let bench = Self::around(folder, store);
        bench.set_policy("rwdl").await;
        bench
    }

    fn around(folder: TempDir, store: BlobStore) -> Self {
        let service = BlobService::new(store.clone(), authority(), "http://127.0.0.1/blob/");
        Self { folder, store, router: router(service), sas: sas(-300, 3600) }
    }

    /// What a restart of the process leaves: the folder, opened anew.
    async fn reopened(self) -> Self {
        let store = open_store(self.folder.path(), StoreLimits::default()).await;
        Self::around(self.folder, store)
    }

    async fn set_policy(&self, letters: &str) {
        let policy =
            Policy { start: None, expiry: None, permissions: Permissions::from_letters(letters) };
        self.store.set_policy(CONTAINER, POLICY, &policy).await.unwrap();
    }

    /// Sends a request to a blob of the container, with the SAS appended.
    async fn send(
        &self,
        method: Method,
        blob: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Got {
        let uri = format!("/{CONTAINER}/{blob}?{query}&{}", self.sas);
        self.request(method, &uri, headers, body).await
    }

    async fn request(
        &self,
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Got {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let reply = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = reply.into_parts();
        Got {
            status: head.status,
            headers: head.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }

    async fn put(&self, blob: &str, bytes: &[u8]) -> Got {
        let length = bytes.len().to_string();
        let headers = [("x-ms-blob-type", "BlockBlob"), ("content-length", &length)];
        self.send(Method::PUT, blob, "", &headers, bytes.to_vec()).await
    }

    async fn put_block(&self, blob: &str, id: &str, bytes: &[u8]) -> Got {
        let length = bytes.len().to_string();
        let query = format!("comp=block&blockid={id}");
        let headers = [("content-length", length.as_str())];
        self.send(Method::PUT, blob, &query, &headers, bytes.to_vec()).await
    }

    /// Commits `Latest` blocks.
    async fn commit(&self, blob: &str, ids: &[&str]) -> Got {
        let entries: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
        let list = format!("<BlockList>{entries}</BlockList>");
        self.send(Method::PUT, blob, "comp=blocklist", &[], list).await
    }

    async fn get(&self, blob: &str) -> Got {
        self.send(Method::GET, blob, "", &[], Body::empty()).await
    }

    async fn head(&self, blob: &str) -> Got {
        self.send(Method::HEAD, blob, "", &[], Body::empty()).await
    }

    /// All files of the object store, half-written ones included.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect_files(&self.folder.path().join("objects"), &mut files);
        files
    }

    /// Waits until the object store has `count` files.
    async fn wait_for_files(&self, count: usize) {
        for _ in 0..500 {
            if self.files().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{count} files expected, there are {:?}", self.files());
    }
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{} {}", self.header("x-ms-error-code"), self.text());
        self
    }

    /// Checks the status, the error code and the error document.
    #[track_caller]
    fn expect_error(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.header("x-ms-error-code")), (status, code));
        let start =
            format!(r#"<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>"#);
        assert!(self.text().starts_with(&start), "{}", self.text());
    }
}

/// Copies a blob to a local file.
async fn save(bench: &Bench, name: &str, path: &Path) -> Result<BlobInfo, BlobError> {
    bench.store.read(CONTAINER, name, ReadRange::All).await?.save(path).await
}

async fn open_store(folder: &Path, limits: StoreLimits) -> BlobStore {
    let root = folder.join("objects");
    let objects = Objects::local(&root, Durability::ProcessCrash, 256).unwrap();
    BlobStore::new(open_index(folder).await, objects, limits)
}

async fn open_index(folder: &Path) -> Arc<SqliteBlobIndex> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("index.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    Arc::new(SqliteBlobIndex::open(pool).await.unwrap())
}

fn authority() -> SasAuthority {
    SasAuthority::new("acct", SasKey::new([7; 32]))
}

/// Query of a SAS for the container; times in seconds from now.
fn sas(start: i64, expiry: i64) -> String {
    let at = |seconds| Timestamp::now() + SignedDuration::from_secs(seconds);
    authority().sign(CONTAINER, POLICY, Some(at(start)), at(expiry))
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_files(&path, files);
        } else {
            files.push(path);
        }
    }
}
