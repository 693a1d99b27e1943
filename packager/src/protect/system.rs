//! Key systems: their ids and `pssh` boxes (ISO/IEC 23001-7 §8.1).

use uuid::{Uuid, uuid};

use super::common::Common;
use super::key::ContentKey;
use crate::boxes::Writer;

/// Microsoft PlayReady.
pub(super) const PLAY_READY: Uuid = uuid!("9a04f079-9840-4286-ab92-e65be0885f95");
/// Google Widevine.
pub(super) const WIDEVINE: Uuid = uuid!("edef8ba9-79d6-4ace-a3c8-27dcd51d21ed");
/// The common system of the W3C: key ids and nothing else, for clear keys.
pub(super) const COMMON: Uuid = uuid!("1077efec-c0b2-4d02-ace3-3c1e52e2fb4b");

/// A key system that a player may use.
pub(super) struct System {
    pub(super) id: Uuid,
    /// The whole `pssh` box.
    pub(super) pssh: Vec<u8>,
}

/// The key systems of a protection that have a `pssh` box.
pub(super) fn systems(key: &ContentKey, common: &Common) -> Vec<System> {
    let mut systems = Vec::new();
    if let Some(play_ready) = &common.play_ready {
        let object = play_ready.object(key, common.scheme);
        systems.push(System { id: PLAY_READY, pssh: pssh(PLAY_READY, &object) });
    }
    if common.widevine.is_some() {
        let data = super::widevine::header(key, common.scheme);
        systems.push(System { id: WIDEVINE, pssh: pssh(WIDEVINE, &data) });
    }
    if common.clear_key.is_some() {
        systems.push(System { id: COMMON, pssh: common_pssh(key) });
    }
    systems
}

/// Version 0: data that only the system understands.
fn pssh(system: Uuid, data: &[u8]) -> Vec<u8> {
    let mut w = Writer::default();
    w.full(b"pssh", 0, 0, |w| {
        w.put(system.as_bytes());
        w.u32(u32::try_from(data.len()).unwrap_or(0));
        w.put(data);
    });
    w.into_bytes()
}

/// Version 1: the key id, and no data.
fn common_pssh(key: &ContentKey) -> Vec<u8> {
    let mut w = Writer::default();
    w.full(b"pssh", 1, 0, |w| {
        w.put(COMMON.as_bytes());
        w.u32(1);
        w.put(key.id().as_bytes());
        w.u32(0);
    });
    w.into_bytes()
}
