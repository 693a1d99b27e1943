#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use mpeg2ts::es::StreamType;
use mpeg2ts::pes::{PesPacket, PesPacketReader, ReadPesPacket as _};
use mpeg2ts::ts::{ReadTsPacket as _, TsPacket, TsPacketReader, TsPayload};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::{Piece, REVISION, Segment, Source};
use crate::error::Error;
use crate::index::Sample;
use crate::testing::{audio, video};
use crate::track::Track;

type Pes = PesPacket<Vec<u8>>;

const DELIMITER: &[u8] = &[0, 0, 0, 1, 9, 0xf0];
/// Those of the track that `testing` makes up.
const PARAMETER_SETS: &[u8] = &[0, 0, 0, 1, 0x67, 0x64, 0, 0, 0, 1, 0x68];

/// A file with the samples of a track.
struct Film {
    bytes: Vec<u8>,
    samples: Vec<Sample>,
    /// What the access units are to be.
    units: Vec<Vec<u8>>,
}

/// What a sample is made of.
#[derive(Debug, Clone)]
struct Picture {
    slices: Vec<usize>,
    sync: bool,
    delimiter: bool,
    sets: bool,
    /// Bytes between it and the sample before.
    gap: usize,
}

impl Film {
    fn of(pictures: &[Picture]) -> Self {
        let mut film = Film { bytes: vec![0xaa; 100], samples: Vec::new(), units: Vec::new() };
        for picture in pictures {
            let mut nal_units: Vec<Vec<u8>> = Vec::new();
            let mut unit = Vec::new();
            if picture.delimiter {
                nal_units.push(vec![9, 0x10]);
                unit.extend_from_slice(&[0, 0, 0, 1, 9, 0x10]);
            } else {
                unit.extend_from_slice(DELIMITER);
            }
            if picture.sets {
                nal_units.extend([vec![0x67, 1, 2], vec![0x68, 3]]);
                unit.extend_from_slice(&[0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3]);
            } else if picture.sync {
                unit.extend_from_slice(PARAMETER_SETS);
            }
            for size in &picture.slices {
                let slice: Vec<u8> = (0..*size).map(|at| at as u8 | 1).collect();
                unit.extend_from_slice(&[0, 0, 0, 1]);
                unit.extend_from_slice(&slice);
                nal_units.push(slice);
            }
            film.bytes.extend(std::iter::repeat_n(0xaa, picture.gap));
            let sample: Vec<u8> = nal_units
                .iter()
                .flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat())
                .collect();
            film.push(&sample, picture.sync);
            film.units.push(unit);
        }
        film
    }

    fn push(&mut self, sample: &[u8], sync: bool) {
        let number = self.samples.len() as u32;
        self.samples.push(Sample {
            number,
            position: self.bytes.len() as u64,
            size: sample.len() as u32,
            dts: u64::from(number),
            duration: 1,
            // Every third frame is shown late.
            composition_offset: if number % 3 == 1 { 2 } else { 0 },
            sync,
        });
        self.bytes.extend_from_slice(sample);
    }

    /// AAC frames of these sizes, at 48 kHz.
    fn sound(sizes: &[usize]) -> Self {
        let mut film = Film { bytes: vec![], samples: vec![], units: vec![] };
        for size in sizes {
            film.push(&vec![size % 251; *size].iter().map(|n| *n as u8).collect::<Vec<_>>(), true);
            let last = film.samples.last_mut().unwrap();
            (last.dts, last.duration) = (last.dts * 1024, 1024);
            last.composition_offset = 0;
        }
        film
    }

    fn source(&self, name: &str, track: &Track) -> Source {
        Source::new(&Arc::from(name), track, self.samples.iter().copied()).unwrap()
    }
}

fn pictures() -> impl Strategy<Value = Vec<Picture>> {
    let slices = prop::collection::vec(prop_oneof![1_usize..400, 15_000_usize..40_000], 1..4);
    let flags = any::<[bool; 3]>();
    let gap = prop_oneof![Just(0), 0_usize..40_000];
    let picture = (slices, flags, gap).prop_map(|(mut slices, [sync, delimiter, sets], gap)| {
        // Enough for the PES header to be in one packet, which the reader of these tests needs.
        slices[0] += 20;
        Picture { slices, sync, delimiter, sets: sync && sets, gap }
    });
    prop::collection::vec(picture, 1..40)
}

