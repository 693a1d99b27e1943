//! Progressive download: a file of the asset, in the clear.

use axum::http::HeaderValue;
use percent_encoding::percent_decode_str;

use super::answer::{Kind, Meta, Modified};
use super::content::{Content, FileContent};
use super::memory::Reading;
use super::{OriginError, files};
use crate::encode::mime_type_of;

/// Manifests of the server are not for clients.
const HIDDEN: &[&str] = &[".ism", ".ismc"];

/// What most clients upload a video as; many players do not open what is sent as that.
const UNKNOWN: &str = "application/octet-stream";

/// The type that a file was uploaded as, or, if that says nothing, the one that goes with its name.
fn content_type<'a>(name: &str, uploaded: &'a str) -> &'a str {
    if !uploaded.is_empty() && !uploaded.eq_ignore_ascii_case(UNKNOWN) {
        return uploaded;
    }
    let known = mime_type_of(name);
    // Nothing that a browser would run.
    let is_media =
        ["video/", "audio/", "image/", "text/vtt"].iter().any(|kind| known.starts_with(kind));
    if is_media { known } else { UNKNOWN }
}

/// A file, by its path below the locator.
pub(super) async fn file(
    reading: &mut Reading<'_>,
    asset: &str,
    path: &str,
) -> Result<(Meta, Content), OriginError> {
    let missing = || OriginError::not_found("There is no such file.");
    let name = percent_decode_str(path).decode_utf8().map_err(|_| missing())?;
    if HIDDEN.iter().any(|extension| name.to_ascii_lowercase().ends_with(extension)) {
        return Err(missing());
    }
    let file = files::open(reading, asset, &name).await?;
    let info = file.info().ok_or_else(missing)?;
    let content_type = HeaderValue::try_from(content_type(&name, &info.properties.content_type));
    let meta = Meta {
        content_type: content_type.unwrap_or(HeaderValue::from_static(UNKNOWN)),
        tag: HeaderValue::try_from(info.etag.quoted()).map_err(OriginError::internal)?,
        modified: Some(Modified::at(info.last_modified)),
        kind: Kind::Download,
        duration: None,
    };
    Ok((meta, FileContent::whole(file.file(), info.size).into()))
}
