//! Put Blob, Put Block, Put Block List, Set Blob Properties, Set Blob
//! Metadata, Delete Blob.

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use md5::Digest as _;

use super::super::error::BlobError;
use super::super::index::PropertyChange;
use super::super::model::{BlobInfo, Md5};
use super::super::store::{BlockUpload, Upload};
use super::error::ApiError;
use super::{Call, Reply, headers, xml};

/// Longest block list in bytes: 50 000 ids of 64 bytes, each about 120 bytes
/// of XML, and some space.
const MAX_BLOCK_LIST: usize = 8 << 20;

pub(super) async fn put_blob(
    call: &Call<'_>,
    body: &mut BodyDataStream,
) -> Result<Reply, ApiError> {
    let map = &call.head.headers;
    if map.contains_key("x-ms-copy-source") {
        return Err(ApiError::not_implemented("x-ms-copy-source"));
    }
    match headers::text(map, "x-ms-blob-type")? {
        Some("BlockBlob") => {}
        Some(_) => return Err(ApiError::invalid_header("x-ms-blob-type")),
        None => return Err(ApiError::missing_header("x-ms-blob-type")),
    }
    let mut properties = headers::body_properties(map)?;
    let body_md5 = headers::md5(map, "content-md5")?;
    if let (Some(body), Some(blob)) = (body_md5, properties.content_md5)
        && body != blob
    {
        return Err(BlobError::Md5Mismatch.into());
    }
    properties.content_md5 = properties.content_md5.or(body_md5);
    let upload = Upload {
        properties,
        length: Some(headers::content_length(map)?),
        conditions: headers::conditions(map)?,
    };
    let stored = call.store.put_blob(call.container, call.blob, upload, body).await?;
    let mut reply = written(StatusCode::CREATED, &stored);
    insert_md5(&mut reply, stored.properties.content_md5);
    Ok(reply)
}

pub(super) async fn put_block(
    call: &Call<'_>,
    body: &mut BodyDataStream,
) -> Result<Reply, ApiError> {
    let map = &call.head.headers;
    if map.contains_key("x-ms-copy-source") {
        return Err(ApiError::not_implemented("x-ms-copy-source"));
    }
    let id = call.query.get("blockid").ok_or_else(|| ApiError::invalid_query("blockid"))?;
    let block = BlockUpload {
        id: id.parse()?,
        length: Some(headers::content_length(map)?),
        md5: headers::md5(map, "content-md5")?,
    };
    let md5 = call.store.put_block(call.container, call.blob, block, body).await?;
    let mut reply = empty(StatusCode::CREATED);
    insert_encrypted(reply.headers_mut());
    insert_md5(&mut reply, md5);
    Ok(reply)
}

pub(super) async fn put_block_list(
    call: &Call<'_>,
    body: &mut BodyDataStream,
) -> Result<Reply, ApiError> {
    let map = &call.head.headers;
    let properties = headers::blob_properties(map)?;
    let conditions = headers::conditions(map)?;
    let announced = headers::md5(map, "content-md5")?;
    let text = read_small(body).await?;
    if announced.is_some_and(|md5| md5 != Md5::from(md5::Md5::digest(&text))) {
        return Err(BlobError::Md5Mismatch.into());
    }
    let list = xml::parse_block_list(&text)?;
    let stored =
        call.store.put_block_list(call.container, call.blob, list, properties, conditions).await?;
    Ok(written(StatusCode::CREATED, &stored))
}

pub(super) async fn set_properties(call: &Call<'_>) -> Result<Reply, ApiError> {
    let properties = headers::blob_properties(&call.head.headers)?;
    update(call, PropertyChange::Properties(properties)).await
}

pub(super) async fn set_metadata(call: &Call<'_>) -> Result<Reply, ApiError> {
    let metadata = headers::metadata(&call.head.headers)?;
    update(call, PropertyChange::Metadata(metadata)).await
}

async fn update(call: &Call<'_>, change: PropertyChange) -> Result<Reply, ApiError> {
    let conditions = headers::conditions(&call.head.headers)?;
    let blob = call.store.update(call.container, call.blob, change, conditions).await?;
    Ok(written(StatusCode::OK, &blob))
}

pub(super) async fn delete_blob(call: &Call<'_>) -> Result<Reply, ApiError> {
    let conditions = headers::conditions(&call.head.headers)?;
    call.store.delete(call.container, call.blob, conditions).await?;
    Ok(empty(StatusCode::ACCEPTED))
}

/// Reads a body that is small by its nature.
async fn read_small(body: &mut BodyDataStream) -> Result<BytesMut, ApiError> {
    let mut text = BytesMut::new();
    while let Some(chunk) = body.try_next().await.map_err(|error| BlobError::Body(error.into()))? {
        if text.len() + chunk.len() > MAX_BLOCK_LIST {
            let limit = MAX_BLOCK_LIST as u64;
            return Err(BlobError::TooLarge { limit }.into());
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

fn written(status: StatusCode, blob: &BlobInfo) -> Reply {
    let mut reply = empty(status);
    headers::add_version(&mut reply, &blob.etag, blob.last_modified);
    insert_encrypted(reply.headers_mut());
    reply
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

fn insert_encrypted(headers: &mut HeaderMap) {
    let name = "x-ms-request-server-encrypted";
    headers.insert(name, HeaderValue::from_static("false"));
}

fn insert_md5(reply: &mut Reply, md5: Option<Md5>) {
    if let Some(md5) = md5 {
        reply.headers_mut().insert("content-md5", headers::md5_value(&md5));
    }
}
