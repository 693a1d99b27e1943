//! Ranges of objects that lie far away, kept in local files for a while.
//!
//! One request fetches a range, all others that want the same one wait for it. A range comes with
//! one ranged GET and goes straight into a file, so memory stays small whatever its length, and
//! what is sent from it is sent as from any local file. Objects never change, so a range is valid
//! for as long as it is kept; nothing is kept over a restart.

mod counts;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{FutureExt as _, TryStreamExt as _};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use object_store::{GetOptions, GetRange, ObjectStore};
use prometheus_client::registry::Registry;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;

use super::error::{BlobError, Result};
use super::model::ObjectKey;
use super::objects::{PATIENCE, answered};
use super::store::ObjectFiles;
use crate::extent::Extent;
use counts::Counts;

/// Ranges fetched at the same time; more wait.
const FETCHES: usize = 64;
/// What is fetched at once of what is read bit by bit.
const BLOCK: u64 = 4 << 20;
/// How long a file that nobody reads stays open.
const IDLE: Duration = Duration::from_secs(300);
/// What a file costs beside its bytes, in KiB.
const FILE_COST: u64 = 4;
/// Bytes handed to the file system at once.
const WRITE_SIZE: usize = 1 << 20;
/// Names of the files begin with this.
const FILE_PREFIX: &str = "range-";

/// A bounded cache of ranges.
#[derive(Debug)]
pub(super) struct RangeCache {
    objects: Arc<dyn ObjectStore>,
    folder: Arc<PathBuf>,
    ranges: Cache<Key, Arc<CachedRange>>,
    /// The files that were read last. None stays open whose range is given up: its bytes would
    /// take space that nobody counts.
    open: Cache<Key, Arc<File>>,
    fetches: Semaphore,
    /// How long an answer of the object store is waited for.
    patience: Duration,
    counts: Counts,
}

type Key = (ObjectKey, Range<u64>);

/// A range in a local file, where it starts at 0. The file is removed with this.
#[derive(Debug)]
struct CachedRange {
    file: TempPath,
    length: u64,
}

impl RangeCache {
    /// A cache of at most `size` bytes in files of a folder, from which those of earlier caches are
    /// removed. So many files may stay open.
    ///
    /// # Errors
    /// When the folder cannot be emptied or made.
    pub(super) fn open(
        objects: Arc<dyn ObjectStore>,
        folder: &Path,
        size: u64,
        most_open: u64,
    ) -> Result<Self> {
        remove_left_over(folder).map_err(|source| BlobError::file(folder, source))?;
        let open = Cache::builder().max_capacity(most_open).time_to_idle(IDLE).build();
        let ranges = Cache::builder()
            .max_capacity(size / 1024)
            .weigher(|_, range: &Arc<CachedRange>| weight(range.length))
            // What is read bit by bit would be fetched for every bit if it were not let in.
            .eviction_policy(EvictionPolicy::lru())
            .async_eviction_listener({
                let open = open.clone();
                move |key, _, _| close(open.clone(), key).boxed()
            })
            .build();
        let (folder, fetches) = (Arc::new(folder.to_owned()), Semaphore::new(FETCHES));
        let counts = Counts::default();
        Ok(Self { objects, folder, ranges, open, fetches, patience: PATIENCE, counts })
    }

    /// A range of an object: from a file, or fetched by one while others wait.
    async fn get(&self, object: &ObjectKey, range: Range<u64>) -> Result<Extent> {
        let length = usize::try_from(range.end - range.start);
        let length = length.map_err(|error| self.failed(io::Error::other(error)))?;
        let key = (object.clone(), range);
        let fetching = Box::pin(self.fetch_range(&key));
        // Asked for even where its file is open: what is read most is to be given up last.
        let entry = self.ranges.entry_by_ref(&key).or_try_insert_with(fetching).await;
        let entry = entry
            .map_err(|source| BlobError::Fetch { object: object.as_str().to_owned(), source })?;
        self.counts.lookup(entry.is_fresh());
        Ok(Extent { file: self.file(key, entry.into_value()).await?, start: 0, length })
    }

