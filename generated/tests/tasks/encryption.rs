use azure_media::encryption::{StorageCipher, parse_iv};
use azure_media::{
    AssetFile, ContentKeyError, ContentKeyType, DownloadError, EncryptionScheme, Step, UploadError,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use secrecy::ExposeSecret as _;

use crate::fake::Fake;

const BLOCK: usize = 64 << 10;

/// A file in a folder of its own, and what is in it.
fn file(len: usize) -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
    let content: Vec<u8> = (0..len as u64).map(|i| (i * i / 251 + i / 7) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    std::fs::write(&path, &content).unwrap();
    (folder, path, content)
}

fn stored(fake: &Fake) -> (Vec<u8>, String) {
    let blob = fake.contents().blobs["asset-1/film.mp4"].clone();
    (blob.content.to_vec(), blob.md5)
}

fn hex(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In blocks, in any order, and with one request.
#[tokio::test]
async fn what_is_encrypted_on_its_way_is_decrypted_on_its_way_back() {
    for len in [0, 1, 1000, 5 * BLOCK + 7] {
        let fake = Fake::start().await;
        let (folder, path, content) = file(len);
        let upload = fake.media().upload(path).encrypt().block_size(BLOCK as u64).parallel(3);
        let uploaded = upload.await.unwrap();
        let record = &uploaded.file;
        assert!(record.is_encrypted);
        assert_eq!(record.encryption_scheme, Some(EncryptionScheme::StorageEncryption));
        assert_eq!(record.encryption_version.as_deref(), Some("1.0"));
        assert_eq!(fake.contents().sets["Assets"][uploaded.asset.id.as_str()]["Options"], 1);

        // What is stored is the content encrypted, by a key that the service knows.
        let (stored, md5) = stored(&fake);
        assert_eq!(md5, BASE64.encode(Md5::digest(&stored)));
        assert_eq!(record.content_checksum.as_deref(), Some(hex(&stored).as_str()));
        let key_id = record.encryption_key_id.clone().unwrap();
        let key = fake.media().read_content_key(&key_id).await.unwrap();
        let iv = parse_iv(record.initialization_vector.as_deref().unwrap()).unwrap();
        let mut clear = stored.clone();
        let cipher = StorageCipher::new(key.expose_secret(), iv).unwrap();
        cipher.apply(0, &mut clear).unwrap();
        assert!(clear == content && (len == 0 || stored != content));
        let made = fake.contents().sets["ContentKeys"][key_id.as_str()].clone();
        assert_eq!(made["ContentKeyType"], 1);
        assert_eq!(made["ProtectionKeyId"].as_str().unwrap().len(), 40);
        let text = format!("{uploaded:?} {cipher:?} {key:?}");
        let key = key.expose_secret();
        assert!(!text.contains(&BASE64.encode(key)) && !text.contains(&format!("{key:?}")));

        let url = format!("{}/asset-1/film.mp4?sig=s3cret%3D", fake.contents().base);
        let copy = folder.path().join("copy.mp4");
        let downloaded = fake.media().download(&url, &copy).decrypt(&uploaded.file).await.unwrap();
        assert!(std::fs::read(&copy).unwrap() == content);
        assert_eq!((downloaded.size, downloaded.md5), (len as u64, hex(&content)));
        // Without the record, it comes as it is stored.
        let raw = fake.media().download(&url, &copy).await.unwrap();
        assert!(std::fs::read(&copy).unwrap() == stored);
        assert_eq!(raw.md5, hex(&stored));
    }
}

#[tokio::test]
async fn a_second_file_has_the_same_key_and_another_vector() {
    let fake = Fake::start().await;
    let (_folder, path, _) = file(100);
    let one = fake.media().upload(&path).encrypt().await.unwrap();
    let upload = fake.media().upload(&path).name("b.mp4").asset(&one.asset.id).encrypt();
    let other = upload.await.unwrap();
    assert_eq!(fake.count("ContentKeys"), 1);
    assert_eq!(one.file.encryption_key_id, other.file.encryption_key_id);
    assert_ne!(one.file.initialization_vector, other.file.initialization_vector);
}

#[tokio::test]
async fn nothing_is_left_of_an_upload_that_fails() {
    for (line, step) in [
        ("GET /api/GetProtectionKeyId", Step::FindProtectionKey),
        ("GET /api/GetProtectionKey?", Step::FindProtectionKey),
        ("POST /api/ContentKeys", Step::CreateKey),
        ("/$links/ContentKeys", Step::LinkKey),
        ("')/ContentKeys", Step::ReadKey),
    ] {
        let fake = Fake::start().await;
        fake.fail(line, 400, 9);
        let (_folder, path, _) = file(100);
        let error = fake.media().upload(path).encrypt().await.unwrap_err();
        match error {
            UploadError::Encryption(ContentKeyError::Api { step: failed, .. }) => {
                assert_eq!(failed, step, "{line}");
            }
            error => panic!("{line}: {error}"),
        }
        for set in ["Assets", "Files", "ContentKeys", "AccessPolicies", "Locators"] {
            assert_eq!(fake.count(set), 0, "{line}: {set}");
        }
    }
    // And after the key was made.
    let fake = Fake::start().await;
    fake.fail("PUT /asset-1", 400, 9);
    let (_folder, path, _) = file(100);
    let error = fake.media().upload(path).encrypt().await.unwrap_err();
    assert!(matches!(error, UploadError::Blob(_)), "{error}");
    assert_eq!((fake.count("ContentKeys"), fake.count("Assets")), (0, 0));
}

#[tokio::test]
async fn content_keys_of_other_sizes_are_refused() {
    let fake = Fake::start().await;
    let media = fake.media();
    let error = media.create_content_key(ContentKeyType::EnvelopeEncryption, &[7; 15]);
    let error = error.await.unwrap_err();
    assert!(matches!(error, ContentKeyError::Key(_)), "{error}");
    let made = media.create_content_key(ContentKeyType::EnvelopeEncryption, &[7; 16]);
    let made = made.await.unwrap();
    assert!(made.id.as_str().starts_with("nb:kid:UUID:"));
    assert_eq!(fake.count("ContentKeys"), 1);
}

#[tokio::test]
async fn a_record_that_does_not_say_how_is_refused() {
    let fake = Fake::start().await;
    let (folder, path, _) = file(100);
    let uploaded = fake.media().upload(path).encrypt().await.unwrap();
    let url = format!("{}/asset-1/film.mp4?sig=s3cret%3D", fake.contents().base);
    let copy = folder.path().join("copy.mp4");
    let broken: [fn(&mut AssetFile); 3] = [
        |file| file.encryption_key_id = None,
        |file| file.initialization_vector = None,
        |file| file.initialization_vector = Some("0x12".to_owned()),
    ];
    for breaks in broken {
        let mut record = uploaded.file.clone();
        breaks(&mut record);
        let error = fake.media().download(&url, &copy).decrypt(&record).await.unwrap_err();
        assert!(
            matches!(error, DownloadError::Decryption(ContentKeyError::Undescribed(_))),
            "{error}"
        );
        assert!(!copy.exists());
    }
    fake.fail("RebindContentKey", 404, 1);
    let error = fake.media().download(&url, &copy).decrypt(&uploaded.file).await.unwrap_err();
    assert!(matches!(error, DownloadError::Decryption(ContentKeyError::Api { .. })), "{error}");
    // A file in the clear needs no key.
    let clear = AssetFile::default();
    fake.media().download(&url, &copy).decrypt(&clear).await.unwrap();
    assert_eq!(std::fs::metadata(&copy).unwrap().len(), 100);
    let damaged = fake.contents().blobs.get_mut("asset-1/film.mp4").map(|blob| {
        blob.md5 = BASE64.encode([1; 16]);
    });
    assert!(damaged.is_some());
    let error = fake.media().download(&url, &copy).decrypt(&uploaded.file).await.unwrap_err();
    assert!(matches!(error, DownloadError::Damaged { .. }), "{error}");
}
