//! The blob index in SQLite.
//!
//! Readers use the pool freely. Writers queue on a lock of our own before they
//! ask SQLite for its single write lock: the queue is fair, where SQLite's busy
//! handler sleeps and retries.

mod attachments;
mod blobs;
mod blocks;
mod containers;
mod garbage;
mod row;

use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::block::{BlockId, BlockLists};
use super::condition::Conditions;
use super::error::{BlobError, Result};
use super::index::{BlobIndex, BlobRef, Content, PropertyChange};
use super::model::{
    Attachment, AttachmentKind, BlobInfo, BlobProperties, ContainerInfo, ObjectKey, PlacedSegment,
    Policy, Segment,
};

/// SQLite's result code for a full disk (`SQLITE_FULL`).
const SQLITE_FULL: &str = "13";

/// A [`BlobIndex`] in a SQLite database, in tables whose names begin with
/// `blob_`.
#[derive(Debug)]
pub(crate) struct SqliteBlobIndex {
    pool: SqlitePool,
    write_queue: Mutex<()>,
}

impl SqliteBlobIndex {
    /// Uses `pool`, creating the tables where they are missing.
    ///
    /// # Errors
    /// [`BlobError::Index`] when the database cannot be read or written.
    pub(crate) async fn open(pool: SqlitePool) -> Result<Self> {
        sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
        Ok(Self { pool, write_queue: Mutex::new(()) })
    }

    /// Starts a change. Taking SQLite's write lock at once avoids the deadlock
    /// of two readers that both want to become writers.
    async fn write(&self) -> Result<WriteTransaction<'_>> {
        let turn = self.write_queue.lock().await;
        let transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(WriteTransaction { transaction, _turn: turn })
    }
}

/// A change under way; dropped without [`commit`](Self::commit) it is undone.
struct WriteTransaction<'a> {
    transaction: Transaction<'static, Sqlite>,
    _turn: MutexGuard<'a, ()>,
}

impl WriteTransaction<'_> {
    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

#[async_trait]
impl BlobIndex for SqliteBlobIndex {
    async fn create_container(&self, name: &str) -> Result<()> {
        containers::create(&self.pool, name).await
    }

    async fn delete_container(&self, name: &str) -> Result<Vec<ObjectKey>> {
        let mut change = self.write().await?;
        let garbage = containers::delete(change.connection(), name).await?;
        change.commit().await?;
        Ok(garbage)
    }

    async fn container(&self, name: &str) -> Result<Option<ContainerInfo>> {
        let mut connection = self.pool.acquire().await?;
        containers::get(&mut connection, name).await
    }

    async fn set_policy(&self, container: &str, id: &str, policy: &Policy) -> Result<()> {
        let mut change = self.write().await?;
        containers::set_policy(change.connection(), container, id, policy).await?;
        change.commit().await
    }

    async fn remove_policy(&self, container: &str, id: &str) -> Result<bool> {
        let mut change = self.write().await?;
        let removed = containers::remove_policy(change.connection(), container, id).await?;
        change.commit().await?;
        Ok(removed)
    }

    async fn policy(&self, container: &str, id: &str) -> Result<Option<Policy>> {
        containers::policy(&self.pool, container, id).await
    }

    async fn blob(&self, target: &BlobRef) -> Result<Option<BlobInfo>> {
        let mut connection = self.pool.acquire().await?;
        blobs::get(&mut connection, target).await
    }

    async fn segments(&self, version: i64, range: Range<u64>) -> Result<Vec<PlacedSegment>> {
        blobs::segments(&self.pool, version, range).await
    }

    async fn list(&self, container: &str, from: &str, limit: u32) -> Result<Vec<BlobInfo>> {
        blobs::list(&self.pool, container, from, limit).await
    }

    async fn list_ending(
        &self,
        container: &str,
        ending: &str,
        limit: u32,
    ) -> Result<Vec<BlobInfo>> {
        blobs::list_ending(&self.pool, container, ending, limit).await
    }

