//! Content keys.

use std::fmt;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Length of keys and of cipher blocks, in bytes.
pub(super) const BLOCK: usize = 16;

/// An AES-128 key with its id. The key is wiped from memory when it is dropped, and never printed.
#[derive(Clone)]
pub struct ContentKey {
    id: Uuid,
    key: Zeroizing<[u8; BLOCK]>,
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ContentKey {
    /// A key with its id.
    pub fn new(id: Uuid, key: [u8; BLOCK]) -> Self {
        ContentKey { id, key: Zeroizing::new(key) }
    }

    /// The key id (`KID`).
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The cipher for blocks.
    pub(super) fn cipher(&self) -> Aes128 {
        Aes128::new((&*self.key).into())
    }

    /// The checksum of PlayReady headers: the encrypted key id, cut to 8 bytes. The id is in the
    /// byte order of Microsoft's GUIDs.
    pub(super) fn checksum(&self) -> [u8; 8] {
        let mut block: Array<u8, _> = self.id.to_bytes_le().into();
        self.cipher().encrypt_block(&mut block);
        let [a, b, c, d, e, f, g, h, ..] = <[u8; BLOCK]>::from(block);
        [a, b, c, d, e, f, g, h]
    }

    /// Bits that only this key gives for this purpose and these parts. Parts must have fixed
    /// lengths.
    pub(super) fn derive(&self, purpose: &str, parts: &[&[u8]]) -> [u8; BLOCK] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&self.hmac_key()).into());
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(self.id.as_bytes());
        for part in parts {
            mac.update(part);
        }
        let code = mac.finalize().into_bytes();
        let mut bits = [0; BLOCK];
        bits.copy_from_slice(&code[..BLOCK]);
        bits
    }

    /// HMAC fills short keys up with zeros to its block of 64 bytes; done here, nothing can fail.
    fn hmac_key(&self) -> [u8; 64] {
        let mut key = [0; 64];
        key[..BLOCK].copy_from_slice(&*self.key);
        key
    }
}
