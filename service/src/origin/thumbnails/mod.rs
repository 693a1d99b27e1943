//! Thumbnails: pictures of a film every few seconds, on sheets, with an index in WebVTT that says
//! which part of which sheet is for which time (`#xywh=` of Media Fragments URI 1.0). Players show
//! them above the seek bar.
//!
//! They are made once for a version of the film, from the key frames of the smallest video, and
//! kept in a folder that is bounded in size, for as long as the asset is there.

mod layout;
mod make;
mod shelf;

use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use packager::ThumbnailRequest;
use tokio::time::timeout;

use super::answer::{Kind, Meta};
use super::content::Content;
use super::memory::Reading;
use super::policy::Delivery;
use super::tag::Tag;
use super::{Code, OriginError, load};
use make::Film;
pub(super) use shelf::Shelf;

/// How long a request waits for thumbnails that are being made; they are made all the same.
const WAIT: Duration = Duration::from_secs(10);

/// Answers a request for thumbnails of an asset.
pub(super) async fn answer(
    reading: &mut Reading<'_>,
    asset: &str,
    request: &ThumbnailRequest,
) -> Result<(Meta, Content), OriginError> {
    Delivery::of(reading, asset).await?.check_pictures()?;
    let loaded = load::presentation(reading, asset, request.ism()).await?;
    let film = Film::of(reading, asset, request.ism(), loaded).await?;
    let app = reading.app;
    let (name, content_type) = match request {
        ThumbnailRequest::Index { .. } => (shelf::INDEX.to_owned(), "text/vtt"),
        ThumbnailRequest::Sheet { number, .. } => (shelf::sheet(*number), "image/jpeg"),
    };
    let key = film.key();
    let shelf = &app.origin.thumbnails;
    if let Some(bytes) = shelf.read(&key, &name).await? {
        return Ok(pictures(content_type, bytes));
    }
    match timeout(WAIT, shelf.have_made(app, film)).await {
        Ok(made) => made?,
        Err(_) => return Err(busy("The thumbnails are being made")),
    }
    match shelf.read(&key, &name).await? {
        Some(bytes) => Ok(pictures(content_type, bytes)),
        None => Err(OriginError::not_found("There is no such sheet.")),
    }
}

fn pictures(content_type: &'static str, bytes: Bytes) -> (Meta, Content) {
    let meta = Meta {
        content_type: HeaderValue::from_static(content_type),
        tag: Tag::new().with(&bytes).finish(),
        modified: None,
        kind: Kind::Download,
        duration: None,
    };
    (meta, bytes.into())
}

fn busy(problem: &str) -> OriginError {
    OriginError::new(Code::StorageServerBusy, format!("{problem}: ask again in a moment."))
}
