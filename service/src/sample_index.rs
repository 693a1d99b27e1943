//! Sample indexes: made once for each version of an MP4 file, and kept beside it.
//!
//! No request has to read what a file says of its samples. An index is made when a job stores the
//! file, when a locator makes its asset a stream, or else at first use; of several who want it at
//! the same time one makes it. Its head is read to build presentations, and a few hundred bytes of
//! its body for each fragment.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edm::Record;
use moka::future::Cache;
use packager::{Error as PackagerError, IndexFile, Locate, Mp4, Step};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::blob::{Attachment, AttachmentKind, BlobError, BlobInfo};
use crate::error::ApiError;
use crate::keys::FileReader;
use crate::sets::asset;

const KIND: AttachmentKind = AttachmentKind::SampleIndex;

/// Indexes made at one time. What a file says of its samples is in memory as long.
const AT_ONCE: usize = 2;
/// Indexes of which it is remembered where they are.
const REMEMBERED: u64 = 20_000;
/// Files of which it is remembered that they have no index.
const REFUSED: u64 = 1000;
/// How long that is remembered: the key of an encrypted file may have been mended. And for how long
/// no index is made anew that just was: that would not help either.
const A_WHILE: Duration = Duration::from_secs(60);
/// How much of an index is read to begin with: more than the head of an hour has.
const WINDOW: u64 = 24 << 10;
/// Names of files that have samples end with these.
const EXTENSIONS: [&str; 6] = [".mp4", ".m4v", ".m4a", ".ismv", ".isma", ".mov"];

/// What is remembered of indexes. Clones share it.
#[derive(Clone)]
pub(crate) struct SampleIndexes {
    /// By version of the file.
    found: Cache<i64, Attachment>,
    refused: Cache<i64, PackagerError>,
    /// Those that were made in place of damaged ones.
    anew: Cache<i64, Attachment>,
    turns: Arc<Semaphore>,
}

