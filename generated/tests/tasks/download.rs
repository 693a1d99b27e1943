use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_media::DownloadError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};

use crate::fake::{Blob, Fake};

async fn service(content: &[u8], md5: [u8; 16]) -> (Fake, String) {
    let fake = Fake::start().await;
    let (content, md5) = (content.to_vec().into(), BASE64.encode(md5));
    let blob = Blob { content, md5, ..Blob::default() };
    fake.contents().blobs.insert("asset-1/a.mp4".to_owned(), blob);
    let url = format!("{}/asset-1/a.mp4?sig=s3cret%3D", fake.contents().base);
    (fake, url)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_file_arrives_whole() {
    let content = vec![7_u8; 300_000];
    let (fake, url) = service(&content, Md5::digest(&content).into()).await;
    fake.fail("GET /asset-1/", 404, 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let last = Arc::new(Mutex::new((0, None)));
    let seen = Arc::clone(&last);
    let download = fake.media().download(url, &path);
    let downloaded =
        download.progress(move |got, total| *seen.lock().unwrap() = (got, total)).await.unwrap();
    assert_eq!(downloaded.size, 300_000);
    assert!(std::fs::read(&path).unwrap() == content);
    assert_eq!(*last.lock().unwrap(), (300_000, Some(300_000)));
    assert_eq!(names(folder.path()), ["a.mp4"]);
}

#[tokio::test]
async fn nothing_is_left_of_a_file_that_is_damaged_or_refused() {
    let (fake, url) = service(b"damaged", [1; 16]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let error = fake.media().download(url.as_str(), &path).await.unwrap_err();
    assert!(matches!(error, DownloadError::Damaged { .. }), "{error:?}");
    let refused = url.replace("s3cret", "other");
    let download = fake.media().download(refused, &path).patience(Duration::ZERO);
    let error = download.await.unwrap_err();
    assert!(matches!(error, DownloadError::Blob(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("other"), "{error:?}");
    assert!(names(folder.path()).is_empty());
    let nowhere = folder.path().join("no/such/folder/a.mp4");
    let error = fake.media().download(url, nowhere).await.unwrap_err();
    assert!(matches!(error, DownloadError::Write { .. }), "{error:?}");
    assert!(matches!(fake.media().download("x", &path).await, Err(DownloadError::Url(_))));
}