    async fn commit(
        &self,
        target: &BlobRef,
        content: Content,
        properties: BlobProperties,
        conditions: &Conditions,
    ) -> Result<(BlobInfo, Vec<ObjectKey>)> {
        let mut change = self.write().await?;
        let connection = change.connection();
        let done = blobs::commit(connection, target, content, properties, conditions).await?;
        change.commit().await?;
        Ok(done)
    }

    async fn update(
        &self,
        target: &BlobRef,
        update: PropertyChange,
        conditions: &Conditions,
    ) -> Result<BlobInfo> {
        let mut change = self.write().await?;
        let info = blobs::update(change.connection(), target, update, conditions).await?;
        change.commit().await?;
        Ok(info)
    }

    async fn rename(&self, from: &BlobRef, to: &BlobRef) -> Result<BlobInfo> {
        let mut change = self.write().await?;
        let info = blobs::rename(change.connection(), from, to).await?;
        change.commit().await?;
        Ok(info)
    }

    async fn delete_blob(
        &self,
        target: &BlobRef,
        conditions: &Conditions,
    ) -> Result<Vec<ObjectKey>> {
        let mut change = self.write().await?;
        let garbage = blobs::delete(change.connection(), target, conditions).await?;
        change.commit().await?;
        Ok(garbage)
    }

    async fn record_block(
        &self,
        target: &BlobRef,
        id: &BlockId,
        segment: Segment,
    ) -> Result<Vec<ObjectKey>> {
        let mut change = self.write().await?;
        let garbage = blocks::record(change.connection(), target, id, segment).await?;
        change.commit().await?;
        Ok(garbage)
    }

    async fn blocks(&self, target: &BlobRef) -> Result<BlockLists> {
        // One read transaction: a commit in between would show a block twice
        // or not at all.
        let mut snapshot = self.pool.begin().await?;
        let lists = blocks::lists(&mut snapshot, target).await?;
        snapshot.commit().await?;
        Ok(lists)
    }

    async fn attach(
        &self,
        version: i64,
        kind: AttachmentKind,
        attachment: &Attachment,
    ) -> Result<Option<Vec<ObjectKey>>> {
        let mut change = self.write().await?;
        let replaced = attachments::attach(change.connection(), version, kind, attachment).await?;
        change.commit().await?;
        Ok(replaced)
    }

    async fn attachments(
        &self,
        versions: &[i64],
        kind: AttachmentKind,
    ) -> Result<BTreeMap<i64, Attachment>> {
        attachments::of_versions(&self.pool, versions, kind).await
    }

    async fn bytes_used(&self) -> Result<u64> {
        let used = sqlx::query_scalar("SELECT bytes FROM blob_usage").fetch_one(&self.pool).await?;
        row::unsigned(used)
    }

    async fn expire_blocks(&self, limit: Timestamp) -> Result<()> {
        let mut change = self.write().await?;
        blocks::expire(change.connection(), limit).await?;
        change.commit().await
    }

    async fn garbage(&self) -> Result<Vec<ObjectKey>> {
        garbage::all(&self.pool).await
    }

    async fn forget_garbage(&self, keys: &[ObjectKey]) -> Result<()> {
        let mut change = self.write().await?;
        garbage::forget(change.connection(), keys).await?;
        change.commit().await
    }

    async fn unknown_objects(&self, keys: Vec<ObjectKey>) -> Result<Vec<ObjectKey>> {
        let mut snapshot = self.pool.begin().await?;
        let unknown = garbage::unknown(&mut snapshot, keys).await?;
        snapshot.commit().await?;
        Ok(unknown)
    }
}

impl From<sqlx::Error> for BlobError {
    fn from(error: sqlx::Error) -> Self {
        let full = error
            .as_database_error()
            .and_then(|database| database.code())
            .is_some_and(|code| code == SQLITE_FULL);
        if full { Self::StorageFull(Box::new(error)) } else { Self::Index(Box::new(error)) }
    }
}
