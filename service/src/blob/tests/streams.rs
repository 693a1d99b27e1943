//! Long streams, memory, and many clients at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, stream};

use super::*;
use crate::blob::error::BlobError;
use crate::blob::store::{GarbageRules, ReadRange};

const MIB: usize = 1 << 20;

/// A chunk that is counted as long as somebody holds it.
struct Counted {
    bytes: Vec<u8>,
    live: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.live.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

/// The byte at an offset of the test stream.
fn byte_at(offset: usize) -> u8 {
    (offset % 251) as u8
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_stream_needs_little_memory() {
    const TOTAL: usize = 64 * MIB;
    const CHUNK: usize = 256 << 10;
    let bench = Bench::new().await;
    let (live, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, highest) = (Arc::clone(&live), Arc::clone(&peak));
    let chunks = (0..TOTAL / CHUNK).map(move |n| {
        let bytes: Vec<u8> = (n * CHUNK..(n + 1) * CHUNK).map(byte_at).collect();
        let now = counter.fetch_add(CHUNK, Ordering::Relaxed) + CHUNK;
        highest.fetch_max(now, Ordering::Relaxed);
        let live = Arc::clone(&counter);
        Ok::<_, std::io::Error>(Bytes::from_owner(Counted { bytes, live }))
    });
    let body = Body::from_stream(stream::iter(chunks));
    let length = TOTAL.to_string();
    let headers = [("x-ms-blob-type", "BlockBlob"), ("content-length", length.as_str())];
    let put = bench.send(Method::PUT, "b", "", &headers, body).await;
    put.expect(201);
    let peak = peak.load(Ordering::Relaxed);
    assert!(peak <= 17 * MIB, "{peak} bytes of the body were held at once");
    assert_eq!(live.load(Ordering::Relaxed), 0);

    let reader = bench.store.read(CONTAINER, "b", ReadRange::All).await.unwrap();
    let mut stream = reader.into_stream();
    let mut offset = 0;
    while let Some(bytes) = stream.next().await {
        let bytes = bytes.unwrap();
        assert!(bytes.len() <= 2 * MIB);
        assert!(bytes.iter().enumerate().all(|(at, byte)| *byte == byte_at(offset + at)));
        offset += bytes.len();
    }
    assert_eq!(offset, TOTAL);
}

#[tokio::test]
async fn tiny_chunks_are_put_together() {
    let bench = Bench::new().await;
    let total = 9 * MIB;
    let chunks = (0..total.div_ceil(7)).map(|n| {
        let end = ((n + 1) * 7).min(total);
        Ok::<_, std::io::Error>(Bytes::from((n * 7..end).map(byte_at).collect::<Vec<_>>()))
    });
    let stored = bench.store.put_stream(CONTAINER, "b", "a/b", stream::iter(chunks)).await.unwrap();
    assert_eq!(stored.size, total as u64);
    let got = bench.get("b").await;
    assert!(got.body.iter().enumerate().all(|(at, byte)| *byte == byte_at(at)));
}

#[tokio::test]
async fn a_reader_keeps_the_version_it_opened() {
    let bench = Bench::new().await;
    let old = vec![b'o'; 5 * MIB];
    for id in ["MDAw", "MDAx", "MDAy"] {
        bench.put_block("b", id, &old).await.expect(201);
    }
    bench.commit("b", &["MDAw", "MDAx", "MDAy"]).await.expect(201);
    let reader = bench.store.read(CONTAINER, "b", ReadRange::All).await.unwrap();
    let mut stream = reader.into_stream();
    let mut length = stream.next().await.unwrap().unwrap().len();

    bench.put("b", b"new").await.expect(201);
    assert_eq!(bench.get("b").await.text(), "new");
    // Not even the sweep takes the old bytes away.
    bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    while let Some(bytes) = stream.next().await {
        let bytes = bytes.unwrap();
        assert!(bytes.iter().all(|byte| *byte == b'o'));
        length += bytes.len();
    }
    assert_eq!(length, 15 * MIB);
    drop(stream);
    bench.wait_for_files(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_never_see_a_mix_of_versions() {
    let bench = Arc::new(Bench::new().await);
    bench.put("b", &[b'a'; 30]).await.expect(201);
    let writer = tokio::spawn({
        let bench = Arc::clone(&bench);
        async move {
            for round in 0..25u8 {
                let bytes = [b'a' + round; 10];
                for id in ["MDAw", "MDAx", "MDAy"] {
                    bench.put_block("b", id, &bytes).await.expect(201);
                }
                bench.commit("b", &["MDAw", "MDAx", "MDAy"]).await.expect(201);
            }
        }
    });
    let mut reads = 0;
    while !writer.is_finished() {
        let got = bench.get("b").await;
        let first = got.expect(200).body[0];
        assert!(got.body.len() == 30 && got.body.iter().all(|byte| *byte == first));
        reads += 1;
    }
    writer.await.unwrap();
    assert!(reads > 0);
    bench.wait_for_files(3).await;
}

#[tokio::test]
async fn uploads_wait_for_their_turn_and_senders_may_not_stall() {
    let limits = StoreLimits {
        concurrent_uploads: 1,
        upload_wait: Duration::from_millis(20),
        stall: Duration::from_millis(200),
    };
    let bench = Bench::with_limits(limits).await;
    let silent = stream::pending::<Result<Bytes, std::io::Error>>();
    let stalled = bench.store.put_stream(CONTAINER, "slow", "a/b", silent);
    let other = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.put("b", b"x").await
    };
    let (stalled, other) = tokio::join!(stalled, other);
    assert!(matches!(stalled, Err(BlobError::BodyStalled { .. })), "{stalled:?}");
    other.expect_error(503, "ServerBusy");
    bench.put("b", b"x").await.expect(201);
}
