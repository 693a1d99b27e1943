//! Initialization segments: `ftyp` and a `moov` without samples (ISO/IEC 14496-12 §8.8.1).

use bytes::Bytes;

use crate::boxes::Writer;
use crate::fragment::TRACK_ID;
use crate::protect::TrackEncryption;
use crate::track::{Track, TrackKind};

/// Identity matrix of `mvhd`, in 16.16 and 2.30 fixed point.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Language code `und`, packed as in `mdhd`.
const UNDETERMINED: u16 = 0x55c4;

/// Writes the initialization segment of a track.
///
/// Fragments carry presentation times already, but for the delay that keeps composition offsets
/// positive; an edit list takes that back (brand `cmfc` of ISO/IEC 23000-19 §7.5.13).
pub(crate) fn init_segment(track: &Track, encryption: Option<&TrackEncryption<'_>>) -> Bytes {
    let mut w = Writer::with_capacity(1024 + track.sample_entry.len());
    w.boxed(b"ftyp", |w| {
        w.put(b"iso6");
        w.u32(0);
        w.put(b"iso6cmfcdash");
    });
    let duration = u64::try_from(track.decode_time(track.totals.kept_end)).unwrap_or(0);
    w.boxed(b"moov", |w| {
        w.full(b"mvhd", 0, 0, |w| {
            w.zeros(8);
            w.u32(track.timescale);
            w.u32(0);
            w.u32(0x1_0000);
            w.u16(0x100);
            w.zeros(10);
            MATRIX.iter().for_each(|value| w.u32(*value));
            w.zeros(24);
            w.u32(TRACK_ID + 1);
        });
        w.boxed(b"trak", |w| trak(w, track, encryption));
        w.boxed(b"mvex", |w| {
            w.full(b"mehd", 1, 0, |w| w.u64(duration));
            w.full(b"trex", 0, 0, |w| {
                w.u32(TRACK_ID);
                w.u32(1);
                w.zeros(12);
            });
        });
        if let Some(encryption) = encryption {
            encryption.system_headers(w);
        }
    });
    Bytes::from(w.into_bytes())
}

fn trak(w: &mut Writer, track: &Track, encryption: Option<&TrackEncryption<'_>>) {
    let audio = track.kind == TrackKind::Audio;
    // Enabled, in the movie.
    w.full(b"tkhd", 0, 3, |w| {
        w.zeros(8);
        w.u32(TRACK_ID);
        w.zeros(4 + 4 + 8 + 4);
        w.u16(if audio { 0x100 } else { 0 });
        w.u16(0);
        w.put(&track.display);
    });
    let delay = u64::try_from(track.placement.reorder_delay).unwrap_or(0);
    if delay > 0 {
        w.boxed(b"edts", |w| {
            w.full(b"elst", 1, 0, |w| {
                w.u32(1);
                // A duration of 0 means all fragments to come.
                w.u64(0);
                w.u64(delay);
                w.u32(0x1_0000);
            });
        });
    }
    w.boxed(b"mdia", |w| {
        w.full(b"mdhd", 0, 0, |w| {
            w.zeros(8);
            w.u32(track.timescale);
            w.u32(0);
            w.u16(packed_language(track.language()));
            w.u16(0);
        });
        w.full(b"hdlr", 0, 0, |w| {
            w.u32(0);
            w.put(if audio { b"soun" } else { b"vide" });
            w.zeros(12 + 1);
        });
        w.boxed(b"minf", |w| {
            if audio {
                w.full(b"smhd", 0, 0, |w| w.zeros(4));
            } else {
                w.full(b"vmhd", 0, 1, |w| w.zeros(8));
            }
            w.boxed(b"dinf", |w| {
                w.full(b"dref", 0, 0, |w| {
                    w.u32(1);
                    // The media data is in this file.
                    w.full(b"url ", 0, 1, |_| ());
                });
            });
            w.boxed(b"stbl", |w| {
                w.full(b"stsd", 0, 0, |w| {
                    w.u32(1);
                    match encryption {
                        Some(encryption) => encryption.sample_entry(w, track),
                        None => w.put(&track.sample_entry),
                    }
                });
                w.full(b"stts", 0, 0, |w| w.zeros(4));
                w.full(b"stsc", 0, 0, |w| w.zeros(4));
                w.full(b"stsz", 0, 0, |w| w.zeros(8));
                w.full(b"stco", 0, 0, |w| w.zeros(4));
            });
        });
    });
}

fn packed_language(language: Option<&str>) -> u16 {
    language.map_or(UNDETERMINED, |letters| {
        letters.bytes().fold(0, |packed, letter| packed << 5 | u16::from(letter & 31))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_languages() {
        assert_eq!(packed_language(None), UNDETERMINED);
        assert_eq!(packed_language(Some("und")), UNDETERMINED);
        assert_eq!(packed_language(Some("eng")), 0x15c7);
    }
}
