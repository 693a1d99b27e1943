//! Google Widevine: the header that its clients take to their license server.

use super::common::Scheme;
use super::key::ContentKey;

/// Google Widevine.
#[derive(Debug, Clone)]
pub struct Widevine {
    /// The license server.
    pub license_url: String,
}

/// Tags of the fields of the `WidevinePsshData` message: the number, and the wire type.
const ALGORITHM: u8 = 1 << 3;
const KEY_ID: u8 = 2 << 3 | 2;
const PROTECTION_SCHEME: u8 = 9 << 3;

/// A `WidevinePsshData` message in protocol buffers.
pub(super) fn header(key: &ContentKey, scheme: Scheme) -> Vec<u8> {
    let id = key.id();
    let mut message = Vec::with_capacity(26);
    if scheme == Scheme::Cenc {
        // Clients from before there was a choice want to be told: AES in counter mode.
        message.extend([ALGORITHM, 1]);
    }
    message.extend([KEY_ID, 16]);
    message.extend(id.as_bytes());
    message.push(PROTECTION_SCHEME);
    let name = scheme.name().bytes().fold(0_u32, |code, letter| code << 8 | u32::from(letter));
    varint(&mut message, name);
    message
}

fn varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
