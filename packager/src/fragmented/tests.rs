#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use bytes::Bytes;

use crate::boxes::Writer;
use crate::error::Error;
use crate::index::Sample;
use crate::indexed::IndexedTrack;
use crate::init::init_segment;
use crate::moov::Mp4;
use crate::source::{Locate, Step};
use crate::track::{Track, TrackKind};

const MOOV: &[u8] = include_bytes!("../../tests/fixtures/clip.moov");
const TFXD: &[u8; 16] = b"\x6d\x1d\x9b\x05\x42\xd5\x44\xe6\x80\xe2\x14\x1d\xaf\xf7\x57\xb2";
const KEY: u32 = 0x0200_0000;
const OTHER: u32 = 0x0101_0000;

/// A `traf` of track 1.
#[derive(Clone, Default)]
struct Traf {
    tfdt: Option<u64>,
    tfxd: Option<i64>,
    /// Duration, size, flags, composition offset.
    rows: Vec<[i32; 4]>,
    /// What `tfhd` has behind the track id, with its flags.
    tfhd: (u32, Vec<u8>),
    data_offset: Option<i32>,
}

impl Traf {
    /// `count` samples of 10 units and 4 bytes, the first one a key frame.
    fn plain(count: usize) -> Self {
        let flags = |at| if at == 0 { KEY } else { OTHER };
        let rows = (0..count).map(|at| [10, 4, flags(at) as i32, 0]).collect();
        Traf { rows, ..Traf::default() }
    }

    fn at(count: usize, tfdt: u64) -> Self {
        Traf { tfdt: Some(tfdt), ..Traf::plain(count) }
    }

    fn write(&self, w: &mut Writer, data_offset: i32) {
        w.boxed(b"traf", |w| {
            w.full(b"tfhd", 0, self.tfhd.0, |w| {
                w.u32(1);
                w.put(&self.tfhd.1);
            });
            if let Some(time) = self.tfdt {
                w.full(b"tfdt", 1, 0, |w| w.u64(time));
            }
            w.full(b"trun", 1, 0xf01, |w| {
                w.u32(self.rows.len() as u32);
                w.put(&self.data_offset.unwrap_or(data_offset).to_be_bytes());
                for value in self.rows.iter().flatten() {
                    w.put(&value.to_be_bytes());
                }
            });
            if let Some(time) = self.tfxd {
                w.boxed(b"uuid", |w| {
                    w.put(TFXD);
                    w.u32(1 << 24);
                    w.put(&time.to_be_bytes());
                    w.u64(0);
                });
            }
        });
    }
}

fn boxed(kind: &[u8; 4], fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::default();
    w.boxed(kind, fill);
    w.into_bytes()
}

/// `moof` and `mdat`; the data offset counts from the `moof`.
fn fragment(traf: &Traf) -> Vec<u8> {
    let moof = |offset| {
        boxed(b"moof", |w| {
            w.full(b"mfhd", 0, 0, |w| w.u32(1));
            traf.write(w, offset);
        })
    };
    let offset = moof(0).len() as i32 + 8;
    let data: i32 = traf.rows.iter().map(|row| row[1]).sum();
    [moof(offset), boxed(b"mdat", |w| w.zeros(data as usize))].concat()
}

/// `ftyp` and `moov` of a file with one track, which has id 1.
fn init(kind: TrackKind) -> Vec<u8> {
    let clip = Mp4::parse("clip.mp4", Bytes::from_static(MOOV), 1 << 20).unwrap();
    let mut track: Track = (***clip.first(kind).unwrap()).clone();
    track.placement.reorder_delay = 0;
    init_segment(&track, None).to_vec()
}

fn locate(file: &[u8]) -> Result<(Mp4, Vec<usize>), Error> {
    let mut locate = Locate::new("a.ismv", file.len() as u64);
    let (mut step, mut reads) = (locate.start(), Vec::new());
    loop {
        match step {
            Step::Read(range) => {
                reads.push((range.end - range.start) as usize);
                let part = &file[range.start as usize..range.end as usize];
                step = locate.feed(Bytes::copy_from_slice(part))?;
            }
            Step::Found(boxes) => {
                assert!(boxes.is_fragmented());
                return Ok((Mp4::parse("a.ismv", boxes, file.len() as u64)?, reads));
            }
        }
    }
}

