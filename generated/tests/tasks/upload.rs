use std::future::IntoFuture as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_media::{Step, UploadError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use serde_json::json;

use crate::fake::{Blob, Fake};

const BLOCK: u64 = 64 << 10;

/// A file of this many bytes, no two blocks alike.
fn file(len: usize) -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
    let content: Vec<u8> = (0..len as u64).map(|i| (i * i / 251 + i / 7) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my film.mp4");
    std::fs::File::create(&path).unwrap().write_all(&content).unwrap();
    (folder, path, content)
}

fn blob(fake: &Fake) -> Blob {
    fake.contents().blobs["asset-1/my_film.mp4"].clone()
}

/// Nothing is left that an upload makes.
fn is_clean(fake: &Fake) -> bool {
    ["Assets", "Files", "AccessPolicies", "Locators"].iter().all(|set| fake.count(set) == 0)
}

#[tokio::test]
async fn blocks_go_in_parallel_and_arrive_whole() {
    let fake = Fake::start().await;
    fake.contents().block_time = Duration::from_millis(30);
    let (_folder, path, content) = file(10 * BLOCK as usize + 123);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let steps = Arc::clone(&seen);
    let uploaded = fake
        .media()
        .upload(path)
        .block_size(BLOCK)
        .parallel(3)
        .progress(move |sent, total| steps.lock().unwrap().push((sent, total)))
        .await
        .unwrap();

    let (blob, md5) = (blob(&fake), Md5::digest(&content));
    assert!(blob.content == content, "the content differs");
    assert_eq!((blob.content_type.as_str(), blob.md5), ("video/mp4", BASE64.encode(md5)));
    assert_eq!(fake.contents().most_running_blocks, 3);
    let seen = seen.lock().unwrap();
    assert_eq!(
        (seen.len(), seen.last()),
        (11, Some(&(content.len() as u64, content.len() as u64)))
    );
    assert!(seen.is_sorted());

    let file = &uploaded.file;
    assert_eq!(file.content_file_size, content.len() as i64);
    let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(file.content_checksum.as_deref(), Some(hex.as_str()));
    assert_eq!(file.parent_asset_id.as_ref(), Some(&uploaded.asset.id));
    assert!(file.is_primary);
    assert_eq!((fake.count("Assets"), fake.count("Files")), (1, 1));
    assert_eq!((fake.count("AccessPolicies"), fake.count("Locators")), (0, 0));
}

#[tokio::test]
async fn small_files_go_with_one_request() {
    for len in [0, 1, BLOCK as usize] {
        let fake = Fake::start().await;
        let (_folder, path, content) = file(len);
        let upload = fake.media().upload(path).block_size(BLOCK);
        let uploaded = upload.content_type("video/x-own").await.unwrap();
        assert_eq!(fake.requests("PUT "), 1);
        let blob = blob(&fake);
        assert!(blob.content == content);
        assert_eq!(blob.md5, BASE64.encode(Md5::digest(&content)));
        assert_eq!(blob.content_type, "video/x-own");
        assert_eq!(uploaded.file.content_file_size, len as i64);
    }
}

#[tokio::test]
async fn a_file_joins_an_existing_asset() {
    let fake = Fake::start().await;
    fake.put("Assets", "nb:cid:UUID:old", json!({ "Name": "old" }));
    let (_folder, path, _) = file(5);
    let upload = fake.media().upload(&path).name("b.vtt").asset("nb:cid:UUID:old");
    let uploaded = upload.await.unwrap();
    assert_eq!(uploaded.asset.name.as_deref(), Some("old"));
    assert!(!uploaded.file.is_primary);
    assert_eq!(uploaded.file.mime_type.as_deref(), Some("text/vtt"));

    fake.fail("PUT ", 400, 1);
    let upload = fake.media().upload(&path).name("c.vtt").asset("nb:cid:UUID:old");
    assert!(upload.await.is_err());
    assert_eq!((fake.count("Assets"), fake.count("Files")), (1, 1), "only its own is deleted");
}

#[tokio::test]
async fn whatever_fails_nothing_is_left() {
    let (_folder, path, _) = file(3 * BLOCK as usize);
    for (line, step) in [
        ("POST /api/Assets", Step::CreateAsset),
        ("POST /api/Files", Step::CreateFile),
        ("POST /api/AccessPolicies", Step::CreatePolicy),
        ("POST /api/Locators", Step::CreateLocator),
        ("comp=blocklist", Step::SendContent),
        ("comp=block&", Step::SendContent),
        ("MERGE /api/Files", Step::UpdateFile),
    ] {
        let fake = Fake::start().await;
        fake.fail(line, 400, 1);
        let error = fake.media().upload(&path).block_size(BLOCK).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot {step}")), "{line}: {error}");
        assert!(is_clean(&fake), "{line}: something is left");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn a_dropped_upload_is_cleaned_up() {
    let fake = Fake::start().await;
    fake.contents().block_time = Duration::from_secs(60);
    let (_folder, path, _) = file(3 * BLOCK as usize);
    let upload = fake.media().upload(&path).block_size(BLOCK).into_future();
    assert!(tokio::time::timeout(Duration::from_millis(500), upload).await.is_err());
    for _ in 0..100 {
        if is_clean(&fake) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((fake.requests("comp=block&") > 0, is_clean(&fake)), (true, true));
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let fake = Fake::start().await;
    fake.fail("comp=block&", 403, 2);
    fake.fail("comp=block&", 500, 1);
    fake.fail("comp=blocklist", 503, 2);
    let (_folder, path, content) = file(3 * BLOCK as usize);
    fake.media().upload(&path).block_size(BLOCK).await.unwrap();
    assert!(blob(&fake).content == content);

    // A locator that stays refused is an error once the patience is over.
    fake.fail("comp=block&", 403, usize::MAX);
    let upload = fake.media().upload(&path).block_size(BLOCK).patience(Duration::ZERO);
    let error = upload.await.unwrap_err();
    assert!(matches!(error, UploadError::Blob(_)), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_not_there_costs_no_request() {
    let fake = Fake::start().await;
    let error = fake.media().upload("/no/such/film.mp4").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read '/no/such/film.mp4'");
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(fake.media().upload(folder.path()).await, Err(UploadError::Read { .. })));
    assert!(fake.contents().lines.is_empty());
}
