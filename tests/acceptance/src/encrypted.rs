//! Storage encryption as a client does it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::crypto;
use crate::http::Api;
use crate::story::{Upload, blob_url, id_of, key, percent, value};

/// An asset with a storage-encrypted file.
pub struct EncryptedUpload {
    /// The asset and its file.
    pub upload: Upload,
    /// The id of the content key.
    pub key_id: String,
    /// The content key.
    pub key: Vec<u8>,
    /// The file's initialization vector.
    pub iv: u64,
}

/// Encrypts or decrypts a file: the vector is the first half of the counter.
#[track_caller]
pub fn storage_cipher(key: &[u8], iv: u64, data: &[u8]) -> Vec<u8> {
    crypto::ctr(key, u128::from(iv) << 64, data)
}

impl Api {
    /// Makes a storage-encrypted asset with one file, and uploads the file.
    #[track_caller]
    pub fn upload_encrypted(&self, name: &str, content: &[u8]) -> EncryptedUpload {
        let (key, iv) = (crypto::random(32), 397_304_628_502_661_816);
        let body = json!({ "Name": name, "Options": "1" });
        let asset = id_of(&self.post("Assets", body).send().expect(201).json());
        let key_id = self.content_key(1, &key);
        let path = format!("Assets('{}')", percent(&asset));
        self.link(&path, "ContentKeys", "ContentKeys", &key_id).expect(204);
        let file = self.file(&asset, name);
        self.put(&asset, name, &storage_cipher(&key, iv, content));
        self.merge(
            &format!("Files('{}')", percent(&file)),
            json!({
                "ContentFileSize": content.len().to_string(), "IsEncrypted": "true",
                "EncryptionScheme": "StorageEncryption", "EncryptionVersion": "1.0",
                "EncryptionKeyId": key_id, "InitializationVector": iv.to_string(),
            }),
        )
        .send()
        .expect(204);
        EncryptedUpload { upload: Upload { asset, file }, key_id, key, iv }
    }

    /// Puts a blob into an asset, whole.
    #[track_caller]
    pub fn put(&self, asset: &str, name: &str, content: &[u8]) {
        let sas = self.sas(asset, 2);
        let put = self.plain("PUT", &blob_url(&sas, name)).header("x-ms-blob-type", "BlockBlob");
        put.body(content).send().expect(201);
        self.delete(&key("Locators", &sas)).send().expect(204);
    }

    /// Gets a blob of an asset, as it is stored.
    #[track_caller]
    pub fn blob(&self, asset: &str, name: &str) -> Vec<u8> {
        let sas = self.sas(asset, 1);
        let content = self.plain("GET", &blob_url(&sas, name)).send().expect(200).body;
        self.delete(&key("Locators", &sas)).send().expect(204);
        content
    }

    /// The files of an asset.
    #[track_caller]
    pub fn files(&self, asset: &str) -> Vec<Json> {
        self.get(&format!("Assets('{}')/Files", percent(asset))).send().expect(200).feed()
    }

    /// The bytes of a content key.
    #[track_caller]
    pub fn clear_key(&self, id: &str) -> Vec<u8> {
        let path = format!("RebindContentKey?id='{}'&x509Certificate=''", percent(id));
        STANDARD.decode(value(&self.get(&path).send().expect(200))).expect("base64")
    }

    /// Gets a storage-encrypted file of an asset and decrypts it by what its record says.
    #[track_caller]
    pub fn decrypted(&self, file: &Json) -> Vec<u8> {
        let text = |name: &str| file[name].as_str().unwrap_or_else(|| panic!("no {name}: {file}"));
        assert_eq!(file["IsEncrypted"], true, "{file}");
        assert_eq!(
            (text("EncryptionScheme"), text("EncryptionVersion")),
            ("StorageEncryption", "1.0")
        );
        let iv = text("InitializationVector").parse().expect("a decimal number");
        let stored = self.blob(text("ParentAssetId"), text("Name"));
        storage_cipher(&self.clear_key(text("EncryptionKeyId")), iv, &stored)
    }
}
