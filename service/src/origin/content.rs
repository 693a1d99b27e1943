//! What an answer consists of, and the part of it that is sent.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, stream};
use packager::protect::SampleEncryptor;

use super::transport::SegmentContent;
use super::{Origin, OriginError, fragment};
use crate::app::App;
use crate::blob::{BlobError, BlobVersion, ReadGuard};
use crate::keys::FileReader;
use crate::send::{FileBody, FileQueue, Part, slice};

/// What an answer consists of.
pub(super) enum Content {
    /// What can be sent any number of times.
    Lasting(Lasting),
    /// Bytes that are made while they are sent.
    Stream {
        /// How many there will be.
        length: u64,
        /// The bytes.
        stream: BoxStream<'static, Result<Bytes, BlobError>>,
    },
    /// A fragment that is to be encrypted before anything of it can be sent.
    Samples(FileReader, Box<SampleEncryptor>),
}

/// Content that can be sent any number of times.
#[derive(Clone, Debug)]
pub(super) enum Lasting {
    /// Bytes that are in memory.
    Bytes(Bytes),
    /// Bytes, and ranges of a blob as it is.
    File(Arc<FileContent>),
    /// A segment of a transport stream.
    Segment(Arc<SegmentContent>),
}

/// Bytes, and ranges of a version of a blob.
#[derive(Debug)]
pub(super) struct FileContent {
    version: Arc<BlobVersion>,
    parts: Box<[Part]>,
    length: u64,
    /// Whether it is short enough to be fetched before it is sent, where blobs are far away.
    is_fragment: bool,
}

impl FileContent {
    /// What a fragment consists of, in order.
    pub(super) fn fragment(version: Arc<BlobVersion>, parts: Vec<Part>) -> Self {
        let length = parts.iter().map(Part::length).sum();
        Self { version, parts: parts.into(), length, is_fragment: true }
    }

    /// All of a blob.
    pub(super) fn whole(version: Arc<BlobVersion>) -> Self {
        let length = version.info.size;
        Self { version, parts: [Part::Range(0..length)].into(), length, is_fragment: false }
    }

    /// The body of a range of it.
    async fn body(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: &Range<u64>,
        files: Option<FileQueue>,
    ) -> Result<Body, OriginError> {
        let parts = slice(self.parts.iter().cloned(), range);
        let mut blob = app.blob_store.open(Arc::clone(&self.version), guard);
        if self.is_fragment && !app.blob_store.is_local() {
            let ranges: Vec<_> = parts.iter().filter_map(Part::range).collect();
            blob = blob.near(&ranges).await?;
        }
        Ok(Body::new(FileBody::new(Arc::new(blob), files, parts)))
    }
}

impl Lasting {
    /// About what it takes in memory, in bytes.
    pub(super) fn weight(&self) -> u32 {
        let part = |part: &Part| match part {
            Part::Bytes(bytes) => size_of::<Part>() + bytes.len(),
            Part::Range(_) => size_of::<Part>(),
        };
        let bytes = match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(file) => file.parts.iter().map(part).sum(),
            Self::Segment(segment) => segment.weight(),
        };
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Lasting(Lasting::Bytes(bytes))
    }
}

impl From<FileContent> for Content {
    fn from(file: FileContent) -> Self {
        Self::Lasting(Lasting::File(Arc::new(file)))
    }
}

impl From<SegmentContent> for Content {
    fn from(segment: SegmentContent) -> Self {
        Self::Lasting(Lasting::Segment(Arc::new(segment)))
    }
}

impl Content {
    /// Encrypts what has to be before anything can be sent.
    pub(super) async fn made(self, origin: &Origin) -> Result<Self, OriginError> {
        match self {
            Self::Samples(file, encryptor) => {
                Box::pin(fragment::encrypted(origin, file, encryptor)).await
            }
            ready => Ok(ready),
        }
    }

    /// How many bytes it has, once it is made.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Lasting(Lasting::Bytes(bytes)) => bytes.len() as u64,
            Self::Lasting(Lasting::File(file)) => file.length,
            Self::Lasting(Lasting::Segment(segment)) => segment.length(),
            Self::Stream { length, .. } => *length,
            Self::Samples(..) => 0,
        }
    }

    /// The body of an answer with a range of it, which must be within it.
    pub(super) async fn into_body(
        self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: Range<u64>,
        files: Option<FileQueue>,
    ) -> Result<Body, OriginError> {
        Ok(match self {
            Self::Lasting(Lasting::Bytes(bytes)) => {
                // Within what is in memory.
                let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Body::from(bytes.slice(at(range.start)..at(range.end)))
            }
            Self::Lasting(Lasting::File(file)) => file.body(app, guard, &range, files).await?,
            Self::Lasting(Lasting::Segment(segment)) => {
                Body::from_stream(segment.open(app, guard, &range).await?.stream(range))
            }
            Self::Stream { stream, .. } => Body::from_stream(part_of(stream, range)),
            Self::Samples(..) => Body::empty(),
        })
    }
}

/// The bytes of a stream that are in a range of it.
fn part_of<E>(
    stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, E>> + Send {
    let left = range.end - range.start;
    let state = (stream.boxed(), range.start, left);
    stream::unfold(state, |(mut stream, mut skip, mut left)| async move {
        while left > 0 {
            let mut piece = match stream.next().await? {
                Ok(piece) => piece,
                Err(error) => return Some((Err(error), (stream, skip, 0))),
            };
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(piece.len());
            piece = piece.slice(skipped..);
            skip -= skipped as u64;
            piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if !piece.is_empty() {
                left -= piece.len() as u64;
                return Some((Ok(piece), (stream, skip, left)));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::TryStreamExt as _;

    use super::*;

    #[tokio::test]
    async fn ranges_of_streams_are_cut_out_of_their_pieces() {
        for (range, want) in [
            (0..9, "abcdefghi"),
            (0..1, "a"),
            (3..4, "d"),
            (2..7, "cdefg"),
            (8..9, "i"),
            (4..4, ""),
        ] {
            let pieces = ["abc", "", "de", "fghi"].map(|text| Ok::<_, BlobError>(text.into()));
            let part: Vec<Bytes> =
                part_of(stream::iter(pieces), range).try_collect().await.unwrap();
            assert_eq!(part.concat(), want.as_bytes());
        }
    }
}
