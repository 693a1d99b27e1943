//! Reading ranges of a blob.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio_util::task::AbortOnDropHandle;

use super::super::error::{BlobError, Result};
use super::super::index::BlobRef;
use super::super::model::{BlobInfo, ObjectKey, PlacedSegment};
use super::{BlobStore, target};

/// Bytes fetched at once.
const PIECE: u64 = 2 << 20;

/// Pieces read at the same time, the one being sent included.
const READ_AHEAD: usize = 2;

/// How often a read starts over because the blob was replaced between the
/// look-up of the blob and that of its segments.
const ATTEMPTS: usize = 8;

/// Which bytes of a blob to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadRange {
    /// All of them.
    All,
    /// From the first offset up to and with the last, or to the end.
    From {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte; `None` means the end of the blob.
        last: Option<u64>,
    },
    /// That many bytes at the end.
    Last(u64),
}

impl ReadRange {
    /// Reads a `Range` header (RFC 9110 §14.1.2). `None` for several ranges
    /// and for what cannot be read: such a header is to be ignored.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (unit, range) = header.trim().split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let number = |text: &str| {
            // `parse` would accept a sign. What is too large for it is past the end of everything.
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        match (first, last) {
            ("", count) => number(count).map(Self::Last),
            (first, "") => Some(Self::From { first: number(first)?, last: None }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From { first, last: Some(last) })
            }
        }
    }

    /// The half-open range for a blob of `size` bytes (RFC 9110 §14.1.2);
    /// `None` if it has no byte of the blob.
    pub(crate) fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::All => return Some(0..size),
            Self::From { first, last } => {
                first..last.map_or(size, |last| last.saturating_add(1).min(size))
            }
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        (!range.is_empty()).then_some(range)
    }
}

/// An opened range of one version of a blob. A later write over the blob does
/// not disturb it.
pub(crate) struct BlobReader {
    /// The version being read.
    pub(crate) info: BlobInfo,
    /// The bytes being read.
    pub(crate) range: Range<u64>,
    stream: BoxStream<'static, Result<Bytes>>,
}

impl BlobReader {
    pub(super) fn new(
        info: BlobInfo,
        range: Range<u64>,
        stream: BoxStream<'static, Result<Bytes>>,
    ) -> Self {
        Self { info, range, stream }
    }

