//! What is fetched, how often, and what is left of it.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use object_store::ObjectStoreExt as _;

use super::super::tests::distant::Distant;
use super::*;

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
    assert_eq!(store.gets(), 1);
    assert_eq!(content(cache.get(&key, 6..10).await.unwrap()).await, b"6789");
    assert_eq!((store.gets(), files(folder.path())), (2, 2));
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
    assert_eq!(store.gets(), 3);
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
    // One that is open takes space like one that is there.
    cache.open.run_pending_tasks().await;
    assert!(cache.open.entry_count() <= 4, "{} files are open", cache.open.entry_count());
    assert_eq!(content(held).await.len(), 10 << 10);
}

#[tokio::test]
async fn what_is_read_all_the_time_stays() {
    let (store, key) = distant(&[7; 200 << 10]).await;
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&store, folder.path(), 64 << 10);
    for number in 1..20 {
        cache.get(&key, 0..10 << 10).await.unwrap();
        cache.get(&key, number * (10 << 10)..(number + 1) * (10 << 10)).await.unwrap();
        cache.ranges.run_pending_tasks().await;
    }
    assert_eq!(store.gets(), 1 + 19);
}

#[tokio::test]
async fn what_an_earlier_cache_has_left_is_removed() {
    let (store, key) = distant(b"0123").await;
    let (data, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = data.path().join("cache");
    std::os::unix::fs::symlink(disk.path(), &folder).unwrap();
    std::fs::create_dir(disk.path().join("lost+found")).unwrap();
    std::fs::write(disk.path().join(format!("{FILE_PREFIX}left")), b"left").unwrap();
    let cache = open(&store, &folder, 1 << 20);
    cache.get(&key, 0..4).await.unwrap();
    // The link, and what is not of a cache.
    assert!(folder.is_symlink());
    assert!(disk.path().join("lost+found").exists());
    assert_eq!(files(disk.path()), 2);
    assert!(!disk.path().join(format!("{FILE_PREFIX}left")).exists());
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let (store, key) = distant(b"0123").await;
    store.silent.store(true, Ordering::Relaxed);
    let folder = tempfile::tempdir().unwrap();
    let patience = Duration::from_millis(200);
    let cache = RangeCache { patience, ..open(&store, folder.path(), 1 << 20) };
    let waiting = join_all((0..3).map(|_| cache.get(&key, 0..4))).await;
    assert!(waiting.iter().all(|read| read.as_ref().is_err_and(BlobError::is_temporary)));
    store.silent.store(false, Ordering::Relaxed);
    assert_eq!(content(cache.get(&key, 0..4).await.unwrap()).await, b"0123");
}

/// Who fetches goes away: one of those that wait goes on.
#[tokio::test]
async fn a_fetch_that_is_given_up_is_taken_over() {
    let (store, key) = distant(b"0123").await;
    let folder = tempfile::tempdir().unwrap();
    let cache = open(&store, folder.path(), 1 << 20);
    let first = tokio::time::timeout(Duration::from_millis(5), cache.get(&key, 0..4));
    let (first, second) = tokio::join!(first, cache.get(&key, 0..4));
    assert!(first.is_err());
    assert_eq!(content(second.unwrap()).await, b"0123");
    assert_eq!((store.gets(), files(folder.path())), (2, 1));
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
