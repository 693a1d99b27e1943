//! What is kept beside blobs.

use super::*;
use crate::blob::store::GarbageRules;
use crate::blob::{Attachment, AttachmentKind};

const KIND: AttachmentKind = AttachmentKind::SampleIndex;
const SWEEP_ALL: GarbageRules =
    GarbageRules { orphan_age: Duration::ZERO, block_age: Duration::ZERO };

impl Bench {
    async fn info(&self, name: &str) -> BlobInfo {
        self.store.get(CONTAINER, name).await.unwrap().unwrap()
    }

    async fn attach(&self, blob: &BlobInfo, bytes: &'static [u8]) -> Result<Attachment, BlobError> {
        self.store.attach(CONTAINER, blob, KIND, Bytes::from_static(bytes)).await
    }

    async fn attachment(&self, blob: &BlobInfo) -> Option<Attachment> {
        let mut found = self.store.attachments(&[blob.version()], KIND).await.unwrap();
        found.remove(&blob.version())
    }

    /// Waits for so many objects to be left: they are removed in the background.
    async fn left(&self, count: usize) {
        for _ in 0..200 {
            if self.files().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.files());
    }
}

#[tokio::test]
async fn attachments_stay_with_their_version() {
    let bench = Bench::new().await;
    bench.put("film", b"film").await.expect(201);
    let film = bench.info("film").await;
    assert_eq!(bench.attachment(&film).await, None);
    let made = bench.attach(&film, b"an index").await.unwrap();
    assert_eq!(bench.store.read_attachment(&made, 3..8).await.unwrap(), "index");
    for beyond in [3..9, 8..u64::MAX, 9..9] {
        let read = bench.store.read_attachment(&made, beyond).await;
        assert!(matches!(read, Err(BlobError::Damaged { .. })));
    }
    // Nothing of it is to be seen or to be paid for.
    assert_eq!(bench.store.bytes_used().await.unwrap(), 4);
    let listed = bench.store.list(CONTAINER, "", None, 10).await.unwrap();
    assert_eq!(listed.blobs.len(), 1);

    // Metadata and names are not bytes.
    bench.store.rename(CONTAINER, "film", CONTAINER, "movie").await.unwrap();
    let bench = bench.reopened().await;
    let movie = bench.info("movie").await;
    assert_eq!(bench.attachment(&movie).await, Some(made.clone()));
    assert_eq!(bench.store.collect_garbage(SWEEP_ALL).await.unwrap(), Default::default());

    let again = bench.attach(&movie, b"another").await.unwrap();
    assert_eq!(bench.attachment(&movie).await, Some(again.clone()));
    bench.left(2).await;
    assert!(bench.store.read_attachment(&made, 0..1).await.is_err());
    assert_eq!(bench.store.read_attachment(&again, 0..7).await.unwrap(), "another");
}

#[tokio::test]
async fn attachments_go_with_their_version() {
    let bench = Bench::new().await;
    bench.put("film", b"old").await.expect(201);
    let old = bench.info("film").await;
    bench.attach(&old, b"of the old").await.unwrap();
    bench.put("film", b"new").await.expect(201);
    let new = bench.info("film").await;
    assert_eq!(bench.attachment(&new).await, None);
    bench.left(1).await;

    // One that comes too late is not kept.
    let late = bench.attach(&old, b"too late").await;
    assert!(matches!(late, Err(BlobError::BlobNotFound { .. })));
    bench.left(1).await;

    bench.attach(&new, b"of the new").await.unwrap();
    bench.store.delete(CONTAINER, "film", Default::default()).await.unwrap();
    bench.left(0).await;

    bench.put("film", b"third").await.expect(201);
    bench.attach(&bench.info("film").await, b"of the third").await.unwrap();
    bench.store.delete_container(CONTAINER).await.unwrap();
    bench.left(0).await;
}
