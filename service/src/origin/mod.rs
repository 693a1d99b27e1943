//! The streaming endpoint: manifests and fragments, cut from the MP4 files of an asset when they
//! are asked for. Nothing is packaged ahead and nothing is kept but sample indexes.

mod download;
mod filters;
mod load;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::LocatorType;
use bytes::Bytes;
use edm::DateTime;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use moka::future::Cache;
use packager::{Error as PackagerError, Format, Fragment, Presentation, Request, UrlError};

use crate::app::App;
use crate::blob::ReadRange;
use crate::error::ApiError;
use crate::keys::FileReader;
use crate::sets;

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

/// What a request of the streaming endpoint fails with: the codes that its documentation lists.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
struct OriginError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl OriginError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "MPE_RESOURCE_NOT_FOUND", message)
    }

    fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a stream could not be served");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "MPE_STORAGE_ERROR", "The asset could not be read.")
    }
}

impl From<ApiError> for OriginError {
    fn from(error: ApiError) -> Self {
        Self::internal(error)
    }
}

impl From<PackagerError> for OriginError {
    fn from(error: PackagerError) -> Self {
        let (status, code) = match error {
            PackagerError::NoSuchTrack { .. } | PackagerError::NoSuchQuality { .. } => {
                (StatusCode::NOT_FOUND, "MPE_EGRESS_TRACK_NOT_FOUND")
            }
            PackagerError::NoSuchTime { .. } => {
                (StatusCode::NOT_FOUND, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND")
            }
            PackagerError::NothingLeft { left: "fragment" } => {
                (StatusCode::NOT_FOUND, "MPE_EGRESS_TIMESTAMP_NOT_FOUND")
            }
            PackagerError::NothingLeft { .. } => {
                (StatusCode::NOT_FOUND, "MPE_EGRESS_TRACK_NOT_FOUND")
            }
            PackagerError::NoInitSegment => (StatusCode::BAD_REQUEST, "MPE_BAD_URL_SYNTAX"),
            PackagerError::MissingFile { .. } => {
                (StatusCode::NOT_FOUND, "MPE_STORAGE_RESOURCE_NOT_FOUND")
            }
            _ => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "MPE_FORMAT_NOT_SUPPORTED"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<UrlError> for OriginError {
    fn from(error: UrlError) -> Self {
        let status = match error {
            UrlError::UnsupportedFormat { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        };
        let code = match error {
            UrlError::UnsupportedFormat { .. } => "MPE_OUTPUT_FORMAT_NOT_SUPPORTED",
            _ => "MPE_BAD_URL_SYNTAX",
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for OriginError {
    fn into_response(self) -> Response {
        (self.status, format!("{self}\n")).into_response()
    }
}

/// The GUID of a locator and the path below it, if a path has that form.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let (guid, rest) = path.trim_start_matches('/').split_once('/')?;
    (guid.len() == 36 && uuid::Uuid::try_parse(guid).is_ok()).then_some((guid, rest))
}

/// Answers a request below a locator.
pub(crate) async fn handle(app: &App, request: HttpRequest) -> Response {
    let (head, _) = request.into_parts();
    let mut response = match head.method {
        Method::GET | Method::HEAD => {
            match Box::pin(answer(app, head.uri.path(), &head.headers)).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            }
        }
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

async fn answer(app: &App, path: &str, headers: &HeaderMap) -> Result<Response, OriginError> {
    let (guid, rest) =
        split(path).ok_or_else(|| OriginError::not_found("There is no such path."))?;
    let asset = asset(app, guid).await?;
    let request = match Request::parse(rest) {
        Ok(request) => request,
        Err(UrlError::NotStreaming) => return download::file(app, &asset, rest, headers).await,
        Err(error) => return Err(error.into()),
    };
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

/// The id of the asset that an open locator leads to, while the endpoint is running.
async fn asset(app: &App, guid: &str) -> Result<String, OriginError> {
    if !sets::is_running(app).await? {
        return Err(OriginError::not_found("The streaming endpoint is stopped."));
    }
    let id = format!("nb:lid:UUID:{}", guid.to_ascii_lowercase());
    let found = app.store.get(sets::set("Locators")?, &id).await.map_err(ApiError::from)?;
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
