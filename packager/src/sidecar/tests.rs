#![allow(clippy::unwrap_used)]

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::format::{DashFormat, Format, HlsFormat, SmoothFormat};
use crate::fragment::FragmentNoun;
use crate::index::{ByteRun, OffsetRun, SampleIndex, Sizes, TimeRun};
use crate::indexed::IndexedTrack;
use crate::moov::Refused;
use crate::presentation::Presentation;
use crate::stream::Rendition;
use crate::testing::{altered, audio, avc_entry, mp4a_entry, video};
use crate::track::TrackKind;
use crate::url::Parameters;
use crate::view::Packaged;

/// With a sample entry, of which the codec is read again.
fn whole(track: IndexedTrack) -> IndexedTrack {
    altered(track, |track, _| match track.kind {
        TrackKind::Video => (track.sample_entry, track.codec) = avc_entry(),
        _ => (track.sample_entry, track.codec) = mp4a_entry(),
    })
}

fn mp4(file: &str, tracks: Vec<IndexedTrack>) -> Mp4 {
    Mp4::new(file.to_owned(), tracks.into_iter().map(Arc::new).collect(), Vec::new())
}

/// An hour at 24 frames per second in groups of two seconds, with B-frames, at 4.5 Mbit/s.
fn hour_of_video() -> IndexedTrack {
    const FRAMES: u32 = 3600 * 24;
    let track = altered(video(12_288, 512, FRAMES, 48), |_, index| {
        let mut random = 1u32;
        let sizes = (0..FRAMES).map(|number| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mean = match number % 48 {
                0 => 120_000,
                at if at % 4 == 0 => 35_000,
                _ => 12_000,
            };
            mean / 2 + random % mean
        });
        index.sizes = Sizes::Each(sizes.collect());
        index.total_bytes = (0..FRAMES).map(|number| u64::from(index.sizes.get(number))).sum();
        let offsets = (0..FRAMES).map(|number| OffsetRun {
            first: number,
            offset: [1024, 2560, 1024, 0, 512][number as usize % 5],
        });
        index.offsets = offsets.collect();
        // A chunk for every group of pictures, behind as much sound.
        let mut position = 40;
        let mut runs = Vec::new();
        for first in (0..FRAMES).step_by(48) {
            position += 32_000;
            runs.push(ByteRun { first, position });
            position += (first..first + 48).map(|n| u64::from(index.sizes.get(n))).sum::<u64>();
        }
        index.bytes = runs;
    });
    whole(track)
}

fn hour_of_audio() -> IndexedTrack {
    const FRAMES: u32 = 3600 * 48_000 / 1024;
    let track = altered(audio(48_000, 1024, FRAMES), |_, index| {
        let sizes = (0..FRAMES).map(|number| 300 + number * 7919 % 113);
        index.sizes = Sizes::Each(sizes.collect());
        index.total_bytes = (0..FRAMES).map(|number| u64::from(index.sizes.get(number))).sum();
    });
    whole(track)
}

/// The samples of a track as the blocks of an index describe them.
fn described(
    track: &IndexedTrack,
    file: &[u8],
    wanted: Range<u32>,
) -> Result<Vec<Sample>, Damaged> {
    let first = [wanted.start];
    let Some(crate::indexed::FragmentSamples::Described(range)) = track.cut(&first).of(0) else {
        panic!("not described")
    };
    let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
    samples(&file[range], wanted)
}

fn assert_same(read: &IndexedTrack, track: &IndexedTrack) {
    assert_eq!(read.shared(), track.shared());
    assert_eq!(read.outline(), track.outline());
    assert!(read.index().is_none());
}

#[test]
fn an_hour_takes_a_few_hundred_kilobytes() {
    let video = mp4("v.mp4", vec![hour_of_video()]).to_index().unwrap();
    let head = IndexFile::head_length("v.mp4", &video[..IndexFile::PREAMBLE]).unwrap();
    assert!(head < 16 << 10, "{head}");
    assert!(video.len() < 330_000, "{}", video.len());
    let audio = mp4("a.mp4", vec![hour_of_audio()]).to_index().unwrap();
    let head = IndexFile::head_length("a.mp4", &audio).unwrap();
    assert!(head < 16 << 10, "{head}");
    assert!(audio.len() < 300_000, "{}", audio.len());
}

