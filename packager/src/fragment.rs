//! Movie fragments: the `moof` box and the header of the `mdat` that follows.
//!
//! HLS and DASH get ISO BMFF fragments with `tfdt` in the timescale of the track
//! (ISO/IEC 14496-12 §8.8, ISO/IEC 23000-19 §7.5). Smooth Streaming gets 100-ns units, no `tfdt`,
//! and a `tfxd` box with the time of the fragment (MS-SSTR §2.2.4).
//!
//! B-frames are presented out of decode order. Where there is an initialization segment, all
//! composition offsets are made positive and its edit list takes the delay back: every player
//! and ffmpeg understand that. Smooth Streaming has no place for an edit list, so its offsets are
//! signed and exact by themselves.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::boxes::Writer;
use crate::index::Sample;
use crate::protect::EncryptedSamples;
use crate::time::{TIMESCALE, rescale};
use crate::track::{Track, TrackKind};

/// Id of the only track of a fragment and of its initialization segment.
pub(crate) const TRACK_ID: u32 = 1;

/// `sample_depends_on` 2: decodes alone.
const FLAGS_SYNC: u32 = 0x0200_0000;
/// `sample_depends_on` 1 and `sample_is_non_sync_sample`.
const FLAGS_DEPENDENT: u32 = 0x0101_0000;

/// MS-SSTR §2.2.4.4.
pub(crate) const TFXD: [u8; 16] = [
    0x6d, 0x1d, 0x9b, 0x05, 0x42, 0xd5, 0x44, 0xe6, 0x80, 0xe2, 0x14, 0x1d, 0xaf, 0xf7, 0x57, 0xb2,
];

/// A fragment: bytes to send first, then ranges of the MP4 file to send as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Name of the MP4 file that `ranges` refers to.
    pub file: Arc<str>,
    /// Audio or video; decides the content type.
    pub kind: TrackKind,
    /// Everything before the media data.
    pub head: Bytes,
    /// The media data. Samples that touch are one range.
    pub ranges: Vec<Range<u64>>,
    /// Start on the timeline, in 100-ns units.
    pub start: u64,
    /// Duration on the timeline, in 100-ns units.
    pub duration: u64,
}

impl Fragment {
    /// Length of the whole fragment in bytes, for `Content-Length`.
    pub fn content_length(&self) -> u64 {
        let data: u64 = self.ranges.iter().map(|range| range.end - range.start).sum();
        self.head.len() as u64 + data
    }
}

/// What of a fragment a URL asks for: the nouns of MS-SSTR §2.2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FragmentNoun {
    /// `Fragments`: metadata and data.
    #[default]
    Fragments,
    /// `FragmentInfo`: the metadata, which is the `moof` box, without the data.
    FragmentInfo,
    /// `KeyFrames`: a fragment of those samples that decode alone.
    KeyFrames,
    /// `RawFragments`: the samples one after the other, without metadata.
    RawFragments,
}

impl FragmentNoun {
    /// Reads a noun in lower case.
    pub(crate) fn parse(noun: &str) -> Option<Self> {
        Some(match noun {
            "fragments" => FragmentNoun::Fragments,
            "fragmentinfo" => FragmentNoun::FragmentInfo,
            "keyframes" => FragmentNoun::KeyFrames,
            "rawfragments" => FragmentNoun::RawFragments,
            _ => return None,
        })
    }

    /// What it asks for of the samples of a fragment. Where only key frames are wanted, each of
    /// them lasts until the next one.
    pub(crate) fn select(self, samples: Vec<Sample>) -> Vec<Sample> {
        if self != FragmentNoun::KeyFrames {
            return samples;
        }
        let mut end = samples.last().map_or(0, |last| last.dts + u64::from(last.duration));
        let mut kept: Vec<Sample> = samples.into_iter().filter(|sample| sample.sync).collect();
        for sample in kept.iter_mut().rev() {
            sample.duration = u32::try_from(end.saturating_sub(sample.dts)).unwrap_or(u32::MAX);
            end = sample.dts;
        }
        kept
    }

    fn has_metadata(self) -> bool {
        self != FragmentNoun::RawFragments
    }

    pub(crate) fn has_data(self) -> bool {
        self != FragmentNoun::FragmentInfo
    }
}

/// What to build a fragment from.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    pub(crate) file: Arc<str>,
    pub(crate) track: Arc<Track>,
    pub(crate) samples: Vec<Sample>,
    /// Number of the fragment, from 1.
    pub(crate) sequence: u32,
    pub(crate) start: u64,
    pub(crate) duration: u64,
    pub(crate) smooth: bool,
    pub(crate) noun: FragmentNoun,
}

