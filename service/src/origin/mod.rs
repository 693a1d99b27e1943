//! The streaming endpoint: manifests and fragments, cut from the MP4 files of an asset when they
//! are asked for. Nothing is packaged ahead, and nothing is kept but what is known of samples.

mod code;
mod content;
mod described;
mod download;
mod endpoint;
mod error;
mod filters;
mod fragment;
mod load;
mod policy;
mod protection;
mod site;
mod subtitles;
mod thumbnails;
mod transport;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request as HttpRequest;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::LocatorType;
use bytes::Bytes;
use edm::DateTime;
use moka::future::Cache;
use packager::{Format, Request, ThumbnailRequest, UrlError};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::error::ApiError;
use crate::listen::Connection;
use crate::send::FileQueue;
use crate::sets;
use content::Content;
use endpoint::Endpoint;
use error::{Code, OriginError};
use policy::Delivery;
use thumbnails::Shelf;

/// Presentations in memory, in bytes: room for a thousand hours with a ladder each.
const CACHE_SIZE: u64 = 64 << 20;
/// How long an asset that nobody watches stays in memory.
const CACHE_IDLE: Duration = Duration::from_secs(600);

/// How long a change of delivery policies, content keys or authorization options may go unseen.
const STALE: Duration = Duration::from_secs(2);
/// Assets whose delivery policies are remembered.
const DELIVERIES: u64 = 10_000;

/// What streams can be asked with.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// What the streaming endpoint remembers. Clones share it.
#[derive(Clone)]
pub(crate) struct Origin {
    presentations: Cache<PresentationKey, Arc<load::Loaded>>,
    subtitles: subtitles::Contents,
    /// By the id of the asset.
    deliveries: Cache<String, Arc<Delivery>>,
    /// Bounds what is in memory to be encrypted, in KiB.
    encrypting: Arc<Semaphore>,
    thumbnails: Shelf,
}

/// A version of a server manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PresentationKey {
    asset: String,
    ism: String,
    etag: String,
}

impl Origin {
    /// Opens what is kept of streams in a data directory.
    pub(crate) async fn open(data: &Path) -> io::Result<Self> {
        let presentations = Cache::builder()
            .max_capacity(CACHE_SIZE)
            .weigher(|_, loaded: &Arc<load::Loaded>| loaded.weight())
            .time_to_idle(CACHE_IDLE)
            .build();
        let deliveries = Cache::builder().max_capacity(DELIVERIES).time_to_live(STALE).build();
        let encrypting = Arc::new(Semaphore::new(fragment::ENCRYPTED_AT_ONCE));
        let subtitles = subtitles::contents();
        let thumbnails = Shelf::open(&data.join("thumbnails")).await?;
        Ok(Self { presentations, subtitles, deliveries, encrypting, thumbnails })
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
        _ => {
            let headers = [(header::ALLOW, METHODS), (header::CACHE_CONTROL, "no-store")];
            (StatusCode::METHOD_NOT_ALLOWED, headers).into_response()
        }
    };
    // Players are on other sites: they may read everything.
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", METHODS),
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
        None => below_locator(app, &endpoint, head).await?,
    };
    endpoint.set_cache(&mut response);
    Ok(response)
}

async fn below_locator(
    app: &App,
    endpoint: &Endpoint,
    head: &Parts,
) -> Result<Response, OriginError> {
    let (guid, rest) =
        split(head.uri.path()).ok_or_else(|| OriginError::not_found("There is no such path."))?;
    let asset = asset(app, guid).await?;
    if let Some(request) = ThumbnailRequest::parse(rest)? {
        endpoint.check_packages()?;
        return thumbnails::answer(app, head, &asset, &request).await;
    }
    let mut request = match Request::parse(rest) {
        Ok(request) => request,
        Err(UrlError::NotStreaming) => {
            Delivery::of(app, &asset).await?.check_download()?;
            return download::file(app, &asset, rest, head).await;
        }
        Err(error) => return Err(error.into()),
    };
    endpoint.check_packages()?;
    if app.stream_options.segment_extensions {
        request.parameters_mut().extensions.get_or_insert(true);
    }
    let (format, parameters) = (request.format(), request.parameters());
    let protection = Delivery::of(app, &asset).await?.of_stream(format, parameters.encryption)?;
    let loaded = load::presentation(app, &asset, request.ism()).await?;
    let whole = Arc::clone(&loaded.presentation);
    let whole = Box::pin(subtitles::add(app, &asset, &request, whole)).await?;
    let presentation = filters::apply(app, &asset, parameters, whole).await?;
    let view = presentation.view(parameters, protection.as_deref());
    match &request {
        Request::Manifest { format, .. } => {
            let manifest = Content::Bytes(view.manifest(*format)?.into());
            Ok(reply(head, format.manifest_content_type(), manifest))
        }
        Request::Playlist { bitrate, track, format, .. } => {
            let plan = view.plan_playlist(track, *bitrate, *format)?;
            let make = |read: &[Bytes]| plan.write(read);
            let playlist =
                described::make(app, &asset, &loaded.versions, &plan.reads(), make).await?;
            let playlist = Content::Bytes(playlist.into());
            Ok(reply(head, Format::Hls(*format).manifest_content_type(), playlist))
        }
        Request::Init { bitrate, track, format, .. } => {
            let init = view.init(track, *bitrate, *format)?;
            Ok(reply(head, view.kind(track)?.content_type(), Content::Bytes(init)))
        }
        Request::Fragment { bitrate, track, start, noun, format, .. } => {
            if let Some(text) = view.text(track, *bitrate, *start, *format, *noun)? {
                return Ok(subtitles::respond(text));
            }
            let plan = view.plan(track, *bitrate, *start, *format, *noun)?;
            let make = |read: &[Bytes]| plan.package(read);
            let packaged =
                described::make(app, &asset, &loaded.versions, &plan.reads(), make).await?;
            let content_type = packaged.content_type();
            let content = fragment::content(app, &asset, packaged).await?;
            Ok(reply(head, content_type, content))
        }
    }
}

/// Where the connection of a request takes files to send, if it does.
fn files_of(head: &Parts) -> Option<FileQueue> {
    head.extensions.get::<Connection>()?.files.clone()
}

/// The id of the asset that an open locator leads to.
async fn asset(app: &App, guid: &str) -> Result<String, OriginError> {
    let mut found = locator(app, guid).await?;
    // An id that the client has chosen may be in capitals, and a URL of one that it has not.
    let lower = guid.to_ascii_lowercase();
    if found.is_none() && lower != guid {
        found = locator(app, &lower).await?;
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

async fn locator(app: &App, guid: &str) -> Result<Option<edm::Record>, ApiError> {
    Ok(app.store.get(sets::set("Locators")?, &format!("nb:lid:UUID:{guid}")).await?)
}

fn reply(head: &Parts, content_type: &'static str, content: Content) -> Response {
    let length = content.length();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    (headers, content.into_body(0..length, files_of(head))).into_response()
}
