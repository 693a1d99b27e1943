//! Uploads a file into an asset, as one task.

mod content;
mod encrypt;
mod mime;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use edm::DateTime;
use tokio::time::Instant;
use url::Url;

use self::content::{Blocks, Content};
use self::encrypt::Encryption;
use crate::blob::{BlobError, BlockBlob};
use crate::cleanup::{Cleanup, Created};
use crate::error::{AtStep as _, Step, UploadError};
use crate::{
    AccessPermissions, AccessPolicy, Asset, AssetCreationOptions, AssetFile, AssetId, Locator,
    LocatorType, MediaServices,
};

/// Told how many bytes of how many are sent.
type Progress = Box<dyn FnMut(u64, u64) + Send>;

/// Start times are set back by this much: the clocks of client and service may differ.
pub(crate) const CLOCK_SKEW: edm::Duration = edm::Duration::from_secs(-5 * 60);

/// An upload, prepared by [`MediaServices::upload`]; it runs when it is awaited.
///
/// It creates an asset and its file record, gets a signed URL, sends the content in blocks, several
/// at a time, and notes size, media type and MD5 in the record. The policy and locator it needs
/// are deleted again. So is everything else it created, if something fails or its future is
/// dropped.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload {
    media: MediaServices,
    path: PathBuf,
    name: Option<String>,
    asset: Option<AssetId>,
    primary: Option<bool>,
    content_type: Option<String>,
    encrypt: bool,
    blocks: Blocks,
    patience: Duration,
    progress: Progress,
}

/// What an upload made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The asset.
    pub asset: Asset,
    /// The record of the file, with its size, media type, and the MD5 of what was sent.
    pub file: AssetFile,
}

impl MediaServices {
    /// Prepares the upload of a file into a new asset.
    pub fn upload(&self, path: impl Into<PathBuf>) -> Upload {
        Upload {
            media: self.clone(),
            path: path.into(),
            name: None,
            asset: None,
            primary: None,
            content_type: None,
            encrypt: false,
            blocks: Blocks { size: 8 << 20, parallel: 4 },
            patience: Duration::from_secs(60),
            progress: Box::new(|_, _| {}),
        }
    }
}

impl Upload {
    /// Names the asset file, and a new asset after it. By default that is the name of the file,
    /// with `_` for every character that the service does not take.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds the file to an existing asset. It does not become the primary file then, unless
    /// [`Upload::primary`] says so.
    pub fn asset(mut self, asset: impl Into<AssetId>) -> Self {
        self.asset = Some(asset.into());
        self
    }

    /// Says whether processing starts from this file. An asset has one such file at most.
    pub fn primary(mut self, primary: bool) -> Self {
        self.primary = Some(primary);
        self
    }