/// Makes a segment of films in memory, and looks at how it is read.
fn make(segment: &Segment, films: &[&Film]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in segment.pieces() {
        assert_eq!(piece.bytes.start, bytes.len() as u64);
        let data = read(&piece, films);
        let total: usize = data.iter().map(|data| data.len()).sum();
        assert!(total <= 600 << 10, "{total}");
        let mut out = vec![0xee; piece.len()];
        segment.write(&piece, &data, &mut out).unwrap();
        bytes.extend(out);
    }
    assert_eq!(bytes.len() as u64, segment.content_length());
    bytes
}

fn read<'a>(piece: &Piece, films: &[&'a Film]) -> Vec<&'a [u8]> {
    let of = |read: &super::Read| {
        &films[read.file].bytes[read.range.start as usize..read.range.end as usize]
    };
    piece.reads.iter().map(of).collect()
}

fn packets(bytes: &[u8]) -> Vec<TsPacket> {
    let mut reader = TsPacketReader::new(bytes);
    std::iter::from_fn(|| reader.read_ts_packet().unwrap()).collect()
}

/// The PES packets of a PID, which an independent demuxer finds.
fn units(bytes: &[u8]) -> (Vec<Pes>, Vec<Pes>) {
    let mut reader = PesPacketReader::new(TsPacketReader::new(bytes));
    let all = std::iter::from_fn(|| reader.read_pes_packet().unwrap());
    let (mut video, audio): (Vec<_>, Vec<_>) = all.partition(|pes| pes.header.stream_id.is_video());
    // At the end, the reader gives what it has in any order.
    video.sort_by_key(|pes| pes.header.dts.or(pes.header.pts).map(|time| time.as_u64()));
    (video, audio)
}

/// Checks that counters go on over segments that follow each other.
fn assert_continuous(segments: &[Vec<u8>]) {
    let mut counters = BTreeMap::new();
    for packet in segments.iter().flat_map(|segment| packets(segment)) {
        let counter = packet.header.continuity_counter.as_u8();
        let pid = packet.header.pid.as_u16();
        if let Some(last) = counters.insert(pid, counter) {
            let counted = u8::from(packet.payload.is_some());
            assert_eq!(counter, (last + counted) % 16, "PID {pid:#x}");
        }
    }
}

fn frames_of(pes: &Pes) -> Vec<Vec<u8>> {
    let (mut frames, mut rest) = (Vec::new(), &pes.data[..]);
    while !rest.is_empty() {
        assert_eq!(rest[..2], [0xff, 0xf1]);
        let length =
            usize::from(rest[3] & 3) << 11 | usize::from(rest[4]) << 3 | usize::from(rest[5]) >> 5;
        frames.push(rest[7..length].to_vec());
        rest = &rest[length..];
    }
    frames
}

