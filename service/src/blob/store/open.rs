//! Blobs that are read in many places, many times.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::super::error::{BlobError, Result};
use super::super::model::{BlobInfo, PlacedSegment};
use super::near::Near;
use super::read::{BlobReader, ReadGuard, ReadRange, read_ahead};
use super::{BlobStore, target};
use crate::extent::{self, Extent};
use crate::send::Source;

/// What a stream reads at once.
const PIECE: u64 = 1 << 20;

/// One version of a blob, and where its bytes are. May be kept: it keeps nothing from being
/// removed.
#[derive(Debug)]
pub(crate) struct BlobVersion {
    /// What is known of it.
    pub(crate) info: BlobInfo,
    pub(super) segments: Vec<PlacedSegment>,
}

impl BlobVersion {
    /// About what it takes in memory, in bytes.
    pub(crate) fn weight(&self) -> u32 {
        // Keys have some fifty characters.
        let segment = size_of::<PlacedSegment>() + 64;
        u32::try_from(512 + self.segments.len() * segment).unwrap_or(u32::MAX)
    }

    /// The segments that a range consists of, in order, each with what of it is in the range.
    pub(super) fn parts(
        &self,
        range: Range<u64>,
    ) -> impl Iterator<Item = (&PlacedSegment, Range<u64>)> {
        let end_of = |segment: &PlacedSegment| segment.start + segment.length;
        let first = self.segments.partition_point(|segment| end_of(segment) <= range.start);
        let behind = self.segments.iter().skip(first);
        behind.take_while(move |segment| segment.start < range.end).map(move |segment| {
            let (start, end) = (range.start.max(segment.start), range.end.min(end_of(segment)));
            (segment, start - segment.start..end - segment.start)
        })
    }
}

/// One version of a blob, which can be read for as long as this is kept.
#[derive(Clone)]
pub(crate) struct BlobFile {
    pub(super) store: BlobStore,
    pub(super) version: Arc<BlobVersion>,
    _guard: Arc<ReadGuard>,
    /// What of it is at hand.
    pub(super) near: Arc<[Near]>,
}

impl BlobStore {
    /// Keeps every object from being removed whose blob is replaced or deleted from now on.
    pub(crate) fn hold(&self) -> ReadGuard {
        ReadGuard::new(self)
    }

    /// Looks up the version that a blob has now; `None` if there is no blob.
    ///
    /// # Errors
    /// Names that no blob can have, and the failures of the index.
    pub(crate) async fn version(&self, container: &str, name: &str) -> Result<Option<BlobVersion>> {
        match self.find(&target(container, name)?, ReadRange::All).await {
            Ok((info, _, segments)) => Ok(Some(BlobVersion { info, segments })),
            Err(BlobError::BlobNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A version to read. The guard must have been there before the version was looked up, or
    /// before it was seen that it is still the blob's.
    pub(crate) fn open(&self, version: Arc<BlobVersion>, guard: Arc<ReadGuard>) -> BlobFile {
        BlobFile { store: self.clone(), version, _guard: guard, near: Arc::from([]) }
    }
}

impl BlobFile {
    /// What is known of the blob.
    pub(crate) fn info(&self) -> &BlobInfo {
        &self.version.info
    }

    /// Reads a range, which must be within the blob.
    ///
    /// # Errors
    /// The failures of the objects.
    pub(crate) async fn bytes(&self, range: Range<u64>) -> Result<Bytes> {
        let read = extent::read(self.extents_of(range).await?).await;
        Ok(read.map_err(|source| self.failed(source))?.into())
    }

    /// Reads a range, which must be within the blob and as long as the buffer.
    ///
    /// # Errors
    /// The failures of the objects.
    pub(crate) async fn read_into<B>(&self, range: Range<u64>, buffer: B) -> Result<B>
    where
        B: AsMut<[u8]> + Send + 'static,
    {
        let read = extent::read_into(self.extents_of(range).await?, buffer).await;
        read.map_err(|source| self.failed(source))
    }

    /// Opens a range as a stream.
    ///
    /// # Errors
    /// [`BlobError::RangeNotSatisfiable`]. What else fails comes out of the stream.
    pub(crate) fn read(&self, range: ReadRange) -> Result<BlobReader> {
        let size = self.info().size;
        let range = range.within(size).ok_or(BlobError::RangeNotSatisfiable { size })?;
        let file = self.clone();
        let stream = read_ahead(extent::pieces(range.clone(), PIECE), move |piece| {
            let file = file.clone();
            async move { file.bytes(piece).await }
        });
        Ok(BlobReader::new(self.info().clone(), range, stream))
    }

    /// The stretches of local files that a range consists of.
    async fn extents_of(&self, range: Range<u64>) -> Result<Vec<Extent>> {
        if let Some(extents) = self.near.iter().find_map(|near| near.extents(&range)) {
            return Ok(extents);
        }
        let mut extents = Vec::with_capacity(1);
        let mut at = range.start;
        for (segment, part) in self.version.parts(range.clone()) {
            at = segment.start + part.end;
            let files = &self.store.inner.files;
            extents.extend(files.extents(&segment.object, segment.length, part).await?);
        }
        if at == range.end {
            Ok(extents)
        } else {
            Err(self.failed(io::ErrorKind::UnexpectedEof.into()))
        }
    }

    fn failed(&self, source: io::Error) -> BlobError {
        BlobError::File { path: self.info().name.clone(), source }
    }
}

#[async_trait]
impl Source for BlobFile {
    async fn extents(&self, range: Range<u64>) -> io::Result<Vec<Extent>> {
        self.extents_of(range).await.map_err(io::Error::other)
    }
}