    /// The file of a range.
    async fn file(&self, key: Key, cached: Arc<CachedRange>) -> Result<Arc<File>> {
        if let Some(file) = self.open.get(&key).await {
            return Ok(file);
        }
        // The file is there for as long as `cached` is, and for as long as it is open.
        let opened = tokio::task::spawn_blocking(move || File::open(&cached.file)).await;
        let opened = opened.map_err(|_| BlobError::Interrupted)?;
        let file = Arc::new(opened.map_err(|source| self.failed(source))?);
        self.open.insert(key.clone(), Arc::clone(&file)).await;
        if !self.ranges.contains_key(&key) {
            // Given up while it was opened.
            self.open.invalidate(&key).await;
        }
        Ok(file)
    }

    async fn fetch_range(&self, (object, range): &Key) -> Result<Arc<CachedRange>> {
        // The semaphore is never closed.
        let _turn = self.fetches.acquire().await.map_err(|_| BlobError::Busy)?;
        let wanted = range.end.saturating_sub(range.start);
        let folder = Arc::clone(&self.folder);
        let made = tokio::task::spawn_blocking(move || {
            tempfile::Builder::new().prefix(FILE_PREFIX).tempfile_in(&*folder)
        });
        let made = made.await.map_err(|_| BlobError::Interrupted)?;
        let (file, path) = made.map_err(|source| self.failed(source))?.into_parts();
        let options =
            GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let answer =
            answered(self.patience, self.objects.get_opts(&object.path(), options)).await?;
        let mut bytes = answer.into_stream();
        let mut file = tokio::fs::File::from_std(file);
        file.set_max_buf_size(WRITE_SIZE);
        let mut written = 0;
        while let Some(piece) = answered(self.patience, bytes.try_next()).await? {
            written += piece.len() as u64;
            self.counts.fetched.inc_by(piece.len() as u64);
            file.write_all(&piece).await.map_err(|source| self.failed(source))?;
        }
        file.flush().await.map_err(|source| self.failed(source))?;
        if written != wanted {
            return Err(BlobError::Damaged { object: object.as_str().to_owned() });
        }
        Ok(Arc::new(CachedRange { file: path, length: written }))
    }

    fn failed(&self, source: io::Error) -> BlobError {
        BlobError::file(&self.folder, source)
    }
}

/// Closes the file of a range that is given up.
async fn close(open: Cache<Key, Arc<File>>, key: Arc<Key>) {
    open.invalidate(&*key).await;
}

/// Makes the folder, or removes the files that a cache of an earlier process has left there. The
/// folder itself stays, which may be a link or another volume, and so does what is not ours.
fn remove_left_over(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(FILE_PREFIX.as_bytes()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[async_trait]
impl ObjectFiles for RangeCache {
    /// What is read bit by bit is fetched in blocks.
    async fn extents(
        &self,
        object: &ObjectKey,
        length: u64,
        range: Range<u64>,
    ) -> Result<Vec<Extent>> {
        let mut extents = Vec::with_capacity(1);
        let mut at = range.start;
        while at < range.end {
            let block = at - at % BLOCK;
            let block = block..(block + BLOCK).min(length);
            let end = block.end.min(range.end);
            let whole = self.get(object, block.clone()).await?;
            let Some(within) = whole.part(at - block.start..end.max(at) - block.start) else {
                return Err(BlobError::Damaged { object: object.as_str().to_owned() });
            };
            extents.push(within);
            at = end;
        }
        Ok(extents)
    }

    async fn fetch(&self, object: &ObjectKey, range: Range<u64>) -> Result<Option<Extent>> {
        self.get(object, range).await.map(Some)
    }

    /// Nobody asks for objects that are not there: what is kept of them goes like all that is not
    /// asked for.
    async fn forget(&self, _: &[ObjectKey]) {}

    fn register(&self, registry: &mut Registry) {
        self.counts.register(registry);
    }

    async fn measure(&self) {
        self.ranges.run_pending_tasks().await;
        self.counts.kept(self.ranges.entry_count(), self.ranges.weighted_size() * 1024);
    }
}

/// In KiB: a moka weight has 32 bits only.
fn weight(length: u64) -> u32 {
    u32::try_from(length.div_ceil(1024) + FILE_COST).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
