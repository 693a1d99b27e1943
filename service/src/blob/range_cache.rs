//! Ranges of objects that lie far away, kept in local files for a while.
//!
//! One request fetches a range, all others that want the same one wait for it. A range comes with
//! one ranged GET and goes straight into a file, so memory stays small whatever its length, and
//! what is sent from it is sent as from any local file. Objects never change, so a range is valid
//! for as long as it is kept; nothing is kept over a restart.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use moka::future::Cache;
use object_store::{GetOptions, GetRange, ObjectStore};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;

use super::error::{BlobError, Result};
use super::model::ObjectKey;
use super::store::ObjectFiles;
use crate::extent::Extent;

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

/// A bounded cache of ranges.
#[derive(Debug)]
pub(super) struct RangeCache {
    objects: Arc<dyn ObjectStore>,
    folder: Arc<PathBuf>,
    ranges: Cache<Key, Arc<CachedRange>>,
    open: Cache<Key, Arc<File>>,
    fetches: Semaphore,
}

type Key = (ObjectKey, Range<u64>);

/// A range in a local file, where it starts at 0. The file is removed with this.
#[derive(Debug)]
struct CachedRange {
    file: TempPath,
    length: u64,
}

impl RangeCache {
    /// A cache of at most `size` bytes in files of a folder, which is emptied. So many files may
    /// stay open.
    ///
    /// # Errors
    /// When the folder cannot be emptied or made.
    pub(super) fn open(
        objects: Arc<dyn ObjectStore>,
        folder: &Path,
        size: u64,
        most_open: u64,
    ) -> Result<Self> {
        let failed = |source| BlobError::File { path: folder.display().to_string(), source };
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => std::fs::create_dir_all(folder).map_err(failed)?,
        }
        let ranges = Cache::builder()
            .max_capacity(size / 1024)
            .weigher(|_, range: &Arc<CachedRange>| weight(range.length))
            .build();
        let open = Cache::builder().max_capacity(most_open).time_to_idle(IDLE).build();
        let (folder, fetches) = (Arc::new(folder.to_owned()), Semaphore::new(FETCHES));
        Ok(Self { objects, folder, ranges, open, fetches })
    }

    /// A range of an object: from a file, or fetched by one while others wait.
    async fn get(&self, object: &ObjectKey, range: Range<u64>) -> Result<Extent> {
        let failed = |source| BlobError::File { path: self.folder.display().to_string(), source };
        let length = usize::try_from(range.end - range.start);
        let length = length.map_err(|error| failed(io::Error::other(error)))?;
        let key = (object.clone(), range);
        if let Some(file) = self.open.get(&key).await {
            return Ok(Extent { file, start: 0, length });
        }
        let fetching = Box::pin(self.fetch_range(&key));
        let fetched = self.ranges.try_get_with_by_ref(&key, fetching).await;
        let cached = fetched
            .map_err(|source| BlobError::Fetch { object: object.as_str().to_owned(), source })?;
        // The file is there for as long as `cached` is, and for as long as it is open.
        let opened = tokio::task::spawn_blocking(move || File::open(&cached.file));
        let opened = opened.await.map_err(|_| BlobError::Interrupted)?.map_err(failed)?;
        let file = Arc::new(opened);
        self.open.insert(key, Arc::clone(&file)).await;
        Ok(Extent { file, start: 0, length })
    }

    async fn fetch_range(&self, (object, range): &Key) -> Result<Arc<CachedRange>> {
        // The semaphore is never closed.
        let _turn = self.fetches.acquire().await.map_err(|_| BlobError::Busy)?;
        let wanted = range.end.saturating_sub(range.start);
        let failed = |source| BlobError::File { path: self.folder.display().to_string(), source };
        let folder = Arc::clone(&self.folder);
        let made = tokio::task::spawn_blocking(move || tempfile::NamedTempFile::new_in(&*folder));
        let (file, path) =
            made.await.map_err(|_| BlobError::Interrupted)?.map_err(failed)?.into_parts();
        let options =
            GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let mut bytes = self.objects.get_opts(&object.path(), options).await?.into_stream();
        let mut file = tokio::fs::File::from_std(file);
        file.set_max_buf_size(WRITE_SIZE);
        let mut written = 0;
        while let Some(piece) = bytes.try_next().await? {
            written += piece.len() as u64;
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        if written != wanted {
            return Err(BlobError::Damaged { object: object.as_str().to_owned() });
        }
        Ok(Arc::new(CachedRange { file: path, length: written }))
    }
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
}

