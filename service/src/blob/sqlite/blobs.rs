//! Committed blobs and their segments.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection, SqlitePool};

use super::super::condition::Conditions;
use super::super::error::{BlobError, Result};
use super::super::index::{BlobRef, Content, PropertyChange};
use super::super::model::{BlobInfo, BlobProperties, ETag, ObjectKey, PlacedSegment, Segment};
use super::{blocks, containers, garbage, row};

/// Rows per insert statement; with five values each far below SQLite's limit
/// of 32 766 bound values.
const ROWS_PER_INSERT: usize = 1000;

pub(super) async fn get(db: &mut SqliteConnection, target: &BlobRef) -> Result<Option<BlobInfo>> {
    sqlx::query("SELECT * FROM blob_blobs WHERE container = ? AND name = ?")
        .bind(&target.container)
        .bind(&target.name)
        .fetch_optional(db)
        .await?
        .map(|found| row::blob(&found))
        .transpose()
}

pub(super) async fn segments(
    pool: &SqlitePool,
    version: i64,
    range: Range<u64>,
) -> Result<Vec<PlacedSegment>> {
    // The first segment is the last one that starts at or before the range;
    // asked this way, the primary key answers without a scan of all segments.
    sqlx::query(
        "SELECT start, length, object FROM blob_segments
         WHERE version = ?1 AND start < ?3 AND start >= (
           SELECT MAX(start) FROM blob_segments WHERE version = ?1 AND start <= ?2)
         ORDER BY start",
    )
    .bind(version)
    .bind(row::signed(range.start)?)
    .bind(row::signed(range.end)?)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|found| {
        Ok(PlacedSegment {
            start: row::unsigned(found.try_get("start")?)?,
            object: row::object(found)?,
            length: row::unsigned(found.try_get("length")?)?,
        })
    })
    .collect()
}

pub(super) async fn list(
    pool: &SqlitePool,
    container: &str,
    from: &str,
    limit: u32,
) -> Result<Vec<BlobInfo>> {
    sqlx::query("SELECT * FROM blob_blobs WHERE container = ? AND name >= ? ORDER BY name LIMIT ?")
        .bind(container)
        .bind(from)
        .bind(limit)
        .fetch_all(pool)
        .await?
        .iter()
        .map(row::blob)
        .collect()
}

pub(super) async fn list_ending(
    pool: &SqlitePool,
    container: &str,
    ending: &str,
    limit: u32,
) -> Result<Vec<BlobInfo>> {
    sqlx::query(
        "SELECT * FROM blob_blobs
         WHERE container = ?1 AND lower(substr(name, -length(?2))) = ?2 ORDER BY name LIMIT ?3",
    )
    .bind(container)
    .bind(ending)
    .bind(limit)
    .fetch_all(pool)
    .await?
    .iter()
    .map(row::blob)
    .collect()
}

pub(super) async fn commit(
    db: &mut SqliteConnection,
    target: &BlobRef,
    content: Content,
    properties: BlobProperties,
    conditions: &Conditions,
) -> Result<(BlobInfo, Vec<ObjectKey>)> {
    containers::require(db, &target.container).await?;
    let old = get(db, target).await?;
    conditions.check_write(old.as_ref())?;
    let segments = match content {
        Content::Whole(segment) => segment.into_iter().collect(),
        Content::Blocks(list) => blocks::lists(db, target).await?.resolve(&list)?,
    };
    let mut dropped = take_objects(db, target).await?;
    for segment in &segments {
        dropped.remove(&segment.object);
    }
    let now = Timestamp::now();
    let mut info = BlobInfo {
        name: target.name.clone(),
        size: segments.iter().map(|segment| segment.length).sum(),
        etag: ETag::fresh(),
        created: old.map_or(now, |old| old.created),
        last_modified: now,
        properties,
        version: 0,
    };
    info.version = insert(db, &target.container, &info).await?;
    insert_segments(db, info.version, &segments).await?;
    let garbage = garbage::add(db, dropped).await?;
    Ok((info, garbage))
}

pub(super) async fn delete(
    db: &mut SqliteConnection,
    target: &BlobRef,
    conditions: &Conditions,
) -> Result<Vec<ObjectKey>> {
    let Some(blob) = get(db, target).await? else {
        return Err(missing(target));
    };
    conditions.check_write(Some(&blob))?;
    let dropped = take_objects(db, target).await?;
    garbage::add(db, dropped).await
}

