//! Storage encryption: the cipher of an asset's files at rest.
//!
//! It is AES-256 in counter mode. A counter block is the file's initialization vector, eight bytes
//! in network order, and the number of the block, eight more; so any part of a file can be
//! decrypted by itself, and a file is as long encrypted as it is in the clear.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use secrecy::ExposeSecret as _;

use super::Secret;

/// What [`AssetFile.EncryptionScheme`](azure_media::v2_19::AssetFile) says of such a file.
pub(crate) const SCHEME: &str = "StorageEncryption";
/// And its `EncryptionVersion`.
pub(crate) const VERSION: &str = "1.0";
/// Bytes in a key.
pub(crate) const KEY_SIZE: usize = 32;
/// Bytes in a block of AES.
const BLOCK: usize = 16;

/// The cipher of one file. It is its own inverse.
#[derive(Clone)]
pub(crate) struct StorageCipher {
    key: Arc<EncryptingKey>,
    iv: u64,
}

impl fmt::Debug for StorageCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageCipher").finish_non_exhaustive()
    }
}

impl StorageCipher {
    /// The cipher of a file with this vector; `None` if the key has not 32 bytes.
    pub(crate) fn new(key: &Secret, iv: u64) -> Option<Self> {
        let key = UnboundCipherKey::new(&AES_256, key.expose_secret()).ok()?;
        Some(Self { key: Arc::new(EncryptingKey::ctr(key).ok()?), iv })
    }

    /// Encrypts or decrypts what stands at an offset of the file.
    pub(crate) fn apply(&self, offset: u64, data: &mut [u8]) -> Result<(), CipherError> {
        let (mut block, skip) = (offset / BLOCK as u64, (offset % BLOCK as u64) as usize);
        let mut rest = data;
        if skip > 0 {
            let taken = rest.len().min(BLOCK - skip);
            let (head, tail) = rest.split_at_mut(taken);
            let mut whole = [0; BLOCK];
            whole[skip..skip + taken].copy_from_slice(head);
            self.blocks(block, &mut whole)?;
            head.copy_from_slice(&whole[skip..skip + taken]);
            (rest, block) = (tail, block + 1);
        }
        self.blocks(block, rest)
    }

    /// From the start of a block on.
    fn blocks(&self, first: u64, data: &mut [u8]) -> Result<(), CipherError> {
        if data.is_empty() {
            return Ok(());
        }
        let mut counter = [0; BLOCK];
        counter[..8].copy_from_slice(&self.iv.to_be_bytes());
        counter[8..].copy_from_slice(&first.to_be_bytes());
        let context = EncryptionContext::Iv128(FixedLength::from(counter));
        self.key.less_safe_encrypt(data, context).map(drop).map_err(|_| CipherError)
    }

    /// Encrypts or decrypts a stream that starts at an offset of the file.
    pub(crate) fn stream<S, E>(
        self,
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
            self.apply(position, &mut piece)?;
            position += piece.len() as u64;
            Ok(piece.freeze())
        })
    }
}

/// The cipher failed, which it does not.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the cipher of a storage-encrypted file failed")]
pub(crate) struct CipherError;

impl From<CipherError> for std::io::Error {
    fn from(error: CipherError) -> Self {
        Self::other(error)
    }
}

/// Reads an `InitializationVector`: 64 bits as a decimal number, which some languages have signed.
pub(crate) fn parse_iv(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<i64>().ok().map(i64::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(key: &[u8], iv: u64) -> Option<StorageCipher> {
        StorageCipher::new(&Secret::from(key.to_vec()), iv)
    }

    /// NIST SP 800-38A, F.5.5: CTR-AES256.
    #[test]
    fn it_is_aes_256_in_counter_mode() {
        let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let mut data = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
             30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        // The counter starts at f0f1…fe ff: its lower half is the number of a block.
        let (iv, block) = (0xf0f1_f2f3_f4f5_f6f7, 0xf8f9_fafb_fcfd_feff_u64);
        cipher(&key, iv).expect("a key").blocks(block, &mut data).expect("it works");
        let expected = hex("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
             2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6");
        assert_eq!(data, expected);
    }

    #[test]
    fn any_part_is_decrypted_by_itself() {
        let cipher = cipher(&[9; 32], 397_304_628_502_661_816).expect("a key");
        let clear: Vec<u8> = (0..1000_u32).map(|n| n as u8).collect();
        let mut whole = clear.clone();
        cipher.apply(0, &mut whole).expect("it works");
        assert_ne!(whole, clear);
        for start in [0, 1, 15, 16, 17, 31, 500, 999] {
            for length in [0, 1, 14, 15, 16, 17, 33, 400] {
                let end = (start + length).min(clear.len());
                let mut part = whole[start..end].to_vec();
                cipher.apply(start as u64, &mut part).expect("it works");
                assert_eq!(part, clear[start..end], "{start}..{end}");
            }
        }
    }

    #[tokio::test]
    async fn streams_are_decrypted_from_where_they_start() {
        let cipher = cipher(&[3; 32], u64::MAX).expect("a key");
        let clear = vec![42; 100];
        let mut whole = clear.clone();
        cipher.apply(0, &mut whole).expect("it works");
        for size in [1, 7, 16, 64] {
            let pieces: Vec<_> = whole[5..]
                .chunks(size)
                .map(|piece| Ok::<_, CipherError>(Bytes::copy_from_slice(piece)))
                .collect();
            let pieces = futures_util::stream::iter(pieces);
            let decrypted: Vec<_> = cipher.clone().stream(5, pieces).collect().await;
            let joined: Vec<u8> =
                decrypted.into_iter().flat_map(|piece| piece.expect("it works")).collect();
            assert_eq!(joined, clear[5..], "{size}");
        }
    }

    #[test]
    fn keys_of_another_size_are_refused() {
        for size in [0, 16, 24, 31, 33] {
            assert!(cipher(&vec![0; size], 0).is_none(), "{size}");
        }
    }

    #[test]
    fn vectors_are_decimal() {
        assert_eq!(parse_iv("397304628502661816"), Some(397_304_628_502_661_816));
        assert_eq!(parse_iv("18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_iv("-1"), Some(u64::MAX));
        for wrong in ["", "x", "0x10", "18446744073709551616", "1.5", "-9223372036854775809"] {
            assert_eq!(parse_iv(wrong), None, "{wrong}");
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
    }
}
