//! What is encrypted as a whole, while it is sent.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use packager::protect::EnvelopeEncryptor;

use super::content::{Content, PieceError, Pieces};
use crate::app::App;
use crate::blob::{BlobError, ReadGuard};

/// Content, and what encrypts it.
#[derive(Debug)]
pub(super) struct EnvelopedContent {
    clear: Content,
    encryptor: EnvelopeEncryptor,
}

impl EnvelopedContent {
    pub(super) fn new(clear: Content, encryptor: EnvelopeEncryptor) -> Self {
        Self { clear, encryptor }
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        EnvelopeEncryptor::encrypted_length(self.clear.length())
    }

    /// About what it takes in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.clear.weight()
    }

    /// The bytes of a range of it. Each block depends on all before it, so that they have to be
    /// encrypted, too.
    pub(super) async fn pieces(
        &self,
        app: &App,
        guard: Arc<ReadGuard>,
        range: Range<u64>,
    ) -> Result<Pieces, BlobError> {
        let clear = self.clear.pieces(app, guard, 0..self.clear.length()).await?;
        Ok(part_of(enveloped(clear, self.encryptor.clone()), range).boxed())
    }
}

/// A stream through a cipher, which has a last block when it ends.
fn enveloped(
    clear: Pieces,
    encryptor: EnvelopeEncryptor,
) -> impl Stream<Item = Result<Bytes, PieceError>> + Send {
    stream::unfold((clear, Some(encryptor)), |(mut clear, encryptor)| async move {
        let mut encryptor = encryptor?;
        Some(match clear.next().await {
            Some(Ok(piece)) => {
                let hidden = encryptor.update(&piece);
                (Ok(hidden.into()), (clear, Some(encryptor)))
            }
            Some(Err(error)) => (Err(error), (clear, None)),
            None => (Ok(encryptor.finish().into()), (clear, None)),
        })
    })
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
