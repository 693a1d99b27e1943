//! The streaming endpoint: manifests and fragments, cut from the MP4 files of an asset when they
//! are asked for. Nothing is packaged ahead and nothing is kept but sample indexes.

mod download;
mod endpoint;
mod error;
mod filters;
mod load;
mod site;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::LocatorType;
use bytes::Bytes;
use edm::DateTime;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use moka::future::Cache;
use packager::{Format, Fragment, Presentation, Request, UrlError};

use crate::app::App;
use crate::blob::ReadRange;
use crate::error::ApiError;
use crate::keys::FileReader;
use crate::sets;
use endpoint::Endpoint;
use error::OriginError;

/// Sample indexes in memory, in bytes.
const CACHE_SIZE: u64 = 256 << 20;
/// How long an asset that nobody watches stays in memory.
const CACHE_IDLE: Duration = Duration::from_secs(600);

/// What the streaming endpoint remembers. Clones share it.
#[derive(Clone)]
pub(crate) struct Origin {
    presentations: Cache<PresentationKey, Arc<Presentation>>,
}

/// A version of a server manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PresentationKey {
    asset: String,
    ism: String,
    etag: String,
}

impl Origin {
    pub(crate) fn new() -> Self {
        let presentations = Cache::builder()
            .max_capacity(CACHE_SIZE)
            .weigher(|_, presentation: &Arc<Presentation>| load::weight(presentation))
            .time_to_idle(CACHE_IDLE)
            .build();
        Self { presentations }
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

/// Answers a request below a locator.
pub(crate) async fn handle(app: &App, request: HttpRequest) -> Response {
    let (head, _) = request.into_parts();
    let mut response = match head.method {
        Method::GET | Method::HEAD => match Box::pin(answer(app, &head)).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        },
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    // Players are on other sites: they may read everything.
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, HEAD, OPTIONS"),
        ("access-control-allow-headers", "*"),
        ("access-control-expose-headers", "*"),
        ("x-content-type-options", "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    tracing::debug!(method = %head.method, path = head.uri.path(), status = response.status().as_u16(), "origin");
    response
}

/// Answers for the endpoint that the host stands for.
async fn answer(app: &App, head: &Parts) -> Result<Response, OriginError> {
    let endpoint = Endpoint::of(app, head).await?;
    endpoint.admit(app, head).await?;
    let path = head.uri.path();
    let mut response = match site::Policy::of(path) {
        Some(policy) => policy.answer(&endpoint)?,
        None => below_locator(app, &endpoint, path, &head.headers).await?,
    };
    endpoint.set_cache(&mut response);
    Ok(response)
}

async fn below_locator(
    app: &App,
    endpoint: &Endpoint,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, OriginError> {
    let (guid, rest) =
        split(path).ok_or_else(|| OriginError::not_found("There is no such path."))?;
    let asset = asset(app, guid).await?;
    let request = match Request::parse(rest) {
        Ok(request) => request,
        Err(UrlError::NotStreaming) => return download::file(app, &asset, rest, headers).await,
        Err(error) => return Err(error.into()),
    };
    endpoint.check_packages()?;
    if request.parameters().encryption.is_some() {
        return Err(OriginError::new(
            StatusCode::FORBIDDEN,
            "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY",
            "The asset has no delivery policy with this encryption.",
        ));
    }
    let presentation = async |ism| {
        let whole = load::presentation(app, &asset, ism).await?;
        filters::apply(app, &asset, request.parameters(), whole).await
    };
    match &request {
        Request::Manifest { ism, format, parameters } => {
            let presentation = presentation(ism).await?;
            let manifest = presentation.manifest(*format, parameters)?;
            Ok(text(format.manifest_content_type(), manifest))
        }
        Request::Playlist { ism, bitrate, track, format, .. } => {
            let presentation = presentation(ism).await?;
            let playlist = presentation.hls_media(track, *bitrate, *format)?;
            Ok(text(Format::Hls(*format).manifest_content_type(), playlist))
        }
        Request::Init { ism, bitrate, track, format, .. } => {
            let presentation = presentation(ism).await?;
            let kind = presentation.stream(track)?.kind();
            let init = presentation.init(track, *bitrate, *format)?;
            Ok(([(header::CONTENT_TYPE, kind.content_type())], init).into_response())
        }
        Request::Fragment { ism, bitrate, track, start, format, .. } => {
            let presentation = presentation(ism).await?;
            let fragment = presentation.fragment(track, *bitrate, *start, *format)?;
            let file = FileReader::open(app, &asset, &fragment.file).await?;
            Ok(fragment_response(file, fragment))
        }
    }
}

/// The id of the asset that an open locator leads to.
async fn asset(app: &App, guid: &str) -> Result<String, OriginError> {
    let locators = sets::set("Locators")?;
    // A client that has chosen the id may have written it in capitals.
    let mut found = None;
    for guid in [guid, &guid.to_ascii_lowercase()] {
        let id = format!("nb:lid:UUID:{guid}");
        found = found.or(app.store.get(locators, &id).await.map_err(ApiError::from)?);
    }
    let open = |locator: &edm::Record| {
        locator.value("Type").as_integer() == Some(LocatorType::OnDemandOrigin.value().into())
            && sets::is_open(locator, DateTime::now())
    };
    let locator = found.filter(open).ok_or_else(|| {
        OriginError::not_found("There is no such locator, or it has expired or not started.")
    })?;
    Ok(locator.text("AssetId").to_owned())
}

fn text(content_type: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A fragment: its head, then what it names of the file, read while it is sent.
fn fragment_response(file: FileReader, fragment: Fragment) -> Response {
    let length = fragment.content_length();
    let content_type = fragment.kind.content_type();
    let head = stream::once(std::future::ready(Ok::<Bytes, crate::blob::BlobError>(fragment.head)));
    let data = stream::iter(fragment.ranges).then(move |range| {
        let file = file.clone();
        async move {
            let range = ReadRange::From { first: range.start, last: Some(range.end - 1) };
            Ok::<_, crate::blob::BlobError>(file.read(range).await?.into_stream())
        }
    });
    let body = Body::from_stream(head.chain(data.try_flatten()));
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
    ];
    (headers, body).into_response()
}
