//! Blobs whose objects are far away.

use futures_util::StreamExt as _;

use super::distant::Distant;
use super::*;
use crate::blob::range_cache::RangeCache;
use crate::blob::store::BlobFile;

/// A store of distant objects.
async fn far(folder: &Path) -> (BlobStore, Arc<Distant>) {
    let distant = Arc::new(Distant::default());
    let cache = RangeCache::open(distant.clone(), &folder.join("cache"), 256 << 20, 8).unwrap();
    let objects = Objects { store: distant.clone(), local_root: None, files: Arc::new(cache) };
    let store = BlobStore::new(open_index(folder).await, objects, StoreLimits::default());
    store.create_container(CONTAINER).await.unwrap();
    (store, distant)
}

async fn open(store: &BlobStore, name: &str) -> BlobFile {
    let guard = Arc::new(store.hold());
    let version = store.version(CONTAINER, name).await.unwrap().unwrap();
    store.open(Arc::new(version), guard)
}

async fn put(store: &BlobStore, name: &str, length: usize) {
    let bytes = Bytes::from(vec![7; length]);
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes)]);
    store.put_stream(CONTAINER, name, "a/b", stream).await.unwrap();
}

/// A client that has enough for now must not keep others from what is read ahead for it.
#[tokio::test]
async fn a_reader_that_pauses_keeps_nobody_waiting() {
    let folder = TempDir::new().unwrap();
    let (store, _) = far(folder.path()).await;
    put(&store, "film", 9 << 20).await;
    let film = open(&store, "film").await;
    let mut stream = film.read(ReadRange::All).unwrap().into_stream();
    // What follows is in another block, which is asked for now.
    for _ in 0..4 {
        stream.next().await.unwrap().unwrap();
    }
    let other = film.bytes(5 << 20..(5 << 20) + 1);
    let read = tokio::time::timeout(Duration::from_secs(10), other).await;
    assert_eq!(read.expect("it is not held up").unwrap(), [7].as_slice());
    drop(stream);
}

#[tokio::test]
async fn ranges_that_belong_together_come_with_one_request() {
    let folder = TempDir::new().unwrap();
    let (store, distant) = far(folder.path()).await;
    put(&store, "film", 1 << 20).await;
    let film = open(&store, "film").await;
    let near = film.near(&[10..20, 30_000..40_000, 25..30]).await.unwrap();
    assert_eq!(distant.gets(), 1);
    for range in [10..20, 25..30, 30_000..40_000] {
        let length = (range.end - range.start) as usize;
        assert_eq!(near.bytes(range).await.unwrap().len(), length);
    }
    assert_eq!(distant.gets(), 1);
    // Not within reach: it comes with a block.
    near.bytes(50_000..50_001).await.unwrap();
    assert_eq!(distant.gets(), 2);
}
