//! Get Blob, Get Blob Properties, Get Block List, Get Container Properties.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::super::condition::{ReadVerdict, TagMatch};
use super::super::error::BlobError;
use super::super::model::BlobInfo;
use super::super::store::ReadRange;
use super::error::ApiError;
use super::{Call, Reply, ascii, headers, xml};

/// Headers a SAS puts on the reply.
type Overrides = Vec<(&'static str, String)>;

pub(super) async fn get_blob(call: &Call<'_>, overrides: Overrides) -> Result<Reply, ApiError> {
    let (reader, whole) = loop {
        let seen = match current(call).await? {
            Ok(blob) => blob,
            Err(not_modified) => return Ok(not_modified),
        };
        let range = requested_range(&call.head.headers, &seen)?;
        let reader = call.store.read(call.container, call.blob, range).await?;
        // What is sent must be the version that the conditions were judged by: clients put files
        // together of ranges that they get with If-Match.
        if reader.info.etag == seen.etag {
            break (reader, range == ReadRange::All);
        }
    };
    let blob = reader.info.clone();
    let range = reader.range.clone();
    let mut reply = Reply::new(Body::from_stream(reader.into_stream()));
    headers::add_blob(&mut reply, &blob);
    let map = reply.headers_mut();
    let length = HeaderValue::from(range.end - range.start);
    map.insert(header::CONTENT_LENGTH, length);
    let md5 = blob.properties.content_md5.as_ref().map(headers::md5_value);
    if whole {
        if let Some(md5) = md5 {
            map.insert("content-md5", md5);
        }
    } else {
        // Here Content-MD5 would be the MD5 of the range.
        if let Some(md5) = md5 {
            map.insert("x-ms-blob-content-md5", md5);
        }
        let last = range.end.saturating_sub(1);
        let text = format!("bytes {}-{last}/{}", range.start, blob.size);
        map.insert(header::CONTENT_RANGE, ascii(text));
    }
    apply(overrides, map);
    if !whole {
        *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(reply)
}

pub(super) async fn get_properties(
    call: &Call<'_>,
    overrides: Overrides,
) -> Result<Reply, ApiError> {
    let blob = match current(call).await? {
        Ok(blob) => blob,
        Err(not_modified) => return Ok(not_modified),
    };
    let mut reply = Reply::new(Body::empty());
    headers::add_blob(&mut reply, &blob);
    let map = reply.headers_mut();
    // Get Blob Metadata is a GET without a body.
    if call.head.method == axum::http::Method::HEAD {
        map.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
    }
    if let Some(md5) = &blob.properties.content_md5 {
        map.insert("content-md5", headers::md5_value(md5));
    }
    apply(overrides, map);
    Ok(reply)
}

pub(super) async fn get_block_list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (committed, uncommitted) = match call.query.get("blocklisttype") {
        None | Some("committed") => (true, false),
        Some("uncommitted") => (false, true),
        Some("all") => (true, true),
        Some(_) => return Err(ApiError::invalid_query("blocklisttype")),
    };
    let blob = call.store.get(call.container, call.blob).await?;
    let lists = call.store.blocks(call.container, call.blob).await?;
    if blob.is_none() && lists.uncommitted.is_empty() {
        return Err(ApiError::blob_not_found());
    }
    let body = xml::block_lists(
        committed.then_some(lists.committed.as_slice()),
        uncommitted.then_some(lists.uncommitted.as_slice()),
    );
    let mut reply = Reply::new(Body::from(body));
    if let Some(blob) = &blob {
        headers::add_version(&mut reply, &blob.etag, blob.last_modified);
    }
    let map = reply.headers_mut();
    map.insert(header::CONTENT_TYPE, xml::CONTENT_TYPE);
    let size = blob.map_or(0, |blob| blob.size);
    map.insert("x-ms-blob-content-length", HeaderValue::from(size));
    Ok(reply)
}

pub(super) async fn get_container(call: &Call<'_>) -> Result<Reply, ApiError> {
    let container = call
        .store
        .container(call.container)
        .await?
        .ok_or_else(|| BlobError::ContainerNotFound(call.container.to_owned()))?;
    let mut reply = Reply::new(Body::empty());
    headers::add_version(&mut reply, &container.etag, container.last_modified);
    let map = reply.headers_mut();
    map.insert("x-ms-lease-status", HeaderValue::from_static("unlocked"));
    map.insert("x-ms-lease-state", HeaderValue::from_static("available"));
    Ok(reply)
}

/// The blob if its reader does not have it yet, else the reply that says so.
async fn current(call: &Call<'_>) -> Result<Result<BlobInfo, Reply>, ApiError> {
    let blob =
        call.store.get(call.container, call.blob).await?.ok_or_else(ApiError::blob_not_found)?;
    let conditions = headers::conditions(&call.head.headers)?;
    match conditions.check_read(blob.etag.as_str(), Some(blob.last_modified)) {
        ReadVerdict::Proceed => Ok(Ok(blob)),
        ReadVerdict::Failed => Err(ApiError::condition_not_met()),
        ReadVerdict::NotModified => {
            let mut reply = Reply::new(Body::empty());
            *reply.status_mut() = StatusCode::NOT_MODIFIED;
            headers::add_version(&mut reply, &blob.etag, blob.last_modified);
            Ok(Err(reply))
        }
    }
}

/// The range a request asks for; `x-ms-range` wins over `Range`. Several
/// ranges and forms that cannot be read are ignored (RFC 9110 §14.2), and so is
/// a range of another version (`If-Range`).
fn requested_range(headers: &HeaderMap, blob: &BlobInfo) -> Result<ReadRange, ApiError> {
    if let Some(tag) = headers::text(headers, header::IF_RANGE.as_str())?
        && TagMatch::strong(tag) != TagMatch::OneOf(vec![blob.etag.as_str().to_owned()])
    {
        return Ok(ReadRange::All);
    }
    let value = match headers::text(headers, "x-ms-range")? {
        Some(value) => Some(value),
        None => headers::text(headers, header::RANGE.as_str())?,
    };
    Ok(value.and_then(ReadRange::parse).unwrap_or(ReadRange::All))
}

fn apply(overrides: Overrides, headers: &mut HeaderMap) {
    for (name, value) in overrides {
        headers::insert_stored(headers, HeaderName::from_static(name), &value);
    }
}