fn track(kind: TrackKind, trafs: &[Traf]) -> Result<Arc<IndexedTrack>, Error> {
    let fragments = trafs.iter().flat_map(fragment);
    let file: Vec<u8> = init(kind).into_iter().chain(fragments).collect();
    locate(&file)?.0.first(kind).cloned()
}

fn samples(track: &IndexedTrack) -> Vec<Sample> {
    track.index().unwrap().samples(0..track.index().unwrap().len()).collect()
}

fn times(track: &IndexedTrack) -> Vec<(u64, u32)> {
    samples(track).iter().map(|sample| (sample.dts, sample.duration)).collect()
}

fn problem(result: Result<Arc<IndexedTrack>, Error>) -> String {
    result.map(|track| samples(&track)).unwrap_err().to_string()
}

#[test]
fn samples_follow_their_fragments() {
    let track = track(TrackKind::Video, &[Traf::at(2, 0), Traf::at(2, 20)]).unwrap();
    let first = init(TrackKind::Video).len() as u64;
    let length = fragment(&Traf::at(2, 0)).len() as u64;
    let data = first + length - 8;
    let rows: Vec<_> =
        samples(&track).iter().map(|s| (s.position, s.size, s.dts, s.sync)).collect();
    assert_eq!(
        rows,
        [
            (data, 4, 0, true),
            (data + 4, 4, 10, false),
            (data + length, 4, 20, true),
            (data + length + 4, 4, 30, false)
        ]
    );
    assert_eq!((track.index().unwrap().total_bytes(), track.start()), (16, 0));
}

#[test]
fn gaps_and_overlaps_stay_where_they_are() {
    let late = track(TrackKind::Video, &[Traf::at(2, 0), Traf::at(2, 50)]).unwrap();
    assert_eq!(times(&late), [(0, 10), (10, 40), (50, 10), (60, 10)]);
    let early = track(TrackKind::Video, &[Traf::at(2, 0), Traf::at(2, 17)]).unwrap();
    assert_eq!(times(&early), [(0, 10), (10, 7), (17, 10), (27, 10)]);
    // Fragments without a time follow, and what comes later is not moved by that.
    let mixed = [Traf::at(1, 0), Traf::plain(1), Traf::at(1, 25)];
    assert_eq!(times(&track(TrackKind::Video, &mixed).unwrap()), [(0, 10), (10, 15), (25, 10)]);
    let back = problem(track(TrackKind::Video, &[Traf::at(2, 0), Traf::at(2, 9)]));
    assert!(back.contains("starts at 9 where the one before ends at 20"), "{back}");
    let far = problem(track(TrackKind::Video, &[Traf::at(2, 0), Traf::at(2, 1 << 40)]));
    assert!(far.contains("starts at 1099511627776"), "{far}");
}

/// The ends of all clocks are further apart than 63 bits tell.
#[test]
fn clocks_that_are_far_apart_are_refused() {
    let at = |time| Traf { tfxd: Some(time), ..Traf::plain(2) };
    let mut first = at(-1 << 62);
    first.rows[0][3] = i32::MAX;
    let far = problem(track(TrackKind::Video, &[first, at(1 << 62)]));
    assert!(far.contains("where the one before ends at 20"), "{far}");
}

#[test]
fn a_clock_that_does_not_start_at_zero_is_kept() {
    let start = 12_800 * 3600 * 24 * 365;
    let track = track(TrackKind::Video, &[Traf::at(2, start), Traf::at(2, start + 20)]).unwrap();
    assert_eq!(times(&track)[0], (0, 10));
    assert_eq!(track.start(), 3600 * 24 * 365 * 10_000_000);
    assert_eq!(track.end() - track.start(), 40 * 10_000_000 / 12_800);
}

