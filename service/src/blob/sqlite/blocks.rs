//! Blocks that were uploaded and wait for a block list.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::super::block::{BlockId, BlockLists};
use super::super::error::Result;
use super::super::index::BlobRef;
use super::super::model::{ObjectKey, Segment};
use super::{containers, garbage, row};

pub(super) async fn record(
    db: &mut SqliteConnection,
    target: &BlobRef,
    id: &BlockId,
    segment: Segment,
) -> Result<Vec<ObjectKey>> {
    containers::require(db, &target.container).await?;
    let replaced = sqlx::query(
        "DELETE FROM blob_blocks WHERE container = ? AND name = ? AND block = ? RETURNING object",
    )
    .bind(&target.container)
    .bind(&target.name)
    .bind(id.as_str())
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO blob_blocks (container, name, block, length, object, created)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&target.container)
    .bind(&target.name)
    .bind(id.as_str())
    .bind(row::signed(segment.length)?)
    .bind(segment.object.as_str())
    .bind(Timestamp::now().as_millisecond())
    .execute(&mut *db)
    .await?;
    let replaced = replaced.iter().map(row::object).collect::<Result<_>>()?;
    garbage::add(db, replaced).await
}

pub(super) async fn lists(db: &mut SqliteConnection, target: &BlobRef) -> Result<BlockLists> {
    let committed = sqlx::query(
        "SELECT object, length, block FROM blob_segments
         WHERE version IN (SELECT version FROM blob_blobs WHERE container = ? AND name = ?)
           AND block IS NOT NULL
         ORDER BY start",
    )
    .bind(&target.container)
    .bind(&target.name)
    .fetch_all(&mut *db)
    .await?;
    let uncommitted = sqlx::query(
        "SELECT object, length, block FROM blob_blocks
         WHERE container = ? AND name = ? ORDER BY block",
    )
    .bind(&target.container)
    .bind(&target.name)
    .fetch_all(&mut *db)
    .await?;
    Ok(BlockLists {
        committed: committed.iter().map(row::segment).collect::<Result<_>>()?,
        uncommitted: uncommitted.iter().map(row::segment).collect::<Result<_>>()?,
    })
}

pub(super) async fn expire(db: &mut SqliteConnection, limit: Timestamp) -> Result<()> {
    let expired = sqlx::query("DELETE FROM blob_blocks WHERE created < ? RETURNING object")
        .bind(limit.as_millisecond())
        .fetch_all(&mut *db)
        .await?;
    let expired = expired.iter().map(row::object).collect::<Result<BTreeSet<_>>>()?;
    garbage::add(db, expired).await?;
    Ok(())
}
