//! Tracks made up for unit tests.

use std::sync::Arc;

use bytes::Bytes;

use crate::aac::AacConfig;
use crate::boxes::Writer;
use crate::codec::{AvcConfig, Codec};
use crate::edit::Placement;
use crate::error::Place;
use crate::index::{ByteRun, SampleIndex, Sizes, TimeRun};
use crate::indexed::IndexedTrack;
use crate::presentation::Presentation;
use crate::sample_entry::SampleEntry;
use crate::stream::Rendition;
use crate::track::{Totals, Track, TrackKind, VideoInfo};

fn track(
    kind: TrackKind,
    codec: Codec,
    timescale: u32,
    duration: u32,
    count: u32,
) -> (Track, SampleIndex) {
    let index = SampleIndex {
        count,
        total_bytes: u64::from(count) * 100,
        end: u64::from(count) * u64::from(duration),
        sizes: Sizes::Same(100),
        bytes: vec![ByteRun { first: 0, position: 40 }],
        times: vec![TimeRun { first: 0, duration, dts: 0 }],
        offsets: vec![],
        sync: None,
    };
    let placement = Placement { kept: 0..count, decode_shift: 0, offset_base: 0, reorder_delay: 0 };
    let track = Track {
        id: 1,
        kind,
        timescale,
        language: None,
        codec,
        video: None,
        display: [0; 44],
        sample_entry: Bytes::new(),
        totals: Totals::of(&index, &placement),
        placement,
        fingerprint: [0; 32],
    };
    (track, index)
}

/// The track with something else about it.
pub(crate) fn altered(
    track: IndexedTrack,
    change: impl FnOnce(&mut Track, &mut SampleIndex),
) -> IndexedTrack {
    let (mut info, mut index) = (Track::clone(&track), track.index().cloned().expect("has tables"));
    change(&mut info, &mut index);
    info.totals = Totals::of(&index, &info.placement);
    IndexedTrack::new(info, index)
}

/// H.264, 640x360, samples of 100 bytes, a key frame every `gop` frames.
pub(crate) fn video(timescale: u32, duration: u32, count: u32, gop: usize) -> IndexedTrack {
    let codec = Codec::Avc(AvcConfig {
        sample_entry: *b"avc1",
        profile: 0x64,
        compatibility: 0,
        level: 0x1e,
        nal_length: 4,
        parameter_sets: vec![vec![0x67, 0x64], vec![0x68]],
    });
    let (mut track, mut index) = track(TrackKind::Video, codec, timescale, duration, count);
    track.video = Some(VideoInfo { width: 640, height: 360 });
    index.sync = Some((0..count).step_by(gop).collect());
    IndexedTrack::new(track, index)
}

/// AAC-LC stereo, samples of 100 bytes.
pub(crate) fn audio(timescale: u32, duration: u32, count: u32) -> IndexedTrack {
    let codec = Codec::Aac(AacConfig {
        object_type: 2,
        sampling_rate: timescale,
        channels: 2,
        channel_configuration: 2,
        specific_config: vec![0x11, 0x90],
    });
    let (mut track, index) = track(TrackKind::Audio, codec, timescale, duration, count);
    track.language = Some("eng".to_owned());
    IndexedTrack::new(track, index)
}

/// Two video qualities of 14 s in fragments of 6, 6 and 2 s, and one English audio track.
pub(crate) fn presentation() -> Result<Presentation, crate::Error> {
    let picture = Arc::new(video(12_800, 512, 350, 50));
    let mut low = Rendition::new("low.mp4", Arc::clone(&picture));
    low.bitrate = Some(500_000);
    let mut high = Rendition::new("high.mp4", picture);
    high.bitrate = Some(1_500_000);
    let mut sound = Rendition::new("sound.mp4", Arc::new(audio(48_000, 1024, 656)));
    sound.bitrate = Some(128_000);
    sound.name = Some("aac_eng_2_128000_1_1".to_owned());
    Presentation::new(vec![high, low, sound])
}

/// A sample entry of H.264 as in a file, and the codec that it says.
pub(crate) fn avc_entry() -> (Bytes, Codec) {
    let mut w = Writer::default();
    w.boxed(b"avc1", |w| {
        w.zeros(24);
        w.u16(640);
        w.u16(360);
        w.zeros(50);
        w.boxed(b"avcC", |w| {
            w.put(&[1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, 2, 0x67, 0x64, 1, 0, 1, 0x68]);
        });
    });
    codec_of(w, TrackKind::Video)
}

/// The same of H.265.
pub(crate) fn hevc_entry() -> (Bytes, Codec) {
    let mut w = Writer::default();
    w.boxed(b"hvc1", |w| {
        w.zeros(24);
        w.u16(640);
        w.u16(360);
        w.zeros(50);
        w.boxed(b"hvcC", |w| {
            w.put(&[1, 1, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93]);
            w.zeros(8);
            // Lengths of four bytes, and one array with one sequence parameter set.
            w.put(&[3, 1, 33, 0, 1, 0, 2, 0x42, 1]);
        });
    });
    codec_of(w, TrackKind::Video)
}

/// The same of AAC-LC stereo at 48 kHz.
pub(crate) fn mp4a_entry() -> (Bytes, Codec) {
    let mut w = Writer::default();
    w.boxed(b"mp4a", |w| {
        w.zeros(16);
        w.u16(2);
        w.zeros(10);
        w.full(b"esds", 0, 0, |w| {
            w.put(&[3, 22, 0, 1, 0, 4, 17, 0x40]);
            w.zeros(12);
            w.put(&[5, 2, 0x11, 0x90]);
        });
    });
    codec_of(w, TrackKind::Audio)
}

fn codec_of(w: Writer, kind: TrackKind) -> (Bytes, Codec) {
    let place = Place { file: "made up", track: 0, path: "stsd" };
    let entry = SampleEntry::of_raw(w.into_bytes().into(), kind, place).expect("can be read");
    (entry.raw, entry.codec)
}