#[test]
fn tfxd_is_when_the_first_sample_is_shown() {
    let mut first = Traf { tfxd: Some(0), ..Traf::plain(2) };
    first.rows[0][3] = 20;
    let mut second = Traf { tfxd: Some(30), ..Traf::plain(2) };
    second.rows[0][3] = 10;
    let picture = track(TrackKind::Video, &[first, second]).unwrap();
    assert_eq!(times(&picture), [(0, 10), (10, 30), (40, 10), (50, 10)]);
    assert_eq!(picture.start(), 0);
    // Priming: one frame before time 0, which is not presented.
    let rows = vec![[1024, 4, 0, 0]; 3];
    let sound = track(TrackKind::Audio, &[Traf { tfxd: Some(-1024), rows, ..Traf::default() }]);
    let sound = sound.unwrap();
    assert_eq!((sound.placement.kept.clone(), sound.start()), (1..3, 0));
}

#[test]
fn flags_that_say_nothing_leave_the_starts_of_fragments() {
    let silent = |count| Traf { rows: vec![[10, 4, 0xc0, 0]; count], ..Traf::default() };
    let film = track(TrackKind::Video, &[silent(3), silent(2)]).unwrap();
    let keys: Vec<_> = film.index().unwrap().sync_samples().map(|sample| sample.number).collect();
    assert_eq!(keys, [0, 3]);
}

#[test]
fn a_second_sample_description_is_refused() {
    let other = Traf { tfhd: (2, vec![0, 0, 0, 2]), ..Traf::plain(1) };
    let text = problem(track(TrackKind::Video, &[Traf::plain(1), other]));
    assert!(text.contains("sample description 2 is not supported"), "{text}");
}

#[test]
fn base_offsets() {
    let head = init(TrackKind::Video);
    let mut file = [head.clone(), boxed(b"mdat", |w| w.zeros(100))].concat();
    let data = head.len() as u64 + 8;
    // From the start of the file, and from the `moof`, where nothing is said or a flag says so.
    let moof = file.len() as i32;
    let from_moof = data as i32 - moof;
    let based = |flags, base: &[u8], offset| Traf {
        tfhd: (flags, base.to_vec()),
        data_offset: Some(offset),
        ..Traf::plain(1)
    };
    for traf in [
        based(1, &data.to_be_bytes(), 16),
        based(0, &[], from_moof + 16),
        based(0x02_0000, &[], from_moof + 16),
    ] {
        let mut file = file.clone();
        file.extend(boxed(b"moof", |w| traf.write(w, 0)));
        let (mp4, _) = locate(&file).unwrap();
        let found = samples(mp4.first(TrackKind::Video).unwrap());
        assert_eq!(found[0].position, data + 16, "{:?}", traf.tfhd);
    }
    // A second track fragment goes on where the first one ends.
    file.extend(boxed(b"moof", |w| {
        based(0, &[], from_moof).write(w, 0);
        based(0, &[], 30).write(w, 0);
    }));
    let (mp4, _) = locate(&file).unwrap();
    let found: Vec<_> =
        samples(mp4.first(TrackKind::Video).unwrap()).iter().map(|s| s.position - data).collect();
    assert_eq!(found, [0, 34]);
    let before = problem(track(TrackKind::Video, &[based(0, &[], i32::MIN)]));
    assert!(before.contains("before the start of the file"), "{before}");
}

#[test]
fn counts_are_held_against_bytes() {
    let trun = |count: u32, tfhd: u32, value: u32| {
        let head = init(TrackKind::Video);
        let moof = boxed(b"moof", |w| {
            w.boxed(b"traf", |w| {
                // The data starts at byte 0.
                w.full(b"tfhd", 0, 1 | 0x08 | tfhd, |w| {
                    w.u32(1);
                    w.u64(0);
                    w.u32(10);
                    if tfhd != 0 {
                        w.u32(value);
                    }
                });
                w.full(b"trun", 0, 0, |w| w.u32(count));
            });
        });
        // The first of them would be taken for the cut off end of the file.
        let file = [head, moof.clone(), moof].concat();
        locate(&file).map(|(mp4, _)| mp4.first(TrackKind::Video).unwrap().index().unwrap().len())
    };
    assert_eq!(trun(3, 0x10, 5), Ok(6));
    let text = |result: Result<u32, Error>| result.unwrap_err().to_string();
    assert!(text(trun(u32::MAX, 0x10, u32::MAX)).contains("beyond the end of the file"));
    assert!(text(trun(1_000_000_000, 0, 0)).contains("have no size"));
    assert!(text(trun(400, 0x10, 2)).contains("together are larger than the file"));
    let mut rows = Traf::plain(3);
    rows.rows[1][1] = i32::MAX;
    let file = [init(TrackKind::Video), boxed(b"moof", |w| rows.write(w, 0))].concat();
    assert!(locate(&file).unwrap().0.first(TrackKind::Video).is_err());
}

