//! Storage encryption of streams.

use azure_media::encryption::{CipherError, StorageCipher};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};

/// Encrypts or decrypts a stream that starts at an offset of its file.
pub(crate) fn through<S, E>(
    cipher: StorageCipher,
    offset: u64,
    stream: S,
) -> impl Stream<Item = Result<Bytes, E>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: From<CipherError> + Send,
{
    let mut position = offset;
    stream.map(move |piece| {
        let mut piece = BytesMut::from(piece?);
        cipher.apply(position, &mut piece)?;
        position += piece.len() as u64;
        Ok(piece.freeze())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn streams_are_decrypted_from_where_they_start() {
        let cipher = StorageCipher::new(&[3; 32], u64::MAX).expect("a key");
        let clear = vec![42; 100];
        let mut whole = clear.clone();
        cipher.apply(0, &mut whole).expect("it works");
        for size in [1, 7, 16, 64] {
            let pieces: Vec<_> = whole[5..]
                .chunks(size)
                .map(|piece| Ok::<_, CipherError>(Bytes::copy_from_slice(piece)))
                .collect();
            let pieces = futures_util::stream::iter(pieces);
            let decrypted: Vec<_> = through(cipher.clone(), 5, pieces).collect().await;
            let joined: Vec<u8> =
                decrypted.into_iter().flat_map(|piece| piece.expect("it works")).collect();
            assert_eq!(joined, clear[5..], "{size}");
        }
    }
}
