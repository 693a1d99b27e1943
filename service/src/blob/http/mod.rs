//! The Azure Storage REST API for block blobs under SAS URLs.
//!
//! Source: Microsoft, "Blob service REST API". Operations that need the
//! account key, and blob types other than block blobs, are refused.

mod auth;
mod cors;
mod error;
mod headers;
mod list;
mod operation;
mod read;
mod write;
mod xml;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, header};
use futures_util::StreamExt as _;
use uuid::Uuid;

use super::query::Query;
use super::sas::SasAuthority;
use super::store::BlobStore;
use error::ApiError;
pub(crate) use headers::{http_date, parse_http_date};
use operation::{Operation, Target};

/// An answer to a client.
type Reply = Response<Body>;

/// Longest unread body that is read to its end before an error is sent.
const DRAIN_BYTES: usize = 64 << 20;

/// Longest time spent on that.
const DRAIN_TIME: Duration = Duration::from_secs(15);

/// What the blob endpoint needs to answer requests. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct BlobService {
    store: BlobStore,
    sas: Arc<SasAuthority>,
    base_url: Arc<str>,
}

impl BlobService {
    /// Serves `store` to holders of tokens that `sas` signed. Clients reach
    /// the endpoint at `base_url`, which may have a path.
    pub(crate) fn new(store: BlobStore, sas: SasAuthority, base_url: &str) -> Self {
        Self { store, sas: Arc::new(sas), base_url: base_url.trim_end_matches('/').into() }
    }

    /// The URL of a container, without a slash at its end.
    pub(crate) fn container_url(&self, container: &str) -> String {
        format!("{}/{container}", self.base_url)
    }
}

/// The endpoint. Below its mount point all paths are `/{container}` and
/// `/{container}/{blob}`; blob names may have slashes.
pub(crate) fn router(service: BlobService) -> Router {
    Router::new().fallback(handle).with_state(service)
}

async fn handle(State(service): State<BlobService>, request: Request) -> Reply {
    let request_id = Uuid::new_v4();
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let mut reply = match Box::pin(answer(&service, &head, &mut body)).await {
        Ok(reply) => reply,
        Err(error) => {
            error.log(&head, request_id);
            drain(&head, body).await;
            error.into_reply(&head.method, request_id)
        }
    };
    cors::add_headers(&head, &mut reply);
    headers::add_common(&head, request_id, &mut reply);
    reply
}

async fn answer(
    service: &BlobService,
    head: &Parts,
    body: &mut BodyDataStream,
) -> Result<Reply, ApiError> {
    if head.method == Method::OPTIONS {
        return cors::preflight(head);
    }
    let target = Target::parse(head.uri.path())?;
    let query = Query::parse(head.uri.query().unwrap_or_default())?;
    let grant = auth::authorize(service, &target.container, &query).await?;
    let operation = Operation::parse(head, &target, &query)?;
    if !grant.permissions.contains(operation.permission()) {
        return Err(ApiError::permission_mismatch());
    }
    let call = Call {
        store: &service.store,
        head,
        query: &query,
        container: &target.container,
        blob: &target.blob,
    };
    match operation {
        Operation::PutBlob => write::put_blob(&call, body).await,
        Operation::PutBlock => write::put_block(&call, body).await,
        Operation::PutBlockList => write::put_block_list(&call, body).await,
        Operation::SetProperties => write::set_properties(&call).await,
        Operation::SetMetadata => write::set_metadata(&call).await,
        Operation::DeleteBlob => write::delete_blob(&call).await,
        Operation::GetBlob => read::get_blob(&call, grant.overrides).await,
        Operation::GetProperties => read::get_properties(&call, grant.overrides).await,
        Operation::GetBlockList => read::get_block_list(&call).await,
        Operation::GetContainer => read::get_container(&call).await,
        Operation::ListBlobs => list::list_blobs(&call, &service.base_url).await,
    }
}

/// One authorized request.
struct Call<'a> {
    store: &'a BlobStore,
    head: &'a Parts,
    query: &'a Query,
    container: &'a str,
    /// Empty for operations on the container.
    blob: &'a str,
}

/// Reads what is left of a refused body, within limits. Most clients only look
/// at the reply after they sent everything, and see a broken connection
/// instead of the error when the server hangs up before.
async fn drain(head: &Parts, mut body: BodyDataStream) {
    if head.headers.contains_key(header::EXPECT) {
        // This client waits for our verdict before it sends the body.
        return;
    }
    let read_rest = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(chunk)) = body.next().await {
            match left.checked_sub(chunk.len()) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Out of time or not, the error is sent next.
    let _ = tokio::time::timeout(DRAIN_TIME, read_rest).await;
}

/// A header value made of text this program wrote itself.
fn ascii(value: impl AsRef<str>) -> HeaderValue {
    HeaderValue::from_str(value.as_ref()).unwrap_or(HeaderValue::from_static(""))
}
