//! Blobs as stretches of local files.

use futures_util::StreamExt as _;

use super::*;
use crate::blob::store::{BlobFile, GarbageRules};

impl Bench {
    async fn open(&self, name: &str) -> Option<BlobFile> {
        let guard = Arc::new(self.store.hold());
        let version = self.store.version(CONTAINER, name).await.unwrap()?;
        Some(self.store.open(Arc::new(version), guard))
    }
}

async fn text(file: &BlobFile, range: std::ops::Range<u64>) -> Bytes {
    file.bytes(range).await.unwrap()
}

#[tokio::test]
async fn ranges_cross_segments() {
    let bench = Bench::new().await;
    for (id, block) in [("MDAw", "012"), ("MDAx", "3"), ("MDAy", "456789")] {
        bench.put_block("b", id, block.as_bytes()).await.expect(201);
    }
    bench.commit("b", &["MDAw", "MDAx", "MDAy"]).await.expect(201);
    let file = bench.open("b").await.unwrap();
    for (range, want) in
        [(0..10, "0123456789"), (2..5, "234"), (3..4, "3"), (9..10, "9"), (4..4, "")]
    {
        assert_eq!(text(&file, range).await, want);
    }
    assert!(file.bytes(9..11).await.is_err());
    let mut stream = file.read(ReadRange::Last(7)).unwrap().into_stream();
    assert_eq!(stream.next().await.unwrap().unwrap(), "3456789");
    assert!(stream.next().await.is_none());
    assert!(matches!(
        file.read(ReadRange::From { first: 10, last: None }),
        Err(BlobError::RangeNotSatisfiable { size: 10 })
    ));
    assert!(bench.open("other").await.is_none());
    bench.put("empty", b"").await.expect(201);
    assert_eq!(text(&bench.open("empty").await.unwrap(), 0..0).await, "");
}

#[tokio::test]
async fn a_version_stays_until_nobody_reads_it() {
    let bench = Bench::new().await;
    bench.put("b", b"old").await.expect(201);
    let old = bench.open("b").await.unwrap();
    bench.put("b", b"new").await.expect(201);
    bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    // Opened only now.
    assert_eq!(text(&old, 0..3).await, "old");
    assert_eq!(text(&bench.open("b").await.unwrap(), 0..3).await, "new");
    assert_eq!(bench.files().len(), 2);
    drop(old);
    bench.wait_for_files(1).await;
}

#[tokio::test]
async fn files_that_are_gone_are_errors() {
    let bench = Bench::new().await;
    bench.put("b", b"abc").await.expect(201);
    let file = bench.open("b").await.unwrap();
    std::fs::remove_file(&bench.files()[0]).unwrap();
    let error = file.bytes(0..3).await.unwrap_err();
    assert!(matches!(error, BlobError::File { .. }), "{error}");
}