impl Default for SampleIndexes {
    fn default() -> Self {
        Self {
            found: Cache::new(REMEMBERED),
            refused: Cache::builder().max_capacity(REFUSED).time_to_live(A_WHILE).build(),
            anew: Cache::builder().max_capacity(REFUSED).time_to_live(A_WHILE).build(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl SampleIndexes {
    /// Remembers an index that was looked up, unless another has been made meanwhile.
    async fn remember(&self, version: i64, index: Attachment) -> Attachment {
        self.found.entry(version).or_insert(index).await.into_value()
    }
}

/// Why there is no index.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum IndexError {
    /// The file is not one that can be packaged.
    #[error(transparent)]
    File(#[from] PackagerError),
    /// The file, or the index, cannot be read or stored.
    #[error(transparent)]
    Store(#[from] Arc<BlobError>),
    /// There was an index, and it is not there any more.
    #[error("the index is gone")]
    Gone,
    /// Anything else.
    #[error("{0}")]
    Internal(String),
}

impl IndexError {
    /// Whether it is the index that is at fault, so that another one would do.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::File(error) => matches!(error, PackagerError::DamagedIndex { .. }),
            Self::Store(error) => error.is_loss(),
            Self::Gone => true,
            Self::Internal(_) => false,
        }
    }
}

impl From<BlobError> for IndexError {
    fn from(error: BlobError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<ApiError> for IndexError {
    fn from(error: ApiError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// A version of a file that has an index, or is to have one.
struct Source<'a> {
    app: &'a App,
    asset: &'a str,
    file: &'a FileReader,
    info: &'a BlobInfo,
}

/// Whether a file has samples, to go by its name.
fn has_samples(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}

/// Reads the heads of the indexes of some files of an asset, which must be there. Those that have
/// none are given one.
pub(crate) async fn heads(
    app: &App,
    asset: &str,
    files: &[FileReader],
) -> Result<Vec<Mp4>, IndexError> {
    let infos: Vec<_> = files.iter().filter_map(FileReader::info).collect();
    recall(app, &infos).await?;
    let mut heads = Vec::with_capacity(files.len());
    let mut rows = 0;
    for (file, info) in files.iter().zip(infos) {
        let head = Source { app, asset, file, info }.head().await?;
        // Each is bounded, and so is what all take together.
        rows += head.rows();
        if rows > Mp4::MAX_ROWS {
            return Err(too_many_samples(&info.name));
        }
        heads.push(head);
    }
    Ok(heads)
}

/// Reads a part of the index of a version of a file.
pub(crate) async fn read(app: &App, version: i64, range: Range<u64>) -> Result<Bytes, IndexError> {
    let index = match app.indexes.found.get(&version).await {
        Some(found) => found,
        None => {
            let found = app.blob_store.attachments(&[version], KIND).await?.remove(&version);
            app.indexes.remember(version, found.ok_or(IndexError::Gone)?).await
        }
    };
    Ok(app.blob_store.read_attachment(&index, range).await?)
}

/// Makes the index of a file anew: what is there cannot be read.
pub(crate) async fn repair(app: &App, asset: &str, file: &FileReader) -> Result<(), IndexError> {
    let Some(info) = file.info() else { return Ok(()) };
    Source { app, asset, file, info }.made_anew().await.map(drop)
}

/// Makes the index of a file that was just stored, if it is to have one. A failure is logged only:
/// it is made at first use then.
pub(crate) async fn prepare_file(app: &App, record: &Record) {
    if !has_samples(record.text("Name")) {
        return;
    }
    let made = async {
        let file = FileReader::of(app, record).await?;
        ensure(app, record.text("ParentAssetId"), &file).await
    };
    if let Err(error) = made.await {
        tracing::warn!(name = record.text("Name"), %error, "a file has no index");
    }
}

/// Makes the indexes that files of an asset lack. Failures are logged only.
pub(crate) async fn prepare_asset(app: &App, asset_id: &str) {
    if let Err(error) = make_all(app, asset_id).await {
        tracing::warn!(asset = asset_id, %error, "indexes of an asset were not made");
    }
}

async fn make_all(app: &App, asset: &str) -> Result<(), IndexError> {
    let mut blobs = app.list_blobs(&asset::container_of(asset)).await?;
    blobs.retain(|blob| has_samples(&blob.name));
    recall(app, &blobs.iter().collect::<Vec<_>>()).await?;
    for blob in blobs {
        if app.indexes.found.contains_key(&blob.version()) {
            continue;
        }
        let made = async {
            let file = FileReader::open(app, asset, &blob.name).await?;
            ensure(app, asset, &file).await
        };
        if let Err(error) = made.await {
            tracing::info!(name = blob.name, %error, "a file has no index");
        }
    }
    Ok(())
}

/// Makes the index of a file if it has none, and if the file is there.
async fn ensure(app: &App, asset: &str, file: &FileReader) -> Result<(), IndexError> {
    let Some(info) = file.info() else { return Ok(()) };
    Source { app, asset, file, info }.made().await.map(drop)
}

/// Looks up where the indexes of these versions are, of all at once.
async fn recall(app: &App, blobs: &[&BlobInfo]) -> Result<(), IndexError> {
    let versions = blobs.iter().map(|blob| blob.version());
    let unknown: Vec<_> =
        versions.filter(|version| !app.indexes.found.contains_key(version)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    for (version, found) in app.blob_store.attachments(&unknown, KIND).await? {
        app.indexes.remember(version, found).await;
    }
    Ok(())
}

impl Source<'_> {
    /// The head of the index, which is made if there is none that can be read.
    async fn head(&self) -> Result<Mp4, IndexError> {
        match self.read_head(&self.made().await?).await {
            Err(error) if error.is_damage() => {
                tracing::warn!(name = self.info.name, %error, "an index cannot be read");
                self.read_head(&self.made_anew().await?).await
            }
            read => read,
        }
    }

    async fn read_head(&self, index: &Attachment) -> Result<Mp4, IndexError> {
        let (store, name) = (&self.app.blob_store, &self.info.name);
        let start = store.read_attachment(index, 0..WINDOW.min(index.length)).await?;
        let length = IndexFile::head_length(name, &start)?;
        let head = if length <= start.len() {
            start
        } else {
            let rest = store.read_attachment(index, start.len() as u64..length as u64).await?;
            Bytes::from([start, rest].concat())
        };
        // A few bytes can stand for a million equal rows: not on a thread that others wait for.
        let name = name.clone();
        blocking(move || Ok(Mp4::from_index(&name, &head)?)).await
    }

    /// The index, which is made if there is none; of several who want it one makes it.
    async fn made(&self) -> Result<Attachment, IndexError> {
        let made = self.app.indexes.found.try_get_with(self.info.version(), Box::pin(self.make()));
        made.await.map_err(|error: Arc<IndexError>| (*error).clone())
    }

    /// An index in place of one that cannot be read. All that have found it so get the same.
    async fn made_anew(&self) -> Result<Attachment, IndexError> {
        let (indexes, version) = (&self.app.indexes, self.info.version());
        let anew = async {
            tracing::warn!(name = self.info.name, "an index is made anew");
            let made = self.make().await?;
            indexes.found.insert(version, made.clone()).await;
            Ok(made)
        };
        let made = indexes.anew.try_get_with(version, Box::pin(anew)).await;
        made.map_err(|error: Arc<IndexError>| (*error).clone())
    }

    /// Makes an index, unless the file was refused a while ago.
    async fn make(&self) -> Result<Attachment, IndexError> {
        let (refused, version) = (&self.app.indexes.refused, self.info.version());
        if let Some(error) = refused.get(&version).await {
            return Err(error.into());
        }
        let made = self.index().await;
        if let Err(IndexError::File(error)) = &made {
            refused.insert(version, error.clone()).await;
        }
        made
    }

    async fn index(&self) -> Result<Attachment, IndexError> {
        let turn = self.app.indexes.turns.acquire().await;
        let _turn = turn.map_err(|closed| IndexError::Internal(closed.to_string()))?;
        let (name, size) = (self.info.name.clone(), self.info.size);
        let mut locate = Locate::new(name.as_str(), size);
        let mut step = locate.start();
        let boxes = loop {
            match step {
                Step::Read(range) => step = locate.feed(self.read_file(range).await?)?,
                Step::Found(boxes) => break boxes,
            }
        };
        // An hour of samples takes milliseconds: not on a thread that others wait for.
        // Under one key there may be other assets with a file of this name.
        let boxes = boxes.named(format!("{}/{name}", self.asset));
        let index = blocking(move || Ok(Mp4::parse(&name, boxes, size)?.to_index())).await?;
        let index = index.ok_or_else(|| too_many_samples(&self.info.name))?;
        let container = asset::container_of(self.asset);
        Ok(self.app.blob_store.attach(&container, self.info, KIND, index.into()).await?)
    }

    async fn read_file(&self, range: Range<u64>) -> Result<Bytes, IndexError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        Ok(self.file.bytes(range).await?)
    }
}

fn too_many_samples(file: &str) -> IndexError {
    let (place, what) = ("moov".to_owned(), "an index of so many samples".to_owned());
    PackagerError::Unsupported { file: file.to_owned(), place, what }.into()
}

/// Runs what takes a while.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| IndexError::Internal(error.to_string()))?
}
