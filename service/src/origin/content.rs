//! What an answer consists of, and the part of it that is sent. It can be sent any number of times.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use packager::Error as PackagerError;

use super::OriginError;
use super::encrypted::EncryptedContent;
use super::enveloped::EnvelopedContent;
use super::transport::SegmentContent;
use crate::app::App;
use crate::blob::{BlobError, ReadGuard, ReadRange};
use crate::keys::{AssetFile, FileReader};
use crate::send::{FileBody, FileQueue, Part, slice};

/// Bytes on their way.
pub(super) type Pieces = BoxStream<'static, Result<Bytes, PieceError>>;

/// Why bytes that are on their way end too early.
#[derive(Debug, thiserror::Error)]
pub(super) enum PieceError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] BlobError),
    /// A sample is not what the file says of it.
    #[error(transparent)]
    Media(#[from] PackagerError),
}

/// What an answer consists of.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Bytes that are in memory.
    Bytes(Bytes),
    /// Bytes, and ranges of a file.
    File(Arc<FileContent>),
    /// A segment of a transport stream.
    Segment(Arc<SegmentContent>),
    /// A fragment whose samples are encrypted.
    Encrypted(Arc<EncryptedContent>),
    /// What is encrypted as a whole.
    Enveloped(Arc<EnvelopedContent>),
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<FileContent> for Content {
    fn from(file: FileContent) -> Self {
        Self::File(Arc::new(file))
    }
}

impl From<SegmentContent> for Content {
    fn from(segment: SegmentContent) -> Self {
        Self::Segment(Arc::new(segment))
    }
}

impl From<EncryptedContent> for Content {
    fn from(fragment: EncryptedContent) -> Self {
        Self::Encrypted(Arc::new(fragment))
    }
}

impl From<EnvelopedContent> for Content {
    fn from(content: EnvelopedContent) -> Self {
        Self::Enveloped(Arc::new(content))
    }
}

impl Content {
    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.length,
            Self::Segment(segment) => segment.length(),
            Self::Encrypted(fragment) => fragment.length(),
            Self::Enveloped(content) => content.length(),
        }
    }

    /// About what it takes in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(file) => file.weight(),
            Self::Segment(segment) => segment.weight(),
            Self::Encrypted(fragment) => fragment.weight(),
            Self::Enveloped(content) => content.weight(),
        }
    }

    /// The body of an answer with a range of it, which must be within it.
    pub(super) async fn body(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: Range<u64>,
        files: Option<FileQueue>,
    ) -> Result<Body, OriginError> {
        match self {
            Self::Bytes(bytes) => Ok(Body::from(part_of(bytes, &range))),
            Self::File(file) => file.body(app, guard, &range, files).await,
            _ => started(self.pieces(app, guard, range).await?).await,
        }
    }

    /// The bytes of a range of it, which must be within it.
    pub(super) async fn pieces(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: Range<u64>,
    ) -> Result<Pieces, BlobError> {
        Ok(match self {
            Self::Bytes(bytes) => {
                let part = part_of(bytes, &range);
                stream::once(std::future::ready(Ok(part))).boxed()
            }
            Self::File(file) => file.pieces(app, guard, &range).await?,
            Self::Segment(segment) => segment.open(app, guard, &range).await?.stream(range).boxed(),
            Self::Encrypted(fragment) => {
                Arc::clone(fragment).stream(app, guard, range).await?.boxed()
            }
            Self::Enveloped(content) => Box::pin(content.pieces(app, guard, range)).await?,
        })
    }
}

/// Bytes, and ranges of a version of a file.
#[derive(Debug)]
pub(super) struct FileContent {
    file: Arc<AssetFile>,
    parts: Box<[Part]>,
    length: u64,
    /// Whether it is short enough to be fetched before it is sent, where blobs are far away.
    is_fragment: bool,
}

impl FileContent {
    /// What a fragment consists of, in order.
    pub(super) fn fragment(file: Arc<AssetFile>, parts: Vec<Part>) -> Self {
        let length = parts.iter().map(Part::length).sum();
        Self { file, parts: parts.into(), length, is_fragment: true }
    }

    /// All of a file, which has this length.
    pub(super) fn whole(file: Arc<AssetFile>, length: u64) -> Self {
        Self { file, parts: [Part::Range(0..length)].into(), length, is_fragment: false }
    }

    fn weight(&self) -> usize {
        let part = |part: &Part| match part {
            Part::Bytes(bytes) => size_of::<Part>() + bytes.len(),
            Part::Range(_) => size_of::<Part>(),
        };
        self.parts.iter().map(part).sum()
    }

    async fn body(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: &Range<u64>,
        files: Option<FileQueue>,
    ) -> Result<Body, OriginError> {
        let Some(version) = self.file.clear_version() else {
            return started(self.pieces(app, guard, range).await?).await;
        };
        let parts = slice(self.parts.iter().cloned(), range);
        let mut blob = app.blob_store.open(version, guard);
        if self.is_fragment && !app.blob_store.is_local() {
            let ranges: Vec<_> = parts.iter().filter_map(Part::range).collect();
            blob = blob.near(&ranges).await?;
        }
        Ok(Body::new(FileBody::new(Arc::new(blob), files, parts)))
    }

    async fn pieces(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: &Range<u64>,
    ) -> Result<Pieces, BlobError> {
        let parts = slice(self.parts.iter().cloned(), range);
        let mut file = FileReader::new(app, Arc::clone(&self.file), guard);
        if self.is_fragment {
            let ranges: Vec<_> = parts.iter().filter_map(Part::range).collect();
            file = file.near(&ranges).await?;
        }
        let pieces = stream::iter(parts).map(move |part| {
            Ok::<Pieces, BlobError>(match part {
                Part::Bytes(bytes) => stream::once(std::future::ready(Ok(bytes))).boxed(),
                // None is empty that was sliced.
                Part::Range(Range { start: first, end }) => {
                    let read = ReadRange::From { first, last: Some(end - 1) };
                    file.read(read)?.into_stream().map_err(PieceError::from).boxed()
                }
            })
        });
        Ok(pieces.map_err(PieceError::from).try_flatten().boxed())
    }
}

/// The body of an answer, once its first bytes are there: what is wrong with them can be answered.
///
/// Behind them, the length has been told. The stream fails, and with it the connection, so that
/// nobody takes a part for the whole.
async fn started(mut pieces: Pieces) -> Result<Body, OriginError> {
    let first = pieces.next().await.transpose()?;
    let rest = pieces.inspect_err(|error| tracing::warn!(%error, "an answer was cut off"));
    Ok(Body::from_stream(stream::iter(first.map(Ok)).chain(rest)))
}

/// A range of bytes that are in memory.
fn part_of(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(range.start)..at(range.end))
}