    /// The media type; by default, what the extension of the name stands for.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Encrypts the content before it is sent: with storage encryption, by the storage key of the
    /// asset, or by a new one. A new asset is made as storage-encrypted; an existing one must be.
    ///
    /// ```no_run
    /// use azure_media::{
    ///     Asset, AssetDeliveryPolicy, AssetDeliveryPolicyType, AssetDeliveryProtocol,
    /// };
    ///
    /// # async fn f(media: azure_media::MediaServices) -> Result<(), Box<dyn std::error::Error>> {
    /// let uploaded = media.upload("film.mp4").encrypt().await?;
    ///
    /// // Such an asset is streamed, in the clear, by a policy only.
    /// let clear = media
    ///     .asset_delivery_policies()
    ///     .create()
    ///     .set(AssetDeliveryPolicy::NAME, "clear")
    ///     .set(AssetDeliveryPolicy::ASSET_DELIVERY_PROTOCOL, AssetDeliveryProtocol::ALL)
    ///     .set(
    ///         AssetDeliveryPolicy::ASSET_DELIVERY_POLICY_TYPE,
    ///         AssetDeliveryPolicyType::NoDynamicEncryption,
    ///     )
    ///     .await?;
    /// let policy = media.asset_delivery_policy(&clear.id).path();
    /// media.asset(&uploaded.asset.id).links(Asset::DELIVERY_POLICIES).add(&policy).await?;
    ///
    /// // The storage holds what was sent: to read it takes the key.
    /// let published = media.publish(&uploaded.asset.id).with_downloads().await?;
    /// for (name, url) in published.downloads {
    ///     media.download(url, name).decrypt(&uploaded.file).await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn encrypt(mut self) -> Self {
        self.encrypt = true;
        self
    }

    /// Bytes in a block: 8 MiB by default, 64 KiB at least. Of a file so large that it would have
    /// more than 50 000 blocks, they become larger.
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.blocks.size = bytes.max(64 << 10);
        self
    }

    /// How many blocks are sent at a time, and so are in memory: 4 by default.
    pub fn parallel(mut self, blocks: usize) -> Self {
        self.blocks.parallel = blocks.max(1);
        self
    }

    /// How long the storage may refuse a new locator (403 or 404) before that counts: 60 s by
    /// default, because Azure takes up to 40 s to make one known.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Calls back, after every block, with how many bytes of how many are sent.
    pub fn progress(mut self, progress: impl FnMut(u64, u64) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    async fn run(self) -> Result<Uploaded, UploadError> {
        let mut cleanup = Cleanup::new(self.media.clone());
        let result = self.run_steps(&mut cleanup).await;
        match &result {
            Ok(_) => cleanup.succeeded().await,
            Err(_) => cleanup.failed().await,
        }
        result
    }

    async fn run_steps(mut self, cleanup: &mut Cleanup) -> Result<Uploaded, UploadError> {
        let mut content = Content::open(&self.path).await?;
        let name = self.name.take().unwrap_or_else(|| mime::asset_file_name(&self.path));
        let content_type =
            self.content_type.take().unwrap_or_else(|| mime::media_type(&name).to_owned());
        let media = self.media.clone();

        let asset = match &self.asset {
            Some(id) => media.asset(id).get().await.at(Step::ReadAsset)?,
            None => new_asset(&media, &name, self.encrypt, cleanup).await?,
        };
        let encryption = match self.encrypt {
            true => Some(Encryption::prepare(&media, &asset.id, cleanup).await?),
            false => None,
        };
        let file = media
            .files()
            .create()
            .set(AssetFile::NAME, name.as_str())
            .set(AssetFile::PARENT_ASSET_ID, &asset.id)
            .set(AssetFile::IS_PRIMARY, self.primary.unwrap_or(self.asset.is_none()))
            .set(AssetFile::MIME_TYPE, content_type.as_str())
            .await
            .at(Step::CreateFile)?;
        cleanup.result(Created::File(file.id.clone()));
        let container = write_locator(&media, &asset, content.len, cleanup).await?;

        content.cipher = encryption.as_ref().map(|encryption| encryption.cipher.clone());
        let ready_by = Instant::now() + self.patience;
        let blob = BlockBlob::new(&container, &name, &content_type, ready_by)?;
        let size = i64::try_from(content.len).unwrap_or(i64::MAX);
        let md5 = content.send(&blob, self.blocks, &mut self.progress).await?;

        let record = media.asset_file(&file.id);
        let mut update = record
            .update()
            .set(AssetFile::CONTENT_FILE_SIZE, size)
            .set(AssetFile::MIME_TYPE, content_type)
            .set(AssetFile::CONTENT_CHECKSUM, hex(&md5));
        if let Some(encryption) = &encryption {
            update = encryption.describe(update);
        }
        update.await.at(Step::UpdateFile)?;
        let file = record.get().await.at(Step::UpdateFile)?;
        Ok(Uploaded { asset, file })
    }
}

async fn new_asset(
    media: &MediaServices,
    name: &str,
    encrypt: bool,
    cleanup: &mut Cleanup,
) -> Result<Asset, UploadError> {
    let options = match encrypt {
        true => AssetCreationOptions::STORAGE_ENCRYPTED,
        false => AssetCreationOptions::NONE,
    };
    let asset = media
        .assets()
        .create()
        .set(Asset::NAME, name)
        .set(Asset::OPTIONS, options)
        .await
        .at(Step::CreateAsset)?;
    cleanup.result(Created::Asset(asset.id.clone()));
    Ok(asset)
}

/// A signed URL of the asset's container, to write to.
async fn write_locator(
    media: &MediaServices,
    asset: &Asset,
    size: u64,
    cleanup: &mut Cleanup,
) -> Result<Url, UploadError> {
    // A day, and what a link of half a megabit takes.
    let minutes = 24.0 * 60.0 + (size / 50_000 / 60) as f64;
    let policy = media
        .access_policies()
        .create()
        .set(AccessPolicy::NAME, "upload")
        .set(AccessPolicy::DURATION_IN_MINUTES, minutes)
        .set(AccessPolicy::PERMISSIONS, AccessPermissions::WRITE)
        .await
        .at(Step::CreatePolicy)?;
    cleanup.temporary(Created::Policy(policy.id.clone()));
    let locator = media
        .locators()
        .create()
        .set(Locator::ACCESS_POLICY_ID, policy.id)
        .set(Locator::ASSET_ID, &asset.id)
        .set(Locator::START_TIME, start_time())
        .set(Locator::LOCATOR_TYPE, LocatorType::SAS)
        .await
        .at(Step::CreateLocator)?;
    cleanup.temporary(Created::Locator(locator.id.clone()));
    let url = locator.path.as_deref().and_then(|path| Url::parse(path).ok());
    Ok(url.ok_or(BlobError::NoUrl)?)
}

/// Five minutes ago, in whole seconds: what every version of the service takes.
pub(crate) fn start_time() -> DateTime {
    let start = DateTime::now().saturating_add(CLOCK_SKEW);
    DateTime::from_ticks(start.ticks() - start.ticks() % edm::time::TICKS_PER_SECOND)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl IntoFuture for Upload {
    type Output = Result<Uploaded, UploadError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("path", &self.path).finish_non_exhaustive()
    }
}