/// A few bytes make a track of their own.
#[test]
fn tracks_have_a_limit() {
    let moof = |ids: std::ops::Range<u32>| {
        boxed(b"moof", |w| {
            for id in ids {
                w.boxed(b"traf", |w| {
                    // The data is the first byte of the file.
                    w.full(b"tfhd", 0, 1 | 0x08 | 0x10, |w| {
                        w.u32(id);
                        w.u64(0);
                        w.u32(10);
                        w.u32(1);
                    });
                    w.full(b"trun", 0, 0, |w| w.u32(1));
                });
            }
        })
    };
    let locate = |ids| locate(&[init(TrackKind::Video), moof(1..1000), moof(ids)].concat());
    locate(1000..1025).unwrap();
    let error = locate(1000..1026).unwrap_err().to_string();
    assert!(error.contains("more than 1024 tracks"), "{error}");
}

#[test]
fn a_recording_that_was_broken_off_ends_with_its_last_whole_fragment() {
    let whole = [init(TrackKind::Video), fragment(&Traf::at(2, 0)), fragment(&Traf::at(2, 20))];
    let one = whole[..2].concat().len();
    let file = whole.concat();
    for len in one..file.len() {
        let (mp4, _) = locate(&file[..len]).unwrap_or_else(|error| panic!("{len}: {error}"));
        assert_eq!(mp4.first(TrackKind::Video).unwrap().index().unwrap().len(), 2, "{len}");
    }
    // What is missing in the middle is damage.
    let mut lie = Traf::at(2, 0);
    lie.rows[1][1] = 1 << 20;
    let lie = boxed(b"moof", |w| lie.write(w, 0));
    let error = locate(&[whole[0].clone(), lie, whole[2].clone()].concat()).unwrap_err();
    assert!(error.to_string().contains("beyond the end of the file"), "{error}");
}

#[test]
fn one_read_for_each_fragment() {
    let mut traf = Traf::plain(2);
    traf.rows[1][1] = 300_000;
    let trafs = vec![traf; 20];
    let file: Vec<u8> =
        init(TrackKind::Video).into_iter().chain(trafs.iter().flat_map(fragment)).collect();
    let (mp4, reads) = locate(&file).unwrap();
    assert_eq!(mp4.first(TrackKind::Video).unwrap().index().unwrap().len(), 40);
    assert_eq!(reads.len(), 20);
    assert!(reads.iter().sum::<usize>() < 65_536 + 20 * 5_000, "{reads:?}");
}

#[test]
fn other_boxes_between_and_repeated_heads() {
    let head = init(TrackKind::Video);
    let parts = [
        head.clone(),
        boxed(b"sidx", |w| w.zeros(50)),
        fragment(&Traf::at(1, 0)),
        head.clone(),
        fragment(&Traf::at(1, 10)),
        boxed(b"mfra", |w| w.zeros(70)),
        vec![0; 3],
    ];
    let (mp4, _) = locate(&parts.concat()).unwrap();
    assert_eq!(mp4.first(TrackKind::Video).unwrap().index().unwrap().len(), 2);
    let other = [head.clone(), fragment(&Traf::at(1, 0)), init(TrackKind::Audio)].concat();
    assert!(locate(&other).unwrap_err().to_string().contains("a second `moov` box"));
    let headless = fragment(&Traf::at(1, 0));
    assert!(matches!(locate(&headless), Err(Error::Unsupported { .. })));
    let empty = problem(locate(&head).unwrap().0.first(TrackKind::Video).cloned());
    assert!(empty.contains("an empty track"), "{empty}");
}

#[test]
fn films_with_the_same_moov_are_told_apart() {
    let film = |count| track(TrackKind::Video, &[Traf::at(count, 0)]).unwrap().fingerprint;
    assert_ne!(film(2), film(3));
}