/// One line of `trun`.
struct Row {
    duration: u32,
    size: u32,
    flags: u32,
    offset: i32,
}

/// Upper bound for the head of a fragment: boxes of fixed size, then four fields a sample.
pub(crate) fn head_limit(samples: u64) -> u64 {
    256 + 16 * samples
}

impl Cut {
    /// Writes the header and collects the byte ranges. Costs time in proportion to the samples
    /// of the fragment.
    pub(crate) fn build(&self) -> Fragment {
        self.build_with(None)
    }

    /// Like [`Cut::build`], for samples that are encrypted.
    pub(crate) fn build_with(&self, encrypted: Option<&EncryptedSamples>) -> Fragment {
        let (rows, ranges) = self.rows();
        let head = if self.noun.has_metadata() {
            self.head(&rows, &ranges, encrypted)
        } else {
            Bytes::new()
        };
        Fragment {
            file: Arc::clone(&self.file),
            kind: self.track.kind,
            head,
            ranges: if self.noun.has_data() { ranges } else { Vec::new() },
            start: self.start,
            duration: self.duration,
        }
    }

    /// Everything before the media data; without the header of `mdat` if no data is to follow.
    fn head(
        &self,
        rows: &[Row],
        ranges: &[Range<u64>],
        encrypted: Option<&EncryptedSamples>,
    ) -> Bytes {
        let data: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        let limit = usize::try_from(head_limit(rows.len() as u64)).unwrap_or(0);
        let mut w = Writer::with_capacity(limit);
        if !self.smooth {
            w.boxed(b"styp", |w| {
                w.put(b"msdh");
                w.u32(0);
                w.put(b"msdhcmfs");
            });
        }
        let moof = w.len();
        let mut data_offset = 0;
        w.boxed(b"moof", |w| {
            w.full(b"mfhd", 0, 0, |w| w.u32(self.sequence));
            w.boxed(b"traf", |w| data_offset = self.traf(w, moof, rows, encrypted));
        });
        // `mdat` holds its own header: 8 bytes, or 16 with a 64-bit size.
        let header = if data < u64::from(u32::MAX) - 8 { 8 } else { 16 };
        w.patch_u32(data_offset, u32::try_from(w.len() - moof + header).unwrap_or(0));
        match header {
            _ if !self.noun.has_data() => {}
            8 => {
                w.u32(u32::try_from(data + 8).unwrap_or(0));
                w.put(b"mdat");
            }
            _ => {
                w.u32(1);
                w.put(b"mdat");
                w.u64(data + 16);
            }
        }
        Bytes::from(w.into_bytes())
    }

    /// Writes the contents of `traf`; returns where the data offset of `trun` is to be patched.
    fn traf(
        &self,
        w: &mut Writer,
        moof: usize,
        rows: &[Row],
        encrypted: Option<&EncryptedSamples>,
    ) -> usize {
        let duration = common(rows, |row| row.duration);
        let flags = common(rows, |row| row.flags);
        let base_is_moof = if self.smooth { 0 } else { 0x02_0000 };
        let present = duration.map_or(0, |_| 0x08) | flags.map_or(0, |_| 0x20);
        w.full(b"tfhd", 0, base_is_moof | present, |w| {
            w.u32(TRACK_ID);
            duration.into_iter().chain(flags).for_each(|value| w.u32(value));
        });
        if !self.smooth {
            w.full(b"tfdt", 1, 0, |w| w.u64(self.decode_start()));
        }
        let data_offset = trun(w, rows, duration.is_none(), flags.is_none());
        match encrypted {
            Some(samples) if self.smooth => samples.write_piff(w),
            Some(samples) => samples.write(w, moof),
            None => {}
        }
        if self.smooth {
            w.boxed(b"uuid", |w| {
                w.put(&TFXD);
                w.u32(1 << 24);
                w.u64(self.start);
                w.u64(self.duration);
            });
        }
        data_offset
    }

    fn decode_start(&self) -> u64 {
        let first = self.samples.first().map_or(0, |sample| sample.dts);
        u64::try_from(self.track.decode_time(first)).unwrap_or(0)
    }