/// In KiB: a moka weight has 32 bits only.
fn weight(length: u64) -> u32 {
    u32::try_from(length.div_ceil(1024) + FILE_COST).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use futures_util::future::join_all;
    use futures_util::stream::BoxStream;
    use object_store::ObjectStoreExt as _;
    use object_store::memory::InMemory;
    use object_store::path::Path as ObjectPath;
    use object_store::{
        CopyOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions,
        PutOptions, PutPayload, PutResult,
    };

    use super::*;

    /// A store that is far away: each GET takes a while, and is counted.
    #[derive(Debug, Default)]
    struct Distant {
        near: InMemory,
        gets: AtomicUsize,
    }

    impl fmt::Display for Distant {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("distant")
        }
    }

    #[async_trait]
    impl ObjectStore for Distant {
        async fn put_opts(
            &self,
            location: &ObjectPath,
            payload: PutPayload,
            options: PutOptions,
        ) -> object_store::Result<PutResult> {
            self.near.put_opts(location, payload, options).await
        }

        async fn put_multipart_opts(
            &self,
            location: &ObjectPath,
            options: PutMultipartOptions,
        ) -> object_store::Result<Box<dyn MultipartUpload>> {
            self.near.put_multipart_opts(location, options).await
        }

        async fn get_opts(
            &self,
            location: &ObjectPath,
            options: GetOptions,
        ) -> object_store::Result<GetResult> {
            self.gets.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.near.get_opts(location, options).await
        }

        fn delete_stream(
            &self,
            locations: BoxStream<'static, object_store::Result<ObjectPath>>,
        ) -> BoxStream<'static, object_store::Result<ObjectPath>> {
            self.near.delete_stream(locations)
        }

        fn list(
            &self,
            prefix: Option<&ObjectPath>,
        ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
            self.near.list(prefix)
        }

        async fn list_with_delimiter(
            &self,
            prefix: Option<&ObjectPath>,
        ) -> object_store::Result<ListResult> {
            self.near.list_with_delimiter(prefix).await
        }

        async fn copy_opts(
            &self,
            from: &ObjectPath,
            to: &ObjectPath,
            options: CopyOptions,
        ) -> object_store::Result<()> {
            self.near.copy_opts(from, to, options).await
        }
    }

    async fn distant(content: &[u8]) -> (Arc<Distant>, ObjectKey) {
        let store = Arc::new(Distant::default());
        let key = ObjectKey::fresh();
        store.near.put(&key.path(), content.to_vec().into()).await.unwrap();
        (store, key)
    }

    fn open(store: &Arc<Distant>, folder: &Path, size: u64) -> RangeCache {
        RangeCache::open(Arc::clone(store) as Arc<dyn ObjectStore>, folder, size, 8).unwrap()
    }

    async fn content(extent: Extent) -> Vec<u8> {
        crate::extent::read(vec![extent]).await.unwrap()
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn a_range_is_fetched_once_for_all_that_want_it() {
        let (store, key) = distant(b"0123456789").await;
        let folder = tempfile::tempdir().unwrap();
        let cache = open(&store, folder.path(), 1 << 20);
        for extent in join_all((0..50).map(|_| cache.get(&key, 2..6))).await {
            assert_eq!(content(extent.unwrap()).await, b"2345");
        }
        assert_eq!(store.gets.load(Ordering::Relaxed), 1);
        assert_eq!(content(cache.get(&key, 6..10).await.unwrap()).await, b"6789");
        assert_eq!((store.gets.load(Ordering::Relaxed), files(folder.path())), (2, 2));
    }

    #[tokio::test]
    async fn what_is_read_bit_by_bit_is_fetched_in_blocks() {
        let length = 2 * BLOCK + 10;
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let (store, key) = distant(&bytes).await;
        let folder = tempfile::tempdir().unwrap();
        let cache = open(&store, folder.path(), 64 << 20);
        for (range, pieces) in [
            (0..3, 1),
            (3..BLOCK, 1),
            (BLOCK - 1..BLOCK + 1, 2),
            (5..length, 3),
            (length - 1..length, 1),
        ] {
            let extents = cache.extents(&key, length, range.clone()).await.unwrap();
            assert_eq!(extents.len(), pieces, "{range:?}");
            let read = crate::extent::read(extents).await.unwrap();
            assert!(read == bytes[range.start as usize..range.end as usize], "{range:?}");
        }
        assert_eq!(store.gets.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn files_go_when_there_is_no_room_and_nobody_reads_them() {
        let (store, key) = distant(&[7; 100 << 10]).await;
        let folder = tempfile::tempdir().unwrap();
        let cache = open(&store, folder.path(), 64 << 10);
        let held = cache.get(&key, 0..10 << 10).await.unwrap();
        for number in 1..10 {
            cache.get(&key, number * (10 << 10)..(number + 1) * (10 << 10)).await.unwrap();
        }
        // What is evicted is given up a little later.
        let mut left = files(folder.path());
        for _ in 0..500 {
            if left <= 4 {
                break;
            }
            cache.ranges.run_pending_tasks().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            left = files(folder.path());
        }
        assert!(left <= 4, "{left} files that count as 14 KiB each do not fit into 64 KiB");
        assert_eq!(content(held).await.len(), 10 << 10);
    }

    #[tokio::test]
    async fn failures_are_told_and_not_kept() {
        let (store, key) = distant(b"0123").await;
        let folder = tempfile::tempdir().unwrap();
        let cache = open(&store, folder.path(), 1 << 20);
        let error = cache.get(&key, 2..9).await.unwrap_err();
        let short = |error: &BlobError| {
            matches!(error, BlobError::Fetch { source, .. }
                if matches!(**source, BlobError::Damaged { .. }))
        };
        assert!(short(&error), "{error}");
        let nowhere = ObjectKey::fresh();
        assert!(cache.get(&nowhere, 0..1).await.is_err());
        store.near.put(&nowhere.path(), vec![1].into()).await.unwrap();
        assert_eq!(content(cache.get(&nowhere, 0..1).await.unwrap()).await, [1]);
        assert_eq!(files(folder.path()), 1);
    }
}
