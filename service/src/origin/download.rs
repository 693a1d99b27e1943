//! Progressive download: a file of the asset, in the clear, whole or in part.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::OriginError;
use crate::app::App;
use crate::blob::{BlobError, ReadRange};
use crate::keys::FileReader;

/// Manifests of the server are not for clients.
const HIDDEN: &[&str] = &[".ism", ".ismc"];

pub(super) async fn file(
    app: &App,
    asset: &str,
    path: &str,
    headers: &HeaderMap,
) -> Result<Response, OriginError> {
    let missing = || OriginError::not_found("There is no such file.");
    let name = percent_decode_str(path).decode_utf8().map_err(|_| missing())?;
    if HIDDEN.iter().any(|extension| name.to_ascii_lowercase().ends_with(extension)) {
        return Err(missing());
    }
    let range = headers.get(header::RANGE).and_then(|range| ReadRange::parse(range.to_str().ok()?));
    let file = FileReader::open(app, asset, &name).await?;
    let reader = match file.read(range.unwrap_or(ReadRange::All)).await {
        Ok(reader) => reader,
        Err(BlobError::BlobNotFound { .. } | BlobError::InvalidBlobName { .. }) => {
            return Err(missing());
        }
        Err(BlobError::RangeNotSatisfiable { size }) => {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let message = "The range is past the end.";
            let error = OriginError::new(status, "MPE_STORAGE_INVALID_RANGE", message);
            let size = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((size, error.into_response()).into_response());
        }
        Err(error) => return Err(OriginError::internal(error)),
    };
    let (info, part) = (reader.info.clone(), reader.range.clone());
    let mut response = Body::from_stream(reader.into_stream()).into_response();
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
