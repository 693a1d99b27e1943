//! The storage encryption of an upload.

use odata_client::Merge;
use secrecy::{ExposeSecret as _, SecretSlice};

use crate::cleanup::{Cleanup, Created};
use crate::content_key::ContentKeyError;
use crate::encryption::{CipherError, KEY_SIZE, SCHEME, StorageCipher, VERSION};
use crate::error::{AtStep as _, Step};
use crate::{Asset, AssetFile, AssetId, ContentKey, ContentKeyId, ContentKeyType, MediaServices};

/// How a file is encrypted.
pub(super) struct Encryption {
    key: ContentKeyId,
    iv: u64,
    pub(super) cipher: StorageCipher,
}

impl Encryption {
    /// With the storage key of the asset, or with a new one that is linked to it.
    pub(super) async fn prepare(
        media: &MediaServices,
        asset: &AssetId,
        cleanup: &mut Cleanup,
    ) -> Result<Self, ContentKeyError> {
        let linked = media.asset(asset).content_keys().all().await.at(Step::ReadKey)?;
        let storage = |key: &ContentKey| key.content_key_type == ContentKeyType::StorageEncryption;
        let (id, key) = match linked.into_iter().find(storage) {
            Some(linked) => {
                let key = media.read_content_key(&linked.id).await?;
                (linked.id, key)
            }
            None => new_key(media, asset, cleanup).await?,
        };
        let mut iv = [0; 8];
        random(&mut iv)?;
        let iv = u64::from_be_bytes(iv);
        Ok(Self { key: id, iv, cipher: StorageCipher::new(key.expose_secret(), iv)? })
    }

    /// Describes itself in the record of the file.
    pub(super) fn describe(&self, update: Merge<AssetFile>) -> Merge<AssetFile> {
        update
            .set(AssetFile::IS_ENCRYPTED, true)
            .set(AssetFile::ENCRYPTION_SCHEME, SCHEME)
            .set(AssetFile::ENCRYPTION_VERSION, VERSION)
            .set(AssetFile::ENCRYPTION_KEY_ID, &self.key)
            .set(AssetFile::INITIALIZATION_VECTOR, self.iv.to_string())
    }
}

async fn new_key(
    media: &MediaServices,
    asset: &AssetId,
    cleanup: &mut Cleanup,
) -> Result<(ContentKeyId, SecretSlice<u8>), ContentKeyError> {
    let mut bytes = vec![0; KEY_SIZE];
    random(&mut bytes)?;
    let key = SecretSlice::from(bytes);
    let made =
        media.create_content_key(ContentKeyType::StorageEncryption, key.expose_secret()).await?;
    cleanup.result(Created::Key(made.id.clone()));
    let path = media.content_key(&made.id).path();
    media.asset(asset).links(Asset::CONTENT_KEYS).add(&path).await.at(Step::LinkKey)?;
    Ok((made.id, key))
}

fn random(bytes: &mut [u8]) -> Result<(), CipherError> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| CipherError::Failed)
}