    /// The same range, with its bytes put through something on their way.
    pub(crate) fn map<S>(self, through: impl FnOnce(BoxStream<'static, Result<Bytes>>) -> S) -> Self
    where
        S: Stream<Item = Result<Bytes>> + Send + 'static,
    {
        Self { stream: through(self.stream).boxed(), ..self }
    }

    /// Copies the range to the local file `path`, replacing it. A file left by a
    /// failed copy is incomplete.
    ///
    /// # Errors
    /// [`BlobError::File`] when the file cannot be written, and the failures of
    /// the object store.
    pub(crate) async fn save(self, path: &Path) -> Result<BlobInfo> {
        let info = self.info.clone();
        let failed = |source| BlobError::file(path, source);
        let mut file = File::create(path).await.map_err(failed)?;
        file.set_max_buf_size(PIECE as usize);
        let mut stream = self.into_stream();
        while let Some(bytes) = stream.try_next().await? {
            file.write_all(&bytes).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        Ok(info)
    }

    /// The bytes of [`range`](Self::range), fetched a few MiB ahead.
    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<Bytes>> {
        self.stream
    }
}

/// Holds the objects of a version until the read is over.
pub(crate) struct ReadGuard {
    store: BlobStore,
    ticket: u64,
}

impl ReadGuard {
    pub(super) fn new(store: &BlobStore) -> Self {
        Self { ticket: store.inner.readers.enter(), store: store.clone() }
    }
}

impl Drop for ReadGuard {
    fn drop(&mut self) {
        let due = self.store.inner.readers.leave(self.ticket);
        self.store.remove_in_background(due);
    }
}

impl BlobStore {
    /// Opens a range of a blob.
    ///
    /// # Errors
    /// [`BlobError::BlobNotFound`], [`BlobError::RangeNotSatisfiable`] and the
    /// failures of the index. Failures of the object store come out of the
    /// stream.
    pub(crate) async fn read(
        &self,
        container: &str,
        name: &str,
        range: ReadRange,
    ) -> Result<BlobReader> {
        let target = target(container, name)?;
        let guard = ReadGuard::new(self);
        let (info, range, segments) = self.find(&target, range).await?;
        let wanted = range.clone();
        let pieces = segments.into_iter().flat_map(move |segment| pieces(&segment, &wanted));
        let objects = Arc::clone(&self.inner.objects);
        let stream = read_ahead(pieces, move |(key, piece)| {
            // Owned by the stream: dropped with it.
            let _ = &guard;
            fetch(Arc::clone(&objects), key, piece)
        });
        Ok(BlobReader::new(info, range, stream))
    }

    /// The blob and those of its segments that overlap the range.
    pub(super) async fn find(
        &self,
        target: &BlobRef,
        wanted: ReadRange,
    ) -> Result<(BlobInfo, Range<u64>, Vec<PlacedSegment>)> {
        for _ in 0..ATTEMPTS {
            let Some(info) = self.inner.index.blob(target).await? else {
                break;
            };
            let Some(range) = wanted.within(info.size) else {
                return Err(BlobError::RangeNotSatisfiable { size: info.size });
            };
            if range.is_empty() {
                return Ok((info, range, Vec::new()));
            }
            let segments = self.inner.index.segments(info.version, range.clone()).await?;
            if !segments.is_empty() {
                return Ok((info, range, segments));
            }
        }
        Err(BlobError::BlobNotFound {
            container: target.container.clone(),
            name: target.name.clone(),
        })
    }
}

/// Reads pieces in their order, the next one while one is being sent.
///
/// Each is read by a task of its own. A receiver who has enough for now does not ask for the next
/// piece, and what is begun for that would stand still: with a turn that others wait for, or with
/// what they would have shared.
pub(super) fn read_ahead<P, F>(
    pieces: impl Iterator<Item = P> + Send + 'static,
    read: impl Fn(P) -> F + Send + 'static,
) -> BoxStream<'static, Result<Bytes>>
where
    F: Future<Output = Result<Bytes>> + Send + 'static,
{
    stream::iter(pieces)
        .map(move |piece| AbortOnDropHandle::new(tokio::spawn(read(piece))))
        .buffered(READ_AHEAD)
        .map(|read| read.unwrap_or(Err(BlobError::Interrupted)))
        .boxed()
}

/// Cuts the overlap of a segment and a range of the blob into pieces; each is
/// a range of the segment's object.
fn pieces(
    segment: &PlacedSegment,
    range: &Range<u64>,
) -> impl Iterator<Item = (ObjectKey, Range<u64>)> + use<> {
    let first = range.start.saturating_sub(segment.start);
    let end = (range.end - segment.start.min(range.end)).min(segment.length);
    let key = segment.object.clone();
    (first..end)
        .step_by(PIECE as usize)
        .map(move |start| (key.clone(), start..(start + PIECE).min(end)))
}

async fn fetch(objects: Arc<dyn ObjectStore>, key: ObjectKey, piece: Range<u64>) -> Result<Bytes> {
    let wanted = piece.end - piece.start;
    let bytes = objects.get_range(&key.path(), piece).await?;
    // An object store answers a range past the end with fewer bytes.
    if bytes.len() as u64 == wanted {
        Ok(bytes)
    } else {
        Err(BlobError::Damaged { object: key.as_str().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_blob() {
        let from = |first, last| ReadRange::From { first, last };
        assert_eq!(from(2, Some(3)).within(10), Some(2..4));
        assert_eq!(from(2, Some(u64::MAX)).within(10), Some(2..10));
        assert_eq!(from(10, None).within(10), None);
        assert_eq!(ReadRange::Last(4).within(10), Some(6..10));
        assert_eq!(ReadRange::Last(40).within(10), Some(0..10));
        assert_eq!(ReadRange::Last(0).within(10), None);
        assert_eq!(ReadRange::All.within(0), Some(0..0));
        assert_eq!(ReadRange::Last(1).within(0), None);
    }

    #[test]
    fn pieces_cover_the_overlap_once() {
        let segment =
            PlacedSegment { start: 100, object: ObjectKey::stored("k".into()), length: 2 * PIECE };
        let cut: Vec<_> = pieces(&segment, &(150..100 + PIECE + 60)).collect();
        let ranges: Vec<_> = cut.into_iter().map(|(_, range)| range).collect();
        assert_eq!(ranges, [50..50 + PIECE, 50 + PIECE..PIECE + 60]);
        assert_eq!(pieces(&segment, &(0..100)).count(), 0);
        assert_eq!(pieces(&segment, &(0..101)).count(), 1);
    }

    #[test]
    fn single_ranges_are_read_and_others_ignored() {
        let from = |first, last| Some(ReadRange::From { first, last });
        assert_eq!(ReadRange::parse("bytes=0-9"), from(0, Some(9)));
        assert_eq!(ReadRange::parse("bytes=5-"), from(5, None));
        assert_eq!(ReadRange::parse("Bytes=-5"), Some(ReadRange::Last(5)));
        let huge = "99999999999999999999";
        for (header, want) in [
            (format!("bytes=2-{huge}"), Some(2..9)),
            (format!("bytes=-{huge}"), Some(0..9)),
            (format!("bytes={huge}-"), None),
            (format!("bytes={huge}-{huge}"), None),
        ] {
            let range = ReadRange::parse(&header).map(|range| range.within(9));
            assert_eq!(range, Some(want), "{header}");
        }
        for other in [
            "bytes=0-1,4-5",
            "bytes=9-1",
            "bytes=-",
            "bytes=+1-2",
            "chunks=0-1",
            "bytes=a-b",
            "0-1",
        ] {
            assert_eq!(ReadRange::parse(other), None, "{other}");
        }
    }
}
