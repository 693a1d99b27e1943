//! Progressive download: a file of the asset, in the clear, whole or in part.

use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::content::Content;
use super::{Code, OriginError, files_of};
use crate::app::App;
use crate::blob::ReadRange;
use crate::keys::FileReader;
use crate::send::Part;

/// Manifests of the server are not for clients.
const HIDDEN: &[&str] = &[".ism", ".ismc"];

pub(super) async fn file(
    app: &App,
    asset: &str,
    path: &str,
    head: &Parts,
) -> Result<Response, OriginError> {
    let missing = || OriginError::not_found("There is no such file.");
    let name = percent_decode_str(path).decode_utf8().map_err(|_| missing())?;
    if HIDDEN.iter().any(|extension| name.to_ascii_lowercase().ends_with(extension)) {
        return Err(missing());
    }
    let range = head.headers.get(header::RANGE);
    let range = range.and_then(|range| ReadRange::parse(range.to_str().ok()?));
    let file = FileReader::open(app, asset, &name).await?;
    let info = file.info().ok_or_else(missing)?.clone();
    let Some(part) = range.unwrap_or(ReadRange::All).within(info.size) else {
        let error = OriginError::new(Code::StorageInvalidRange, "The range is past the end.");
        let size = [(header::CONTENT_RANGE, format!("bytes */{}", info.size))];
        return Ok((size, error.into_response()).into_response());
    };
    let content = content(file, info.size)?;
    let mut response = content.into_body(part.clone(), files_of(head)).into_response();
    let mut set = |name: header::HeaderName, value: String| {
        if let Ok(value) = value.try_into() {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, info.properties.content_type.clone());
    set(header::CONTENT_LENGTH, (part.end - part.start).to_string());
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::ETAG, info.etag.quoted());
    if range.is_some() {
        let last = part.end.saturating_sub(1);
        set(header::CONTENT_RANGE, format!("bytes {}-{last}/{}", part.start, info.size));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The whole file.
fn content(file: FileReader, size: u64) -> Result<Content, OriginError> {
    if let Some(blob) = file.clear_blob() {
        return Ok(Content::File { blob: blob.clone(), parts: vec![Part::Range(0..size)] });
    }
    let stream = file.read(ReadRange::All).map_err(OriginError::internal)?.into_stream();
    Ok(Content::Stream { length: size, stream })
}
