//! Progressive download: a file of the asset, in the clear.

use axum::http::HeaderValue;
use percent_encoding::percent_decode_str;

use super::answer::{Kind, Meta, Modified};
use super::content::{Content, FileContent};
use super::memory::Reading;
use super::{OriginError, files};
use crate::blob::ReadRange;

/// Manifests of the server are not for clients.
const HIDDEN: &[&str] = &[".ism", ".ismc"];

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
    let content_type = HeaderValue::try_from(&info.properties.content_type);
    let meta = Meta {
        content_type: content_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
        tag: HeaderValue::try_from(info.etag.quoted()).map_err(OriginError::internal)?,
        modified: Some(Modified::at(info.last_modified)),
        kind: Kind::Download,
        duration: None,
    };
    let size = info.size;
    let content = match file.clear_version() {
        Some(version) => FileContent::whole(version).into(),
        None => {
            let stream = file.read(ReadRange::All).map_err(OriginError::internal)?.into_stream();
            Content::Stream { length: size, stream }
        }
    };
    Ok((meta, content))
}
