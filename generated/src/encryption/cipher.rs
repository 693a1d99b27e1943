//! The cipher of files at rest, and the checksum of its keys.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

/// What the `EncryptionScheme` of a storage-encrypted `AssetFile` is.
pub const SCHEME: &str = "StorageEncryption";
/// And its `EncryptionVersion`.
pub const VERSION: &str = "1.0";
/// Bytes in a storage key.
pub const KEY_SIZE: usize = 32;
/// Bytes in a block of AES.
const BLOCK: usize = 16;

/// What is wrong with a key or a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// The key has the wrong size.
    #[error("a storage key has {KEY_SIZE} bytes; this one has {0}")]
    KeySize(usize),
    /// The library failed, which it does not.
    #[error("the cipher failed")]
    Failed,
}

impl From<CipherError> for std::io::Error {
    fn from(error: CipherError) -> Self {
        Self::other(error)
    }
}

/// The cipher of one file: AES-256 in counter mode. It is its own inverse.
///
/// A counter block is the file's initialization vector, eight bytes in network order, and the
/// number of the block, eight more; so any part of a file can be decrypted by itself, and a file is
/// as long encrypted as it is in the clear.
#[derive(Clone)]
pub struct StorageCipher {
    key: Arc<EncryptingKey>,
    iv: u64,
}

impl fmt::Debug for StorageCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageCipher").finish_non_exhaustive()
    }
}

impl StorageCipher {
    /// The cipher of a file with this vector.
    ///
    /// # Errors
    ///
    /// The key has not [`KEY_SIZE`] bytes.
    pub fn new(key: &[u8], iv: u64) -> Result<Self, CipherError> {
        let unbound = UnboundCipherKey::new(&AES_256, key);
        let unbound = unbound.map_err(|_| CipherError::KeySize(key.len()))?;
        let key = EncryptingKey::ctr(unbound).map_err(|_| CipherError::Failed)?;
        Ok(Self { key: Arc::new(key), iv })
    }

    /// Encrypts or decrypts what stands at an offset of the file.
    ///
    /// # Errors
    ///
    /// Never, unless the library fails.
    pub fn apply(&self, offset: u64, data: &mut [u8]) -> Result<(), CipherError> {
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
        self.key.less_safe_encrypt(data, context).map(drop).map_err(|_| CipherError::Failed)
    }
}

/// Reads an `InitializationVector`: 64 bits as a decimal number, which some languages have signed.
pub fn parse_iv(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<i64>().ok().map(i64::cast_unsigned))
}

/// The `Checksum` of a content key: the GUID of its id, encrypted with the key, of that the first
/// eight bytes. The GUID is laid out as .NET does it, its first three groups little-endian.
///
/// # Errors
///
/// The key has neither 16 nor 32 bytes.
pub fn checksum(key: &[u8], id: edm::Guid) -> Result<[u8; 8], CipherError> {
    let algorithm = if key.len() == KEY_SIZE { &AES_256 } else { &AES_128 };
    let unbound = UnboundCipherKey::new(algorithm, key);
    let unbound = unbound.map_err(|_| CipherError::KeySize(key.len()))?;
    let mut block = id.to_bytes_le();
    EncryptingKey::ecb(unbound)
        .and_then(|key| key.less_safe_encrypt(&mut block, EncryptionContext::None))
        .map_err(|_| CipherError::Failed)?;
    let mut start = [0; 8];
    start.copy_from_slice(&block[..8]);
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(key: &[u8], iv: u64) -> Result<StorageCipher, CipherError> {
        StorageCipher::new(key, iv)
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

    #[test]
    fn keys_of_another_size_are_refused() {
        for size in [0, 16, 24, 31, 33] {
            assert_eq!(cipher(&vec![0; size], 0).err(), Some(CipherError::KeySize(size)));
            let sum = checksum(&vec![0; size], edm::Guid::nil());
            assert_eq!(sum.is_ok(), size == 16, "{size}");
        }
    }

    /// FIPS 197, C.1 and C.3, with the plain text as the bytes of a GUID.
    #[test]
    fn checksums_are_those_of_dotnet() {
        let id = edm::Guid::parse_str("33221100-5544-7766-8899-aabbccddeeff").expect("a GUID");
        let key: Vec<u8> = (0..32).collect();
        let sum = |key| checksum(key, id).expect("it works").to_vec();
        assert_eq!(sum(&key[..16]), hex("69c4e0d86a7b0430"));
        assert_eq!(sum(&key), hex("8ea2b7ca516745bf"));
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