#[test]
fn what_is_written_reads_back() {
    let tracks = vec![hour_of_video(), hour_of_audio()];
    let mut mp4 = mp4("film.mp4", tracks.clone());
    let place = "mdia/minf/stbl/stsd".to_owned();
    let reason =
        Error::Unsupported { file: "film.mp4".into(), place, what: "codec \"vp09\"".into() };
    mp4 = Mp4::new(
        "film.mp4".to_owned(),
        mp4.tracks().to_vec(),
        vec![Refused { id: 3, kind: TrackKind::Audio, reason: reason.clone() }],
    );
    let file = mp4.to_index().unwrap();
    assert_eq!(mp4.to_index().unwrap(), file, "the same bytes each time");
    let head = IndexFile::head_length("film.mp4", &file).unwrap();
    let read = Mp4::from_index("film.mp4", &file[..head]).unwrap();
    assert_eq!(read.track(3).unwrap_err(), reason);
    assert_eq!(read.file(), "film.mp4");
    assert_eq!(read.to_index(), None);
    for (read, track) in read.tracks().iter().zip(&tracks) {
        assert_same(read, track);
        let count = track.outline().count;
        for wanted in [0..count, 48..96, 100..101, count - 1..count] {
            let all: Vec<_> = track.index().unwrap().samples(wanted.clone()).collect();
            assert_eq!(described(read, &file, wanted).unwrap(), all);
        }
        assert!(described(read, &file, 0..count + 1).is_err());
    }
}

fn renditions(files: &[Mp4]) -> Vec<Rendition> {
    let of = |mp4: &Mp4| Rendition::new(mp4.file(), Arc::clone(&mp4.tracks()[0]));
    files.iter().map(of).collect()
}

/// Five levels of video and one of audio.
fn asset() -> Vec<Mp4> {
    let video = hour_of_video();
    let names = ["1.mp4", "2.mp4", "3.mp4", "4.mp4", "5.mp4"];
    let mut files: Vec<_> = names.iter().map(|name| mp4(name, vec![video.clone()])).collect();
    files.push(mp4("a.mp4", vec![hour_of_audio()]));
    files
}

#[test]
fn a_presentation_of_an_index_is_the_same() {
    let files = asset();
    let indexes: Vec<_> = files.iter().map(|mp4| mp4.to_index().unwrap()).collect();
    let read: Vec<_> = files
        .iter()
        .zip(&indexes)
        .map(|(mp4, index)| Mp4::from_index(mp4.file(), index).unwrap())
        .collect();
    let of_tables = Presentation::new(renditions(&files)).unwrap();
    let of_index = Presentation::new(renditions(&read)).unwrap();
    let parameters = Parameters::default();
    for format in FORMATS {
        let manifest = of_tables.manifest(format, &parameters).unwrap();
        assert_eq!(of_index.manifest(format, &parameters).unwrap(), manifest);
    }
    let view = of_index.view(&parameters, None);
    for stream in of_tables.streams() {
        let (name, bitrate) = (stream.name(), stream.qualities()[0].bitrate());
        for chunk in stream.timeline().chunks().step_by(13).chain(stream.timeline().chunks().last())
        {
            let format = FORMATS[0];
            let noun = FragmentNoun::Fragments;
            let plan = view.plan(name, bitrate, chunk.start, format, noun).unwrap();
            let wanted = plan.reads();
            assert_eq!(wanted.len(), 1);
            let at = files.iter().position(|mp4| mp4.file() == &*wanted[0].file).unwrap();
            let range = wanted[0].range.start as usize..wanted[0].range.end as usize;
            assert!(range.len() < 3000, "{range:?}");
            let bytes = Bytes::copy_from_slice(&indexes[at][range]);
            let Packaged::Clear(fragment) = plan.package(&[bytes]).unwrap() else { panic!() };
            let want = of_tables.fragment(name, bitrate, chunk.start, format).unwrap();
            assert_eq!(fragment, want);
        }
        let unknown = view.fragment(name, bitrate, stream.timeline().start(), FORMATS[0]);
        assert!(matches!(unknown, Err(Error::SamplesUnknown { .. })));
    }
}

const FORMATS: [Format; 4] = [
    Format::Dash(DashFormat::Csf),
    Format::Hls(HlsFormat::Cmaf),
    Format::Smooth(SmoothFormat::Latest),
    Format::Smooth(SmoothFormat::V20),
];

