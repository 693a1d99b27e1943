//! Segments of MPEG transport streams, made piece by piece while they are sent.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use packager::ts::{Piece, Segment};

use super::OriginError;
use crate::app::App;
use crate::blob::BlobError;
use crate::keys::FileReader;

/// A segment, and the files that it is made of.
pub(super) struct Transport {
    segment: Arc<Segment>,
    pieces: Vec<Piece>,
    files: Arc<[FileReader]>,
}

impl Transport {
    pub(super) async fn open(
        app: &App,
        asset: &str,
        segment: Segment,
    ) -> Result<Self, OriginError> {
        let pieces: Vec<_> = segment.pieces().collect();
        let mut files = Vec::with_capacity(segment.files().len());
        for (number, name) in segment.files().iter().enumerate() {
            let reads = pieces.iter().flat_map(|piece| &piece.reads);
            let reads = reads.filter(|read| read.file == number);
            let ranges: Vec<_> = reads.map(|read| read.range.clone()).collect();
            let file = FileReader::open(app, asset, name).await?;
            files.push(file.near(&ranges).await.map_err(OriginError::internal)?);
        }
        Ok(Self { segment: Arc::new(segment), pieces, files: files.into() })
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        self.segment.content_length()
    }

    /// The bytes of a range, which must be within it. Only the pieces that it touches are made.
    ///
    /// By the time that a sample turns out not to be what the file says, the length has been told:
    /// the stream fails, and with it the connection, so that nobody takes a part for the whole.
    pub(super) fn stream(
        self,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, BlobError>> + Send {
        let Self { segment, mut pieces, files } = self;
        pieces.retain(|piece| piece.bytes.start < range.end && range.start < piece.bytes.end);
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

async fn make(segment: &Segment, files: &[FileReader], piece: &Piece) -> Result<Bytes, BlobError> {
    let mut data = Vec::with_capacity(piece.reads.len());
    for read in &piece.reads {
        data.push(files[read.file].bytes(read.range.clone()).await?);
    }
    let mut out = vec![0; piece.len()];
    segment.write(piece, &data, &mut out).map_err(|error| BlobError::File {
        path: segment.files().first().map_or_else(String::new, |name| name.to_string()),
        source: io::Error::new(io::ErrorKind::InvalidData, error),
    })?;
    Ok(out.into())
}