fn picture_track() -> Track {
    Track::clone(&video(25, 1, 100, 50))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn access_units_come_out_as_they_went_in(pictures in pictures()) {
        let film = Film::of(&pictures);
        let track = picture_track();
        let source = film.source("v.mp4", &track);
        let segment = Segment::new(vec![source.clone()], 3, 0, 1);
        let bytes = make(&segment, &[&film]);
        let (found, none) = units(&bytes);
        prop_assert!(none.is_empty());
        prop_assert_eq!(found.len(), film.units.len());
        for ((pes, want), sample) in found.iter().zip(&film.units).zip(&film.samples) {
            let (unit, padding) = pes.data.split_at(want.len());
            prop_assert_eq!(unit, &want[..]);
            prop_assert!(padding.iter().all(|byte| *byte == 0));
            let time = 900_000 + sample.dts * 3600;
            prop_assert_eq!(pes.header.pts.unwrap().as_u64(), time + sample.composition_offset as u64 * 3600);
            let dts = (sample.composition_offset != 0).then_some(time);
            prop_assert_eq!(pes.header.dts.map(|time| time.as_u64()), dts);
        }
        let next = make(&Segment::new(vec![source], 4, 0, 1), &[&film]);
        assert_continuous(&[bytes.clone(), next]);
        // Key frames are where they are said to be.
        let all = packets(&bytes);
        let keys: Vec<_> = segment.key_frames().collect();
        prop_assert_eq!(keys.len(), pictures.iter().filter(|picture| picture.sync).count());
        for key in keys {
            prop_assert_eq!((key.offset % 188, key.length % 188), (0, 0));
            let first = &all[key.offset as usize / 188];
            prop_assert!(matches!(first.payload, Some(TsPayload::PesStart(_))));
            let field = first.adaptation_field.as_ref().unwrap();
            prop_assert!(field.random_access_indicator && field.pcr.is_some());
            let range = key.offset as usize..(key.offset + key.length) as usize;
            let (alone, _) = units(&[&bytes[..376], &bytes[range]].concat());
            prop_assert_eq!(alone.len(), 1);
        }
    }

    #[test]
    fn sound_goes_between_pictures(
        sizes in prop::collection::vec(30_usize..900, 1..400),
        count in 1_usize..60,
    ) {
        let picture = Picture { slices: vec![900], sync: false, delimiter: false, sets: false, gap: 7 };
        let film = Film::of(&vec![picture; count]);
        let sound = Film::sound(&sizes);
        let (picture, track) = (picture_track(), audio(48_000, 1024, 400));
        let sources = vec![film.source("v.mp4", &picture), sound.source("a.mp4", &track)];
        let segment = Segment::new(sources.clone(), 0, 0, 1);
        let bytes = make(&segment, &[&film, &sound]);
        let (pictures, sounds) = units(&bytes);
        prop_assert_eq!(pictures.len(), count);
        let frames: Vec<_> = sounds.iter().flat_map(frames_of).collect();
        prop_assert_eq!(frames.len(), sizes.len());
        for (frame, size) in frames.iter().zip(&sizes) {
            prop_assert_eq!(frame, &vec![(size % 251) as u8; *size]);
        }
        let mut number = 0;
        for pes in &sounds {
            // 1920 units of 90 kHz for each 1024 samples of 48 kHz.
            prop_assert_eq!(pes.header.pts.unwrap().as_u64(), 900_000 + 1920 * number);
            number += frames_of(pes).len() as u64;
        }
        let again = make(&Segment::new(sources, 1, 1, 1), &[&film, &sound]);
        assert_continuous(&[bytes, again]);
    }
}

/// Caches tell segments by what they are made of, which they cannot see to have changed.
#[test]
fn the_revision_is_raised_when_bytes_change() {
    let picture =
        |sync| Picture { slices: vec![1000, 20], sync, delimiter: false, sets: false, gap: 0 };
    let film = Film::of(&[picture(true), picture(false), picture(false), picture(true)]);
    let sound = Film::sound(&[300; 20]);
    let of_film = || film.source("film.mp4", &picture_track());
    let of_sound = || sound.source("sound.mp4", &audio(48_000, 1024, 20));
    let muxed = Segment::new(vec![of_film(), of_sound()], 3, 0, 1_600_000);
    let alone = Segment::new(vec![of_sound()], 3, 0, 4_266_667);
    let bytes = [make(&muxed, &[&film, &sound]), make(&alone, &[&sound])].concat();
    let digest = Sha256::digest(&bytes);
    let digest = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((REVISION, digest.as_str()), (1, "d31a1fd69f63922f"), "raise REVISION");
}

/// The clock references of a segment, and the times of its PES packets, in units of 90 kHz.
fn clocks(bytes: &[u8]) -> (Vec<u64>, Vec<u64>) {
    let fields = packets(bytes).into_iter().filter_map(|packet| packet.adaptation_field);
    let clocks = fields.filter_map(|field| Some(field.pcr?.as_u64() / 300)).collect();
    let (video, audio) = units(bytes);
    let stamps = video.iter().chain(&audio).filter_map(|pes| pes.header.pts);
    (clocks, stamps.map(|time| time.as_u64()).collect())
}

