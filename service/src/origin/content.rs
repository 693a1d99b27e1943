//! What an answer consists of, and the part of it that is sent.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, stream};

use super::transport::Transport;
use crate::blob::{BlobError, BlobFile};
use crate::send::{FileBody, FileQueue, Part, slice};

/// What an answer consists of.
pub(super) enum Content {
    /// Bytes that are in memory.
    Bytes(Bytes),
    /// Bytes, and ranges of a blob as it is.
    File {
        /// The blob.
        blob: BlobFile,
        /// What is sent, in order.
        parts: Vec<Part>,
    },
    /// A segment of a transport stream.
    Transport(Transport),
    /// Bytes that are made while they are sent.
    Stream {
        /// How many there will be.
        length: u64,
        /// The bytes.
        stream: BoxStream<'static, Result<Bytes, BlobError>>,
    },
}

impl Content {
    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { parts, .. } => parts.iter().map(Part::length).sum(),
            Self::Transport(segment) => segment.length(),
            Self::Stream { length, .. } => *length,
        }
    }

    /// The body of an answer with a range of it, which must be within it.
    pub(super) fn into_body(self, range: Range<u64>, files: Option<FileQueue>) -> Body {
        match self {
            Self::Bytes(bytes) => {
                // Within what is in memory.
                let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Body::from(bytes.slice(at(range.start)..at(range.end)))
            }
            Self::File { blob, parts } => {
                let parts = slice(parts, &range);
                Body::new(FileBody::new(Arc::new(blob), files, parts))
            }
            Self::Transport(segment) => Body::from_stream(segment.stream(range)),
            Self::Stream { stream, .. } => Body::from_stream(part_of(stream, range)),
        }
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
