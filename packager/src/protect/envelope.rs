//! Envelope encryption: whole segments, AES-128-CBC with PKCS #7 padding.

use aes::Aes128;
use aes::cipher::{Array, BlockModeEncrypt as _, InnerIvInit as _};

use super::key::{BLOCK, ContentKey};

/// How players learn of envelope encryption.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Where a player gets the key.
    pub key_url: String,
    /// The initialization vector; derived from the key if it is not given.
    pub iv: Option<[u8; BLOCK]>,
}

impl Envelope {
    pub(super) fn iv(&self, key: &ContentKey) -> [u8; BLOCK] {
        self.iv.unwrap_or_else(|| key.derive("envelope", &[]))
    }

    pub(crate) fn encryptor(&self, key: &ContentKey) -> EnvelopeEncryptor {
        EnvelopeEncryptor { aes: key.cipher(), chain: self.iv(key), rest: Vec::new() }
    }
}

/// Encrypts one segment, piece by piece.
#[derive(Clone)]
pub struct EnvelopeEncryptor {
    aes: Aes128,
    /// The block before the next one, or the initialization vector.
    chain: [u8; BLOCK],
    /// What does not fill a block yet.
    rest: Vec<u8>,
}

impl std::fmt::Debug for EnvelopeEncryptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvelopeEncryptor").finish_non_exhaustive()
    }
}

impl EnvelopeEncryptor {
    /// How many bytes come of so many.
    pub fn encrypted_length(length: u64) -> u64 {
        let block = BLOCK as u64;
        // Padding is never empty.
        (length / block + 1) * block
    }

    /// Encrypts the next piece; gives the blocks that are full.
    pub fn update(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.reserve(piece.len());
        bytes.extend_from_slice(piece);
        let full = bytes.len() - bytes.len() % BLOCK;
        self.rest = bytes.split_off(full);
        let mut cipher = cbc::Encryptor::inner_iv_init(self.aes.clone(), &self.chain.into());
        let (blocks, _) = Array::slice_as_chunks_mut(&mut bytes);
        cipher.encrypt_blocks(blocks);
        self.chain = bytes.last_chunk().copied().unwrap_or(self.chain);
        bytes
    }

    /// Gives the last block.
    pub fn finish(mut self) -> Vec<u8> {
        let padding = BLOCK - self.rest.len();
        // 1 to 16.
        let value = u8::try_from(padding).unwrap_or(0);
        self.update(&vec![value; padding])
    }

    /// Encrypts a whole segment.
    pub fn encrypt(mut self, segment: &[u8]) -> Vec<u8> {
        let mut bytes = self.update(segment);
        bytes.extend(self.finish());
        bytes
    }
}
