//! Segments of MPEG transport streams, made piece by piece while they are sent.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use packager::ts::{Piece, Segment};

use super::content::PieceError;
use crate::app::App;
use crate::blob::{BlobError, ReadGuard};
use crate::buffer::Buffer;
use crate::keys::{AssetFile, FileReader};

/// A segment, and the versions of the files that it is made of.
#[derive(Debug)]
pub(super) struct SegmentContent {
    segment: Arc<Segment>,
    files: Box<[Arc<AssetFile>]>,
}

impl SegmentContent {
    /// A segment of files, in the order in which it names them.
    pub(super) fn new(segment: Segment, files: &[FileReader]) -> Self {
        let files = files.iter().map(FileReader::file).collect();
        Self { segment: Arc::new(segment), files }
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        self.segment.content_length()
    }

    /// About what it takes in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.segment.memory()
    }

    /// The segment, to make a range of it.
    pub(super) async fn open(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: &Range<u64>,
    ) -> Result<Transport, BlobError> {
        let mut pieces: Vec<_> = self.segment.pieces().collect();
        pieces.retain(|piece| piece.bytes.start < range.end && range.start < piece.bytes.end);
        let mut files = Vec::with_capacity(self.files.len());
        for (number, file) in self.files.iter().enumerate() {
            let file = FileReader::new(app, Arc::clone(file), Arc::clone(&guard));
            if app.blob_store.is_local() {
                files.push(file);
                continue;
            }
            let reads = pieces.iter().flat_map(|piece| &piece.reads);
            let reads = reads.filter(|read| read.file == number);
            let ranges: Vec<_> = reads.map(|read| read.range.clone()).collect();
            files.push(file.near(&ranges).await?);
        }
        Ok(Transport { segment: Arc::clone(&self.segment), pieces, files: files.into() })
    }
}

/// A segment that is being made.
pub(super) struct Transport {
    segment: Arc<Segment>,
    pieces: Vec<Piece>,
    files: Arc<[FileReader]>,
}

impl Transport {
    /// The bytes of the range that it was opened for.
    pub(super) fn stream(
        self,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, PieceError>> + Send {
        let Self { segment, pieces, files } = self;
        stream::iter(pieces).then(move |piece| {
            let (segment, files) = (Arc::clone(&segment), Arc::clone(&files));
            let range = range.clone();
            async move {
                let bytes = make(&segment, &files, &piece).await?;
                // Within the piece, which is in memory.
                let at = |offset: u64| (offset - piece.bytes.start) as usize;
                let start = at(range.start.max(piece.bytes.start));
                Ok(bytes.slice(start..at(range.end.min(piece.bytes.end))))
            }
        })
    }
}

async fn make(segment: &Segment, files: &[FileReader], piece: &Piece) -> Result<Bytes, PieceError> {
    let mut data = Vec::with_capacity(piece.reads.len());
    for read in &piece.reads {
        data.push(files[read.file].buffer(read.range.clone()).await?);
    }
    let mut out = Buffer::new(piece.len());
    segment.write(piece, &data, out.as_mut())?;
    Ok(Bytes::from_owner(out))
}