    /// Durations and offsets are differences of rounded times, never rounded differences: what
    /// one sample loses the next one gets, and fragments join without a gap.
    fn rows(&self) -> (Vec<Row>, Vec<Range<u64>>) {
        let (track, from) = (&self.track, self.track.timescale);
        let to = if self.smooth { TIMESCALE } else { from };
        let shift = track.placement.decode_shift;
        let mut rows = Vec::with_capacity(self.samples.len());
        let mut ranges: Vec<Range<u64>> = Vec::new();
        // A Smooth client decodes from the time in the URL; this is by how much it is off.
        // Elsewhere the edit list of the initialization segment takes the delay back.
        let skew = if self.smooth {
            let first = self.samples.first().map_or(0, |sample| sample.dts);
            let first = rescale(track.decode_time(first), from, to);
            i64::try_from(self.start).unwrap_or(0) - first
        } else {
            -track.placement.reorder_delay
        };
        for sample in &self.samples {
            let decode = i64::try_from(sample.dts).unwrap_or(0) + shift;
            let shown = decode + sample.composition_offset - track.placement.offset_base;
            let next = decode + i64::from(sample.duration);
            let at = rescale(decode, from, to);
            rows.push(Row {
                duration: u32::try_from(rescale(next, from, to) - at).unwrap_or(u32::MAX),
                size: sample.size,
                flags: if sample.sync { FLAGS_SYNC } else { FLAGS_DEPENDENT },
                offset: if track.kind == TrackKind::Video {
                    clamp(rescale(shown, from, to) - at - skew)
                } else {
                    0
                },
            });
            let end = sample.position + u64::from(sample.size);
            match ranges.last_mut().filter(|last| last.end == sample.position) {
                Some(last) => last.end = end,
                None if sample.size > 0 => ranges.push(sample.position..end),
                None => {}
            }
        }
        (rows, ranges)
    }
}