pub(super) async fn update(
    db: &mut SqliteConnection,
    target: &BlobRef,
    change: PropertyChange,
    conditions: &Conditions,
) -> Result<BlobInfo> {
    let Some(mut blob) = get(db, target).await? else {
        return Err(missing(target));
    };
    conditions.check_write(Some(&blob))?;
    match change {
        PropertyChange::Properties(properties) => {
            let metadata = std::mem::take(&mut blob.properties.metadata);
            blob.properties = BlobProperties { metadata, ..properties };
        }
        PropertyChange::Metadata(metadata) => blob.properties.metadata = metadata,
    }
    blob.etag = ETag::fresh();
    blob.last_modified = Timestamp::now();
    // The row keeps its version, because the segments stay.
    let properties = &blob.properties;
    sqlx::query(
        "UPDATE blob_blobs SET etag = ?, last_modified = ?, content_type = ?,
           content_encoding = ?, content_language = ?, content_disposition = ?,
           cache_control = ?, content_md5 = ?, metadata = ?
         WHERE version = ?",
    )
    .bind(blob.etag.as_str())
    .bind(blob.last_modified.as_millisecond())
    .bind(&properties.content_type)
    .bind(&properties.content_encoding)
    .bind(&properties.content_language)
    .bind(&properties.content_disposition)
    .bind(&properties.cache_control)
    .bind(properties.content_md5.as_ref().map(|md5| md5.as_slice()))
    .bind(serde_json::to_string(&properties.metadata).map_err(row::broken)?)
    .bind(blob.version)
    .execute(db)
    .await?;
    Ok(blob)
}

pub(super) async fn rename(
    db: &mut SqliteConnection,
    from: &BlobRef,
    to: &BlobRef,
) -> Result<BlobInfo> {
    containers::require(db, &to.container).await?;
    let Some(mut blob) = get(db, from).await? else {
        return Err(missing(from));
    };
    if get(db, to).await?.is_some() {
        return Err(BlobError::BlobExists);
    }
    blob.name.clone_from(&to.name);
    // The row keeps its version, because the segments stay.
    sqlx::query("UPDATE blob_blobs SET container = ?, name = ? WHERE version = ?")
        .bind(&to.container)
        .bind(&to.name)
        .bind(blob.version)
        .execute(db)
        .await?;
    Ok(blob)
}

/// Removes the blob and its uncommitted blocks from the tables; returns the
/// objects they owned.
async fn take_objects(db: &mut SqliteConnection, target: &BlobRef) -> Result<BTreeSet<ObjectKey>> {
    let rows = sqlx::query(
        "SELECT object FROM blob_segments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ?1 AND name = ?2)
         UNION SELECT object FROM blob_attachments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ?1 AND name = ?2)
         UNION SELECT object FROM blob_blocks WHERE container = ?1 AND name = ?2",
    )
    .bind(&target.container)
    .bind(&target.name)
    .fetch_all(&mut *db)
    .await?;
    for statement in [
        "DELETE FROM blob_segments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ? AND name = ?)",
        "DELETE FROM blob_attachments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ? AND name = ?)",
        "DELETE FROM blob_blobs WHERE container = ? AND name = ?",
        "DELETE FROM blob_blocks WHERE container = ? AND name = ?",
    ] {
        sqlx::query(statement).bind(&target.container).bind(&target.name).execute(&mut *db).await?;
    }
    rows.iter().map(row::object).collect()
}

async fn insert(db: &mut SqliteConnection, container: &str, blob: &BlobInfo) -> Result<i64> {
    let properties = &blob.properties;
    let done = sqlx::query(
        "INSERT INTO blob_blobs (container, name, size, etag, created, last_modified,
           content_type, content_encoding, content_language, content_disposition,
           cache_control, content_md5, metadata)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(container)
    .bind(&blob.name)
    .bind(row::signed(blob.size)?)
    .bind(blob.etag.as_str())
    .bind(blob.created.as_millisecond())
    .bind(blob.last_modified.as_millisecond())
    .bind(&properties.content_type)
    .bind(&properties.content_encoding)
    .bind(&properties.content_language)
    .bind(&properties.content_disposition)
    .bind(&properties.cache_control)
    .bind(properties.content_md5.as_ref().map(|md5| md5.as_slice()))
    .bind(serde_json::to_string(&properties.metadata).map_err(row::broken)?)
    .execute(db)
    .await?;
    Ok(done.last_insert_rowid())
}

async fn insert_segments(
    db: &mut SqliteConnection,
    version: i64,
    segments: &[Segment],
) -> Result<()> {
    let mut start = 0;
    let mut rows = Vec::with_capacity(segments.len());
    for segment in segments {
        rows.push((start, row::signed(segment.length)?, segment));
        start += row::signed(segment.length)?;
    }
    for some in rows.chunks(ROWS_PER_INSERT) {
        let mut statement: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO blob_segments (version, start, length, object, block) ");
        statement.push_values(some, |mut values, (start, length, segment)| {
            values
                .push_bind(version)
                .push_bind(*start)
                .push_bind(*length)
                .push_bind(segment.object.as_str())
                .push_bind(segment.block.as_deref());
        });
        statement.build().execute(&mut *db).await?;
    }
    Ok(())
}

fn missing(target: &BlobRef) -> BlobError {
    BlobError::BlobNotFound { container: target.container.clone(), name: target.name.clone() }
}
