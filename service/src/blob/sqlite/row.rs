//! Between SQLite's values and the model's.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::super::error::{BlobError, Result};
use super::super::model::{BlobInfo, BlobProperties, ETag, ObjectKey, Segment};

/// Reads a row of `blob_blobs`.
pub(super) fn blob(row: &SqliteRow) -> Result<BlobInfo> {
    let metadata: String = row.try_get("metadata")?;
    let md5: Option<Vec<u8>> = row.try_get("content_md5")?;
    Ok(BlobInfo {
        name: row.try_get("name")?,
        size: unsigned(row.try_get("size")?)?,
        etag: ETag::stored(row.try_get("etag")?),
        created: time(row.try_get("created")?)?,
        last_modified: time(row.try_get("last_modified")?)?,
        properties: BlobProperties {
            content_type: row.try_get("content_type")?,
            content_encoding: row.try_get("content_encoding")?,
            content_language: row.try_get("content_language")?,
            content_disposition: row.try_get("content_disposition")?,
            cache_control: row.try_get("cache_control")?,
            content_md5: md5.map(|md5| md5.as_slice().try_into()).transpose().map_err(broken)?,
            metadata: serde_json::from_str(&metadata).map_err(broken)?,
        },
        version: row.try_get("version")?,
    })
}

/// Reads `object`, `length` and `block`.
pub(super) fn segment(row: &SqliteRow) -> Result<Segment> {
    Ok(Segment {
        object: object(row)?,
        length: unsigned(row.try_get("length")?)?,
        block: row.try_get("block")?,
    })
}

/// Reads `object`.
pub(super) fn object(row: &SqliteRow) -> Result<ObjectKey> {
    Ok(ObjectKey::stored(row.try_get("object")?))
}

/// A stored time.
pub(super) fn time(millisecond: i64) -> Result<Timestamp> {
    // The last millisecond that there is cannot be read: it stands for the end of all time.
    if millisecond >= Timestamp::MAX.as_millisecond() {
        return Ok(Timestamp::MAX);
    }
    Timestamp::from_millisecond(millisecond).map_err(broken)
}

/// A stored length or offset.
pub(super) fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(broken)
}

/// A length or offset to store.
pub(super) fn signed(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(broken)
}

/// A value that does not fit its column, or a column that holds no such value.
pub(super) fn broken<E: std::error::Error + Send + Sync + 'static>(error: E) -> BlobError {
    BlobError::Index(Box::new(error))
}