fn clamp(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// The value that all rows have.
fn common(rows: &[Row], value: impl Fn(&Row) -> u32) -> Option<u32> {
    let first = rows.first().map(&value)?;
    rows.iter().all(|row| value(row) == first).then_some(first)
}

/// Writes `trun`; returns the position of its data offset.
///
/// Version 1 has signed composition offsets; version 0, which the oldest Smooth clients know, is
/// enough without B-frames.
fn trun(w: &mut Writer, rows: &[Row], durations: bool, flags: bool) -> usize {
    let offsets = rows.iter().any(|row| row.offset != 0);
    let version = u8::from(rows.iter().any(|row| row.offset < 0));
    let mut present = 0x0001 | 0x0200;
    for (used, bit) in [(durations, 0x0100), (flags, 0x0400), (offsets, 0x0800)] {
        present |= if used { bit } else { 0 };
    }
    let mut data_offset = 0;
    w.full(b"trun", version, present, |w| {
        w.u32(u32::try_from(rows.len()).unwrap_or(0));
        data_offset = w.len();
        w.u32(0);
        for row in rows {
            if durations {
                w.u32(row.duration);
            }
            w.u32(row.size);
            if flags {
                w.u32(row.flags);
            }
            if offsets {
                w.put(&row.offset.to_be_bytes());
            }
        }
    });
    data_offset
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::boxes::Reader;
    use crate::error::Place;
    use crate::index::{ByteRun, OffsetRun};
    use crate::indexed::IndexedTrack;
    use crate::testing::{altered, audio, video};

    fn build(track: &IndexedTrack, samples: Range<u32>, smooth: bool) -> Fragment {
        let samples: Vec<_> = track.index().unwrap().samples(samples).collect();
        let start = crate::time::to_units(track.decode_time(samples[0].dts), track.timescale);
        let (file, track) = (Arc::from("a.mp4"), track.shared());
        let noun = FragmentNoun::Fragments;
        Cut { file, track, samples, sequence: 1, start, duration: 7, smooth, noun }.build()
    }

    fn of_noun(noun: FragmentNoun) -> Fragment {
        let track = video(25, 1, 100, 25);
        let samples = noun.select(track.index().unwrap().samples(0..100).collect());
        let (file, track) = (Arc::from("a.mp4"), track.shared());
        let duration = 4 * u64::from(TIMESCALE);
        let smooth = true;
        Cut { file, track, samples, sequence: 1, start: 0, duration, smooth, noun }.build()
    }

    #[test]
    fn metadata_and_data_are_the_whole() {
        let whole = of_noun(FragmentNoun::Fragments);
        let info = of_noun(FragmentNoun::FragmentInfo);
        let raw = of_noun(FragmentNoun::RawFragments);
        // What is missing is the header of `mdat`.
        assert_eq!(info.head, whole.head[..whole.head.len() - 8]);
        assert!(info.ranges.is_empty());
        assert_eq!((raw.head.len(), &raw.ranges), (0, &whole.ranges));
        let moof = reader(&info).child(b"moof", "moof").unwrap();
        assert_eq!(moof.rest().len() + 8, info.head.len());
    }

    #[test]
    fn key_frames_last_until_the_next_one() {
        let fragment = of_noun(FragmentNoun::KeyFrames);
        assert_eq!(fragment.ranges, [40..140, 2540..2640, 5040..5140, 7540..7640]);
        let moof = reader(&fragment).child(b"moof", "moof").unwrap();
        let traf = moof.child(b"traf", "traf").unwrap();
        let mut tfhd = traf.child(b"tfhd", "tfhd").unwrap();
        tfhd.take(8).unwrap();
        assert_eq!(tfhd.u32().unwrap(), TIMESCALE);
        assert_eq!(tfhd.u32().unwrap(), FLAGS_SYNC);
        let mut trun = traf.child(b"trun", "trun").unwrap();
        trun.u32().unwrap();
        assert_eq!(trun.u32().unwrap(), 4);
        assert_eq!(trun.u32().unwrap() as usize, fragment.head.len());
        let place = Place { file: "out", track: 0, path: "mdat" };
        let mdat = &fragment.head[fragment.head.len() - 8..];
        assert_eq!(Reader::new(mdat, place).u32().unwrap(), 8 + 400);
        assert_eq!(fragment.duration, 4 * u64::from(TIMESCALE));
    }

    fn reader(fragment: &Fragment) -> Reader<'_> {
        let place = Place { file: "out", track: 0, path: "out" };
        Reader::new(&fragment.head, place)
    }

    #[test]
    fn the_data_offset_points_behind_the_head() {
        let track = video(25, 1, 100, 50);
        for smooth in [false, true] {
            let fragment = build(&track, 50..100, smooth);
            assert_eq!(fragment.ranges, std::slice::from_ref(&(5040..10_040)));
            assert_eq!(fragment.content_length(), fragment.head.len() as u64 + 5000);
            let styp = if smooth { 0 } else { 24 };
            let traf = reader(&fragment).child(b"moof", "moof").unwrap();
            let mut trun = traf.child(b"traf", "traf").unwrap().child(b"trun", "trun").unwrap();
            trun.u32().unwrap();
            assert_eq!(trun.u32().unwrap(), 50);
            assert_eq!(trun.u32().unwrap() as usize, fragment.head.len() - styp);
            assert!(head_limit(50) >= fragment.head.len() as u64);
        }
    }

    #[test]
    fn smooth_durations_do_not_drift() {
        let track = audio(44_100, 1024, 300);
        let fragment = build(&track, 0..300, true);
        let traf = reader(&fragment).child(b"moof", "moof").unwrap();
        let traf = traf.child(b"traf", "traf").unwrap();
        let mut trun = traf.child(b"trun", "trun").unwrap();
        trun.take(12).unwrap();
        let total: u64 = (0..300)
            .map(|_| {
                let duration = trun.u32().unwrap();
                trun.u32().unwrap();
                u64::from(duration)
            })
            .sum();
        assert_eq!(total, track.end());
        let tfxd = traf.find(b"uuid").unwrap().unwrap();
        assert_eq!(tfxd.len(), 36);
        assert_eq!(tfxd[35], 7);
        assert!(traf.find(b"tfdt").unwrap().is_none());
    }

    #[test]
    fn ranges_break_where_the_file_does() {
        let track = altered(video(25, 1, 100, 50), |_, index| {
            index.bytes.push(ByteRun { first: 10, position: 9000 });
        });
        assert_eq!(build(&track, 8..12, false).ranges, [840..1040, 9000..9200]);
    }

    #[test]
    fn offsets_are_signed_only_for_smooth() {
        let track = altered(video(25, 1, 100, 50), |track, index| {
            track.placement.offset_base = 2;
            track.placement.reorder_delay = 2;
            let offsets = [(0, 2), (1, 5), (2, 0)];
            index.offsets = offsets.map(|(first, offset)| OffsetRun { first, offset }).to_vec();
        });
        let step = 400_000;
        for (smooth, version, want) in [(false, 0, [2, 5, 0]), (true, 1, [0, 3 * step, -2 * step])]
        {
            let fragment = build(&track, 0..3, smooth);
            let moof = reader(&fragment).child(b"moof", "moof").unwrap();
            let traf = moof.child(b"traf", "traf").unwrap();
            let mut trun = traf.child(b"trun", "trun").unwrap();
            assert_eq!(trun.version().unwrap(), version);
            trun.take(8).unwrap();
            let offsets: Vec<_> = (0..3)
                .map(|_| {
                    trun.take(8).unwrap();
                    trun.u32().unwrap() as i32
                })
                .collect();
            assert_eq!(offsets, want);
        }
    }
}
