//! What an initialization segment says of encryption (ISO/IEC 14496-12 §8.12, 23001-7 §8).

use super::common::{Common, Scheme};
use super::key::ContentKey;
use super::system;
use crate::boxes::{Reader, Writer};
use crate::error::Place;
use crate::track::{Track, TrackKind};

/// Length of a visual sample entry before its boxes.
const VISUAL: usize = 78;
/// Length of an audio sample entry before its boxes.
const AUDIO: usize = 28;

/// Common encryption of a track.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrackEncryption<'a> {
    pub(crate) key: &'a ContentKey,
    pub(crate) common: &'a Common,
}

impl TrackEncryption<'_> {
    /// Writes the sample entry of a track under the name of encrypted ones, with the name it had,
    /// the scheme and the defaults for all samples.
    pub(crate) fn sample_entry(&self, w: &mut Writer, track: &Track) {
        let place = Place { file: "", track: track.id, path: "stsd" };
        // The entry was read before, so it is there.
        let Ok(Some((format, payload))) = Reader::new(&track.sample_entry, place).next_box() else {
            return;
        };
        let (name, head) = match track.kind {
            TrackKind::Video => (b"encv", VISUAL),
            TrackKind::Audio => (b"enca", AUDIO),
        };
        let (head, boxes) = payload.split_at_checked(head).unwrap_or((payload, &[]));
        w.boxed(name, |w| {
            w.put(head);
            // Box by box: what QuickTime puts behind the last one would hide what comes next.
            let mut boxes = Reader::new(boxes, place);
            while let Ok(Some((kind, payload))) = boxes.next_box() {
                w.boxed(&kind, |w| w.put(payload));
            }
            w.boxed(b"sinf", |w| {
                w.boxed(b"frma", |w| w.put(&format));
                w.full(b"schm", 0, 0, |w| {
                    w.put(self.common.scheme.name().as_bytes());
                    w.u32(0x1_0000);
                });
                w.boxed(b"schi", |w| self.defaults(w, track));
            });
        });
    }

    /// Writes `tenc`. Version 1 is for patterns and for constant IVs.
    fn defaults(&self, w: &mut Writer, track: &Track) {
        let scheme = self.common.scheme;
        let version = u8::from(scheme == Scheme::Cbcs);
        w.full(b"tenc", version, 0, |w| {
            let pattern = scheme.pattern(track.kind).map_or(0, |p| p.encrypted << 4 | p.clear);
            let iv_size = if scheme == Scheme::Cenc { 8 } else { 0 };
            // Reserved, the pattern, encrypted, length of IVs.
            w.put(&[0, pattern, 1, iv_size]);
            w.put(self.key.id().as_bytes());
            if scheme == Scheme::Cbcs {
                let iv = self.common.constant_iv(self.key, track);
                w.put(&[16]);
                w.put(&iv);
            }
        });
    }

    /// Writes the `pssh` boxes of all key systems.
    pub(crate) fn system_headers(&self, w: &mut Writer) {
        for system in system::systems(self.key, self.common) {
            w.put(&system.pssh);
        }
    }
}