/// ISO/IEC 13818-1 §2.7.2 and §2.7.4.
#[test]
fn the_clock_and_times_come_often_enough() {
    // Sound of 6 kbit/s, and of 3 Mbit/s.
    for size in [16, 8184] {
        let sound = Film::sound(&[size; 200]);
        let source = sound.source("a.mp4", &audio(48_000, 1024, 200));
        let bytes = make(&Segment::new(vec![source], 0, 0, 1), &[&sound]);
        let (clocks, stamps) = clocks(&bytes);
        assert_eq!((clocks.len(), stamps.len()), (50, 50), "four frames together last 85 ms");
        assert!(clocks.windows(2).all(|pair| pair[1] - pair[0] <= 9_000), "{clocks:?}");
        // So long before they are heard.
        assert!(clocks.iter().zip(&stamps).all(|(clock, stamp)| stamp - clock == 63_000));
    }
}

#[test]
fn the_clock_goes_on_while_a_picture_stands() {
    // At 25 units per second: for 0.2 s, 3 s, and an hour.
    let sizes = [5, 75, 90_000];
    let picture = Picture { slices: vec![900], sync: true, delimiter: false, sets: false, gap: 0 };
    let mut film = Film::of(&vec![picture; 3]);
    let mut dts = 0;
    for (sample, duration) in film.samples.iter_mut().zip(sizes) {
        (sample.dts, sample.duration, sample.composition_offset) = (dts, duration, 0);
        dts += u64::from(duration);
    }
    let source = film.source("v.mp4", &picture_track());
    let next = make(&Segment::new(vec![source.clone()], 1, 1, 1), &[&film]);
    let segment = Segment::new(vec![source], 0, 0, 1);
    let bytes = make(&segment, &[&film]);
    let (clocks, stamps) = clocks(&bytes);
    assert_eq!(stamps.len(), 3);
    // It is not for ever.
    assert_eq!(clocks.len(), 2 + 30 + 10_003 - 32);
    assert!(clocks.windows(2).all(|pair| pair[1] - pair[0] == 9_000), "{clocks:?}");
    assert_continuous(&[bytes.clone(), next]);
    for key in segment.key_frames() {
        let frame = &packets(&bytes)[key.offset as usize / 188..][..key.length as usize / 188];
        assert!(frame.iter().all(|packet| packet.payload.is_some()), "no clock behind it");
    }
}

/// By the clock, no sound comes later than it is to be heard.
#[test]
fn sound_goes_between_references_of_the_clock() {
    let picture = Picture { slices: vec![900], sync: true, delimiter: false, sets: false, gap: 0 };
    let mut film = Film::of(&[picture.clone(), picture]);
    for (sample, dts) in film.samples.iter_mut().zip([0, 100]) {
        (sample.dts, sample.duration, sample.composition_offset) = (dts, 100, 0);
    }
    let sound = Film::sound(&[100; 372]);
    let (picture, track) = (picture_track(), audio(48_000, 1024, 372));
    let sources = vec![film.source("v.mp4", &picture), sound.source("a.mp4", &track)];
    let bytes = make(&Segment::new(sources, 0, 0, 1), &[&film, &sound]);
    // Sound may come before the first picture, which has the clock.
    let (mut clock, mut heard) = (900_000 - 63_000, 0);
    for packet in packets(&bytes) {
        if let Some(time) = packet.adaptation_field.and_then(|field| field.pcr) {
            clock = time.as_u64() / 300;
        }
        if let Some(TsPayload::PesStart(pes)) = packet.payload {
            let time = pes.header.pts.unwrap().as_u64();
            assert!((clock + 63_000..=clock + 72_000).contains(&time), "{time} at {clock}");
            heard += 1;
        }
    }
    assert_eq!(heard, 2 + 93);
}

#[test]
fn tables_name_the_streams() {
    let sound = Film::sound(&[100; 20]);
    let source = sound.source("a.mp4", &audio(48_000, 1024, 20));
    let segment = Segment::new(vec![source], 17, 0, 1);
    let all = packets(&make(&segment, &[&sound]));
    let Some(TsPayload::Pmt(map)) = &all[1].payload else { panic!("{:?}", all[1]) };
    let streams: Vec<_> =
        map.es_info.iter().map(|info| (info.elementary_pid.as_u16(), info.stream_type)).collect();
    assert_eq!(streams, [(0x101, StreamType::AdtsAac)]);
    // Without video, the audio carries the clock.
    assert_eq!(map.pcr_pid.unwrap().as_u16(), 0x101);
    let clock = all[2].adaptation_field.as_ref().unwrap().pcr.unwrap();
    assert_eq!(clock.as_u64() / 300, 900_000 - 63_000);
    let counters: Vec<_> =
        all[..3].iter().map(|packet| packet.header.continuity_counter.as_u8()).collect();
    assert_eq!(counters, [1, 1, 0]);
}