#[test]
fn a_presentation_of_an_hour_takes_tens_of_kilobytes() {
    let files: Vec<_> = asset()
        .iter()
        .map(|mp4| Mp4::from_index(mp4.file(), &mp4.to_index().unwrap()).unwrap())
        .collect();
    let presentation = Presentation::new(renditions(&files)).unwrap();
    let memory = presentation.memory();
    assert!((16 << 10..64 << 10).contains(&memory), "{memory}");
}

#[test]
fn damage_is_found() {
    let track = whole(video(25, 1, 100, 25));
    let good = mp4("a.mp4", vec![track]).to_index().unwrap();
    let head = IndexFile::head_length("a.mp4", &good).unwrap();
    let read = Mp4::from_index("a.mp4", &good).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        let damaged = match Mp4::from_index("a.mp4", &bad) {
            Err(error) => matches!(error, Error::DamagedIndex { .. }),
            Ok(_) => at >= head && described(&read.tracks()[0], &bad, 0..100).is_err(),
        };
        assert!(damaged, "byte {at}");
    }
    for length in 0..head {
        assert!(Mp4::from_index("a.mp4", &good[..length]).is_err(), "{length} bytes");
    }
    let mut other = good;
    other[7] += 1;
    let error = IndexFile::head_length("a.mp4", &other).unwrap_err().to_string();
    assert_eq!(error, "the index of a.mp4 is damaged: it is of another version, or no index");
}

/// What an index claims that was made with care, not by accident: checksums are right.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Result<Mp4, Error> {
    forged_from(whole(video(25, 1, 100, 25)), change)
}

fn forged_from(track: IndexedTrack, change: impl FnOnce(&mut Vec<u8>)) -> Result<Mp4, Error> {
    let good = mp4("a.mp4", vec![track]).to_index().unwrap();
    let head = IndexFile::head_length("a.mp4", &good).unwrap();
    let mut tracks = good[PREAMBLE..head - CHECKSUM].to_vec();
    change(&mut tracks);
    let mut bad = good[..PREAMBLE].to_vec();
    let length = u32::try_from(PREAMBLE + tracks.len() + CHECKSUM).unwrap();
    bad[8..12].copy_from_slice(&length.to_le_bytes());
    bad.extend(tracks);
    let checksum = crc32fast::hash(&bad);
    bad.extend(checksum.to_le_bytes());
    Mp4::from_index("a.mp4", &bad)
}

/// How many fragments of audio there are is not bounded by the tables, but by how long it lasts.
#[test]
fn a_track_of_centuries_is_refused() {
    const DAYS: u32 = 31 * 24 * 3600;
    for (frame, sound) in [(DAYS / 100, true), (DAYS / 100 + 1, false), (u32::MAX, false)] {
        let track = whole(audio(1, frame, 100));
        let read = Mp4::from_index("a.mp4", &mp4("a.mp4", vec![track]).to_index().unwrap());
        assert_eq!(read.is_ok(), sound, "frames of {frame} s");
        assert!(sound || matches!(read, Err(Error::DamagedIndex { .. })));
    }
}

/// A few bytes stand for many equal rows, so that many tracks take much memory.
#[test]
fn tables_have_a_limit_together() {
    let track = whole(audio(48_000, 1024, 1 << 20));
    let rows = track.outline().rows();
    assert_eq!(rows, 16_385);
    let problem = |tracks: usize| {
        let read = forged_from(track.clone(), |head| {
            // The count of tracks before them, and the count of refused ones behind them.
            let one = head[1..head.len() - 1].to_vec();
            let mut count = Out::default();
            count.number(tracks as u64);
            *head = [count.into_bytes(), one.repeat(tracks), vec![0]].concat();
        });
        read.unwrap_err().to_string()
    };
    let most = (1 << 23) / rows;
    assert!(problem(most).ends_with("the blocks do not add up to the body"));
    assert!(problem(most + 1).ends_with("its tables are impossibly long"));
}

/// A track that is refused has four bytes, and more in memory.
#[test]
fn tracks_have_a_limit() {
    let refused = |count: usize| {
        forged(|head| {
            let mut number = Out::default();
            number.number(count as u64);
            // Instead of none.
            head.pop();
            head.extend(number.into_bytes());
            head.extend([0, 1, 0, 0].repeat(count));
        })
    };
    assert!(refused(1024).is_ok());
    let error = refused(1025).unwrap_err().to_string();
    assert!(error.ends_with("it has impossibly many tracks"), "{error}");
}

