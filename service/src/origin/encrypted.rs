//! Fragments whose samples are encrypted while they are sent.
//!
//! What a fragment says of its samples comes before them, and depends on what is in them. So all of
//! it is read once to find that out; what was found is kept, and no media data with it: clients may
//! take as long as they like to receive a fragment.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use packager::protect::{EncryptedFragment, SampleEncryptor, SampleRun};

use super::content::PieceError;
use super::{Code, Origin, OriginError};
use crate::app::App;
use crate::blob::{BlobError, ReadGuard};
use crate::extent;
use crate::keys::{AssetFile, FileReader};
use crate::send::{Part, slice};

/// Fragments with more media data are not encrypted sample by sample: ten seconds at 100 Mbit/s
/// have less.
const LARGEST: u64 = 128 << 20;
/// How much media data may be in memory to be described, in KiB; more waits.
pub(super) const DESCRIBED_AT_ONCE: usize = 256 << 10;
/// What is read at once to be described.
const PIECE: u64 = 1 << 20;
/// What is encrypted at once: a tenth of a millisecond's work.
const RUN: u64 = 256 << 10;

/// A fragment, and the version of the file that it is made of.
#[derive(Debug)]
pub(super) struct EncryptedContent {
    fragment: EncryptedFragment,
    file: Arc<AssetFile>,
}

impl EncryptedContent {
    /// Reads a fragment to find what of it is to be encrypted.
    pub(super) async fn new(
        origin: &Origin,
        file: FileReader,
        encryptor: Box<SampleEncryptor>,
    ) -> Result<Self, OriginError> {
        let fragment = encryptor.fragment();
        let length: u64 = fragment.ranges.iter().map(|range| range.end - range.start).sum();
        if length > LARGEST {
            let message = format!("A fragment of more than {LARGEST} bytes cannot be encrypted.");
            return Err(OriginError::new(Code::FormatNotSupported, message));
        }
        // Bounded above, it is a number that there are permits for.
        let kib = u32::try_from(length / 1024 + 1).map_err(OriginError::internal)?;
        let permit = Arc::clone(&origin.describing).acquire_many_owned(kib).await;
        let permit = permit.map_err(OriginError::internal)?;
        let near = file.near(&fragment.ranges).await?;
        let mut data = Vec::with_capacity(usize::try_from(length).map_err(OriginError::internal)?);
        for range in fragment.ranges.clone() {
            for piece in extent::pieces(range, PIECE) {
                data.extend_from_slice(&near.bytes(piece).await?);
            }
        }
        let work = tokio::task::spawn_blocking(move || {
            let described = encryptor.describe(&data);
            drop(data);
            // Held until then, also when nobody waits any more.
            drop(permit);
            described
        });
        let fragment = work.await.map_err(OriginError::internal)??;
        Ok(Self { fragment, file: file.file() })
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        self.fragment.fragment().content_length()
    }

    /// About what it takes in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.fragment.memory()
    }

    /// The bytes of a range of it.
    pub(super) async fn stream(
        self: Arc<Self>,
        app: &App,
        guard: Arc<ReadGuard>,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes, PieceError>> + Send + use<>, BlobError> {
        let head = self.fragment.fragment().head.clone();
        let behind = |offset: u64| offset.saturating_sub(head.len() as u64);
        let data = behind(range.start)..behind(range.end);
        let runs = self.fragment.runs(RUN);
        let runs: Vec<_> =
            runs.filter(|run| run.data.start < data.end && data.start < run.data.end).collect();
        let all = match (runs.first(), runs.last()) {
            (Some(first), Some(last)) => self.ranges(&(first.data.start..last.data.end)),
            _ => Vec::new(),
        };
        let file = FileReader::new(app, Arc::clone(&self.file), guard).near(&all).await?;
        // What of the range is before the data is in memory.
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(head.len());
        let start = head.slice(at(range.start)..at(range.end));
        let runs = stream::iter(runs).then(move |run| {
            let (this, file, data) = (Arc::clone(&self), file.clone(), data.clone());
            async move {
                let bytes = this.encrypt(&file, &run).await?;
                // Within the run, which is in memory.
                let at = |offset: u64| (offset - run.data.start) as usize;
                let start = at(data.start.max(run.data.start));
                Ok(bytes.slice(start..at(data.end.min(run.data.end))))
            }
        });
        Ok(stream::once(std::future::ready(Ok(start))).chain(runs))
    }

    async fn encrypt(&self, file: &FileReader, run: &SampleRun) -> Result<Bytes, PieceError> {
        let mut data = BytesMut::new();
        for range in self.ranges(&run.data) {
            let read = file.bytes(range).await?;
            if data.is_empty() {
                data = BytesMut::from(read);
            } else {
                data.extend_from_slice(&read);
            }
        }
        self.fragment.encrypt(run, &mut data)?;
        Ok(data.freeze())
    }

    /// Where a part of the media data is in the file.
    fn ranges(&self, data: &Range<u64>) -> Vec<Range<u64>> {
        let all = self.fragment.fragment().ranges.iter().cloned().map(Part::Range);
        slice(all, data).iter().filter_map(Part::range).collect()
    }
}