#[test]
fn a_gap_in_the_sound_gets_a_time_of_its_own() {
    let mut sound = Film::sound(&[100; 20]);
    sound.samples.drain(5..8);
    // A frame without bytes is none.
    sound.samples[10].size = 0;
    let source = sound.source("a.mp4", &audio(48_000, 1024, 20));
    let (_, found) = units(&make(&Segment::new(vec![source], 0, 0, 1), &[&sound]));
    let times: Vec<_> = found.iter().map(|pes| pes.header.pts.unwrap().as_u64()).collect();
    // Four go together, and none goes with what comes behind a gap.
    assert_eq!(times, [0, 4, 8, 12, 14, 18].map(|number| 900_000 + 1920 * number));
}

#[test]
fn samples_that_lie_about_their_units_are_found_while_writing() {
    for (sample, sound) in [
        (&[0, 0, 0, 9, 0x65, 1, 2][..], false),
        (&[0, 0, 0, 1, 0x65, 0, 0], false),
        (&[0xff; 30], false),
        // An empty unit is none, but does no harm.
        (&[0, 0, 0, 0, 0, 0, 0, 1, 0x65], true),
    ] {
        let mut film = Film { bytes: vec![], samples: vec![], units: vec![] };
        film.push(sample, true);
        let segment = Segment::new(vec![film.source("v.mp4", &picture_track())], 0, 0, 1);
        let piece = segment.pieces().next().unwrap();
        let mut out = vec![0; piece.len()];
        let written = segment.write(&piece, &read(&piece, &[&film]), &mut out);
        match written {
            Ok(()) => assert!(sound, "{sample:?}"),
            Err(error) => assert!(!sound && error.to_string().contains("v.mp4: sample 0")),
        }
    }
}

#[test]
fn the_wrong_data_is_refused() {
    let film = Film::of(&[Picture {
        slices: vec![500],
        sync: true,
        delimiter: false,
        sets: false,
        gap: 0,
    }]);
    let segment = Segment::new(vec![film.source("v.mp4", &picture_track())], 0, 0, 1);
    let piece = segment.pieces().next().unwrap();
    let mut out = vec![0; piece.len()];
    let short = [&film.bytes[..10]];
    assert!(matches!(segment.write(&piece, &short, &mut out), Err(Error::WrongLength { .. })));
    assert!(matches!(
        segment.write::<&[u8]>(&piece, &[], &mut out),
        Err(Error::WrongLength { .. })
    ));
    let data = read(&piece, &[&film]);
    out.pop();
    assert!(matches!(segment.write(&piece, &data, &mut out), Err(Error::WrongLength { .. })));
}

#[test]
fn what_has_no_place_is_refused_before_it_is_read() {
    let refused = |track: &Track, size: u32| {
        let sample = Sample {
            number: 0,
            position: 0,
            size,
            dts: 0,
            duration: 1,
            composition_offset: 0,
            sync: true,
        };
        Source::new(&Arc::from("a.mp4"), track, std::iter::once(sample)).map(|_| ())
    };
    let (picture, sound) = (video(25, 1, 1, 1), audio(48_000, 1024, 1));
    for (track, size, want) in [
        (&picture, 32 << 20, true),
        (&picture, (32 << 20) + 1, false),
        (&sound, 8184, true),
        (&sound, 8185, false),
    ] {
        assert_eq!(refused(track, size).is_ok(), want, "{size}");
    }
    let mut short = Track::clone(&picture);
    let crate::Codec::Avc(config) = &mut short.codec else { panic!() };
    config.nal_length = 2;
    assert!(matches!(refused(&short, 100), Err(Error::NotInTransportStream { .. })));
}
