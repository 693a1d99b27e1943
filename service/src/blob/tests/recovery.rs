//! Crashes, abandoned uploads and the garbage sweep.

use futures_util::stream;

use super::*;
use crate::blob::store::GarbageRules;

const SWEEP_ALL: GarbageRules =
    GarbageRules { orphan_age: Duration::ZERO, block_age: Duration::ZERO };

#[tokio::test]
async fn uncommitted_blocks_survive_a_restart() {
    let bench = Bench::new().await;
    bench.put("kept", b"kept").await.expect(201);
    bench.put_block("b", "MDAw", b"one").await.expect(201);
    bench.put_block("b", "MDAx", b"two").await.expect(201);
    let bench = bench.reopened().await;
    let report = bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    assert_eq!(report, Default::default());
    bench.commit("b", &["MDAw", "MDAx"]).await.expect(201);
    assert_eq!(bench.get("b").await.text(), "onetwo");
    assert_eq!(bench.get("kept").await.text(), "kept");
}

#[tokio::test]
async fn the_sweep_finds_what_nobody_owns() {
    let bench = Bench::new().await;
    bench.put("kept", b"kept").await.expect(201);
    bench.put_block("b", "MDAw", b"forgotten").await.expect(201);
    let shard = bench.folder.path().join("objects/segments/ab");
    std::fs::create_dir_all(&shard).unwrap();
    let id = uuid::Uuid::new_v4();
    std::fs::write(shard.join(id.to_string()), b"unknown").unwrap();
    std::fs::write(shard.join(format!("{id}#1")), b"half").unwrap();

    let young = bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    assert_eq!(young, Default::default());
    assert_eq!(bench.files().len(), 4);

    // File times are coarser than the clock.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let report = bench.store.collect_garbage(SWEEP_ALL).await.unwrap();
    assert_eq!((report.released, report.orphans, report.partial_files), (1, 1, 1));
    assert_eq!(bench.files().len(), 1);
    assert_eq!(bench.get("kept").await.text(), "kept");
    bench.commit("b", &["MDAw"]).await.expect_error(400, "InvalidBlockList");
}

#[tokio::test]
async fn removals_cut_off_by_a_crash_are_caught_up() {
    let bench = Bench::new().await;
    bench.put("b", b"old").await.expect(201);
    let old = bench.files().remove(0);
    bench.put("b", b"new").await.expect(201);
    let options = SqliteConnectOptions::new().filename(bench.folder.path().join("index.db"));
    let pool = SqlitePoolOptions::new().connect_with(options).await.unwrap();
    // The record of the removal goes last, some time after the file.
    let forgotten = async {
        let recorded = "SELECT 1 FROM blob_garbage";
        while sqlx::query(recorded).fetch_optional(&pool).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), forgotten).await.unwrap();
    assert_eq!(bench.files().len(), 1);
    // As if the process had died between the commit and the removal.
    let key = old.strip_prefix(bench.folder.path().join("objects")).unwrap();
    std::fs::write(&old, b"old").unwrap();
    sqlx::query("INSERT INTO blob_garbage (object) VALUES (?)")
        .bind(key.to_str().unwrap())
        .execute(&pool)
        .await
        .unwrap();
    let bench = bench.reopened().await;
    let report = bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    assert_eq!(report.released, 1);
    assert_eq!(bench.files().len(), 1);
    let again = bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    assert_eq!(again.released, 0);
}

#[tokio::test]
async fn what_cannot_be_removed_keeps_nothing_else() {
    let bench = Bench::new().await;
    for number in 0..30 {
        bench.put(&number.to_string(), b"some").await.expect(201);
    }
    let mut files = bench.files();
    files.sort();
    // Objects are removed in this order.
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::create_dir(&files[0]).unwrap();
    bench.store.delete_container(CONTAINER).await.unwrap();
    bench.wait_for_files(0).await;
    std::fs::remove_dir(&files[0]).unwrap();
    let report = bench.store.collect_garbage(GarbageRules::default()).await.unwrap();
    assert!(report.released > 0, "{report:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing() {
    let bench = Bench::new().await;
    bench.put("b", b"before").await.expect(201);
    let typed = |length| [("x-ms-blob-type", "BlockBlob"), ("content-length", length)];
    let short = bench.send(Method::PUT, "b", "", &typed("100"), "only this").await;
    short.expect_error(400, "InvalidInput");
    let long = bench.send(Method::PUT, "b", "", &typed("3"), "more than that").await;
    long.expect_error(400, "InvalidInput");
    // Long enough that a part is written before the sender fails.
    let chunks = (0..20).map(|n| match n {
        19 => Err(std::io::Error::other("gone")),
        _ => Ok(Bytes::from(vec![0; 1 << 20])),
    });
    let body = Body::from_stream(stream::iter(chunks));
    let broken = bench.send(Method::PUT, "b", "", &typed("104857600"), body).await;
    broken.expect_error(400, "InvalidInput");
    let block = "comp=block&blockid=MDAw";
    let headers = [("content-length", "100")];
    let short = bench.send(Method::PUT, "b", block, &headers, "only this").await;
    short.expect_error(400, "InvalidInput");

    assert_eq!(bench.get("b").await.text(), "before");
    bench.wait_for_files(1).await;
    bench.commit("b", &["MDAw"]).await.expect_error(400, "InvalidBlockList");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing() {
    let bench = Bench::new().await;
    let chunk = Bytes::from(vec![1; 9 << 20]);
    let ready = stream::iter([Ok::<_, std::io::Error>(chunk.clone()), Ok(chunk)]);
    let body = Body::from_stream(futures_util::StreamExt::chain(ready, stream::pending()));
    let headers = [("x-ms-blob-type", "BlockBlob"), ("content-length", "104857600")];
    let upload = bench.send(Method::PUT, "b", "", &headers, body);
    let hung_up = tokio::time::timeout(Duration::from_millis(300), upload).await;
    assert!(hung_up.is_err());
    bench.wait_for_files(0).await;
    bench.head("b").await.expect(404);
}

#[tokio::test]
async fn a_missing_object_is_an_error_not_short_data() {
    let bench = Bench::new().await;
    bench.put("b", b"hello").await.expect(201);
    std::fs::write(bench.files().remove(0), b"hel").unwrap();
    let copy = bench.folder.path().join("copy");
    let read = save(&bench, "b", &copy).await;
    assert!(matches!(read, Err(crate::blob::BlobError::Damaged { .. })), "{read:?}");
}