#[test]
fn a_video_without_key_frames_is_refused() {
    let track = whole(altered(video(25, 1, 100, 25), |_, index| index.sync = Some(vec![])));
    let error = Mp4::from_index("a.mp4", &mp4("a.mp4", vec![track]).to_index().unwrap());
    assert!(error.unwrap_err().to_string().ends_with("a video has no key frame"));
}

/// What a block has before the samples that are wanted is read in vain.
#[test]
fn blocks_that_start_far_before_are_refused() {
    let track = video(25, 1, 200, 200);
    let block = blocks::write(&track.index().unwrap().samples(0..200).collect::<Vec<_>>());
    assert_eq!(samples(&block, 63..65).unwrap().len(), 2);
    assert!(samples(&block, 64..65).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// No claim makes it panic, take much memory or give what does not hold together.
    #[test]
    fn forged_heads_are_refused_or_sound(at in 0..400usize, with in prop::collection::vec(any::<u8>(), 1..6)) {
        let read = forged(|head| {
            for (byte, with) in head.iter_mut().skip(at).zip(&with) {
                *byte = *with;
            }
        });
        if let Ok(mp4) = read {
            let built = Presentation::new(renditions(&[mp4]));
            if let Ok(built) = built {
                built.dash(DashFormat::Csf);
                built.smooth(SmoothFormat::Latest);
            }
        }
    }

    #[test]
    fn forged_blocks_are_refused_or_sound(at in 0..60usize, with in prop::collection::vec(any::<u8>(), 1..6)) {
        let track = video(25, 1, 50, 25);
        let all: Vec<_> = track.index().unwrap().samples(0..50).collect();
        let mut block = blocks::write(&all);
        let end = block.len() - CHECKSUM;
        for (byte, with) in block[..end].iter_mut().skip(at).zip(&with) {
            *byte = *with;
        }
        let checksum = crc32fast::hash(&block[..end]);
        block[end..].copy_from_slice(&checksum.to_le_bytes());
        if let Ok(samples) = samples(&block, 0..50) {
            prop_assert_eq!(samples.len(), 50);
        }
    }

    #[test]
    fn any_tables_come_back(index in any_index(), kind in prop_oneof![Just(TrackKind::Video), Just(TrackKind::Audio)], from in 0..200u32, some in 1..200u32) {
        let track = match kind {
            TrackKind::Video => video(25, 1, 10, 5),
            _ => audio(48_000, 1024, 10),
        };
        let track = whole(altered(track, |track, old| {
            *old = index;
            track.placement.kept = 0..old.count;
        }));
        let file = mp4("a.mp4", vec![track.clone()]).to_index().unwrap();
        let read = Mp4::from_index("a.mp4", &file).unwrap();
        assert_same(&read.tracks()[0], &track);
        let (tables, count) = (track.index().unwrap(), track.outline().count);
        let from = from.min(count - 1);
        let wanted = from..(from + some).min(count);
        let want: Vec<_> = tables.samples(wanted.clone()).collect();
        prop_assert_eq!(described(&read.tracks()[0], &file, wanted).unwrap(), want);
    }
}

/// Tables of every shape, with gaps in time and between bytes.
fn any_index() -> impl Strategy<Value = SampleIndex> {
    let size = prop_oneof![0..100u32, any::<u32>()];
    let sample = (size, 0..5000u32, -3000..3000i32, any::<bool>(), any::<bool>(), 0..1u64 << 40);
    prop::collection::vec(sample, 1..300).prop_map(|rows| {
        let mut index = SampleIndex {
            count: u32::try_from(rows.len()).unwrap(),
            total_bytes: rows.iter().map(|row| u64::from(row.0)).sum(),
            end: 0,
            sizes: Sizes::Each(rows.iter().map(|row| row.0).collect()),
            bytes: Vec::new(),
            times: Vec::new(),
            offsets: Vec::new(),
            sync: Some(Vec::new()),
        };
        for (first, (_, duration, offset, sync, jump, position)) in (0..).zip(rows) {
            if first == 0 || jump {
                index.bytes.push(ByteRun { first, position });
                index.times.push(TimeRun { first, duration, dts: index.end + position % 3 });
                index.offsets.push(OffsetRun { first, offset });
            }
            let duration = index.times.last().unwrap().duration;
            index.end = index
                .times
                .last()
                .map_or(0, |run| run.dts + u64::from(first - run.first + 1) * u64::from(duration));
            if sync || first == 0 {
                index.sync.as_mut().unwrap().push(first);
            }
        }
        index
    })
}
