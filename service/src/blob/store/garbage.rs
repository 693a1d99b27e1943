//! Removing objects that nobody owns.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::super::error::{BlobError, Result};
use super::super::model::ObjectKey;
use super::BlobStore;

/// Listed objects looked up in the index at once.
const BATCH: usize = 1000;

/// When the sweep takes something for garbage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GarbageRules {
    /// Age at which an object without an owner is removed. An upload that is
    /// running right now has none yet, so this must be longer than the time
    /// from its first byte to its commit.
    pub(crate) orphan_age: Duration,
    /// Age at which a block that no block list named is forgotten; Azure keeps
    /// it for a week.
    pub(crate) block_age: Duration,
}

impl Default for GarbageRules {
    fn default() -> Self {
        Self {
            orphan_age: Duration::from_secs(24 * 3600),
            block_age: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GarbageReport {
    /// Objects of replaced or deleted blobs whose removal was cut off, and of
    /// expired blocks.
    pub(crate) released: usize,
    /// Objects the index never knew: uploads cut off by a crash.
    pub(crate) orphans: usize,
    /// Half-written files of a local object store.
    pub(crate) partial_files: usize,
}

impl BlobStore {
    /// Removes what crashes and abandoned uploads left behind. To be run at
    /// start and once in a while.
    ///
    /// # Errors
    /// The failures of the index and of the object store; what was removed
    /// before stays removed.
    pub(crate) async fn collect_garbage(&self, rules: GarbageRules) -> Result<GarbageReport> {
        self.inner.index.expire_blocks(before(rules.block_age)).await?;
        let mut garbage = self.inner.index.garbage().await?;
        let held_back = self.inner.readers.held_back();
        garbage.retain(|key| !held_back.contains(key));
        // Through the readers, like any other removal: what was dropped a
        // moment ago may still be read.
        let due = self.inner.readers.retire(garbage);
        let released = due.len();
        self.remove(due).await?;
        Ok(GarbageReport {
            released,
            orphans: self.remove_orphans(before(rules.orphan_age)).await?,
            partial_files: self.remove_partial_files(rules.orphan_age).await?,
        })
    }

    /// Removes objects the index has dropped, now or when the last reader is
    /// done with them. Does not wait for it.
    pub(super) fn retire(&self, garbage: Vec<ObjectKey>) {
        if !garbage.is_empty() {
            let due = self.inner.readers.retire(garbage);
            self.remove_in_background(due);
        }
    }

    /// Starts to remove objects. What fails stays recorded as garbage for the
    /// next sweep.
    pub(super) fn remove_in_background(&self, due: Vec<ObjectKey>) {
        if due.is_empty() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let store = self.clone();
            runtime.spawn(async move {
                if let Err(error) = store.remove(due).await {
                    tracing::warn!(%error, "cannot remove replaced blobs; the next sweep will");
                }
            });
        }
    }

    /// Removes objects, then forgets that they were garbage.
    async fn remove(&self, due: Vec<ObjectKey>) -> Result<()> {
        self.delete_objects(&due).await?;
        self.inner.index.forget_garbage(&due).await
    }

    async fn delete_objects(&self, keys: &[ObjectKey]) -> Result<()> {
        self.inner.files.forget(keys).await;
        let paths: Vec<_> = keys.iter().map(|key| Ok(key.path())).collect();
        let mut deleted = self.inner.objects.delete_stream(stream::iter(paths).boxed());
        let mut failure = None;
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                // One that cannot be removed must not keep the others for ever.
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Removes objects written before `limit` that the index does not mention.
    async fn remove_orphans(&self, limit: Timestamp) -> Result<usize> {
        let prefix = object_store::path::Path::from(ObjectKey::PREFIX);
        let mut batches = self
            .inner
            .objects
            .list(Some(&prefix))
            .try_filter(|object| {
                let old = object.last_modified.timestamp_millis() < limit.as_millisecond();
                std::future::ready(old)
            })
            .map_ok(|object| ObjectKey::stored(object.location.to_string()))
            .try_chunks(BATCH);
        let mut removed = 0;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|partial| BlobError::from(partial.1))?;
            let orphans = self.inner.index.unknown_objects(batch).await?;
            self.delete_objects(&orphans).await?;
            removed += orphans.len();
        }
        Ok(removed)
    }

    /// Removes files a local object store was writing when the process died.
    async fn remove_partial_files(&self, age: Duration) -> Result<usize> {
        let Some(root) = &self.inner.local_root else { return Ok(0) };
        let folder = root.join(ObjectKey::PREFIX);
        let swept = folder.clone();
        tokio::task::spawn_blocking(move || sweep_partial_files(&swept, age))
            .await
            .map_err(|_| BlobError::Interrupted)?
            .map_err(|source| BlobError::file(&folder, source))
    }
}

/// Removes the staged files (`<uuid>#<n>`) in the shards of `folder` that were
/// last written more than `age` ago.
fn sweep_partial_files(folder: &Path, age: Duration) -> io::Result<usize> {
    let mut removed = 0;
    for shard in entries(folder)? {
        for file in entries(&shard)? {
            let staged =
                file.file_name().is_some_and(|name| name.as_encoded_bytes().contains(&b'#'));
            if staged && remove_if_older(&file, age)? {
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// The entries of a folder, none where there is no such folder.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Tells whether it removed the file. One that is gone meanwhile was an upload
/// that just ended.
fn remove_if_older(file: &Path, age: Duration) -> io::Result<bool> {
    let outcome = std::fs::symlink_metadata(file)
        .and_then(|metadata| metadata.modified())
        .and_then(|written| {
            // A file from the future, after the clock was set back, is not old.
            let elapsed = SystemTime::now().duration_since(written);
            if elapsed.is_ok_and(|elapsed| elapsed >= age) {
                std::fs::remove_file(file).map(|()| true)
            } else {
                Ok(false)
            }
        });
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        outcome => outcome,
    }
}

/// The moment `age` ago, or the earliest there is.
fn before(age: Duration) -> Timestamp {
    SignedDuration::try_from(age)
        .ok()
        .and_then(|age| Timestamp::now().checked_sub(age).ok())
        .unwrap_or(Timestamp::MIN)
}
