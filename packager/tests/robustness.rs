//! Damaged input: files that were cut, changed and made to lie must be refused, or give what is
//! sound. Nothing panics, runs away, or is larger than the file that it came from.

#![allow(clippy::unwrap_used)]

#[path = "common/fuzzing.rs"]
mod fuzzing;

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fuzzing::films::{Damage, FILE_LEN, MOOV};
use fuzzing::{FILMS, whole};
use packager::{Error, ServerManifest, TrackKind};
use proptest::prelude::*;

/// Xorshift: the same damage in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

/// The clip with another `moov` payload.
fn film_with(moov: &[u8]) -> Vec<u8> {
    let mut film = FILMS[0].clone();
    film.truncate(FILE_LEN as usize - MOOV.len() - 8);
    film.extend_from_slice(&(moov.len() as u32 + 8).to_be_bytes());
    film.extend_from_slice(b"moov");
    film.extend_from_slice(moov);
    film
}

/// The same, all of it asked for.
fn package(moov: &[u8]) -> Result<(), Error> {
    whole::serve(&film_with(moov))
}

#[test]
fn sound_films_are_fine() {
    package(MOOV).unwrap();
    FILMS.iter().for_each(|film| whole::serve(film).unwrap());
}

#[test]
fn cuts_are_noticed() {
    let sound = (0..MOOV.len()).filter(|len| package(&MOOV[..*len]).is_ok());
    // Only a cut between two boxes (or in the next header) leaves a sound, shorter list of tracks.
    for len in sound {
        let boxes = [b"trak", b"udta"];
        let near = &MOOV[len.saturating_sub(8)..(len + 8).min(MOOV.len())];
        let between = near.windows(4).any(|kind| boxes.iter().any(|name| kind == *name));
        assert!(between, "cut at {len}");
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut damage = Dice(0x5eed_0f4a_57e5);
    let started = Instant::now();
    let mut accepted = 0;
    for _ in 0..4_000 {
        let mut moov = MOOV.to_vec();
        for _ in 0..=damage.next(4) {
            let at = damage.next(moov.len());
            let values = [0, 1, 0x7f, 0x80, 0xff, damage.next(256) as u8];
            moov[at] = values[damage.next(values.len())];
        }
        accepted += u32::from(package(&moov).is_ok());
    }
    // Most of the file is sizes and offsets, so some damage goes unseen; some must be seen.
    assert!((1..4_000).contains(&accepted), "{accepted}");
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
}

#[test]
fn changed_words_never_panic() {
    let mut damage = Dice(0xfeed_beef);
    for _ in 0..4_000 {
        let mut moov = MOOV.to_vec();
        let at = damage.next(moov.len() / 4) * 4;
        let extreme = [0u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0xffff];
        let word = extreme[damage.next(extreme.len())].to_be_bytes();
        moov[at..at + 4].copy_from_slice(&word);
        let _ = package(&moov);
    }
}

#[test]
fn damaged_server_manifests_never_panic() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><smil xmlns=\"http://x\"><head>\
        <meta name=\"formats\" content=\"mp4\"/></head><body><switch><video src=\"a.mp4\" \
        systemBitrate=\"5\"><param name=\"trackID\" value=\"1\"/></video></switch></body></smil>";
    let mut damage = Dice(77);
    for _ in 0..5_000 {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..3 {
            let at = damage.next(bytes.len());
            bytes[at] = b"<>&\"'=/ !?x0"[damage.next(12)];
        }
        let _ = ServerManifest::parse(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn films_can_end_anywhere() {
    for film in FILMS.iter() {
        let step = if film.len() > 8_000 { 7 } else { 1 };
        let accepted =
            (0..film.len()).step_by(step).filter(|len| whole::serve(&film[..*len]).is_ok());
        // Only fragments leave something that is sound.
        assert!(accepted.count() == 0 || film.windows(4).any(|kind| kind == b"moof"));
    }
}

/// The clip with words of one box overwritten; they count from the payload of the box, in words. The
/// first such box is that of the video.
fn lie(kind: &[u8; 4], words: &[(usize, u32)]) -> String {
    let mut moov = MOOV.to_vec();
    let payload = moov.windows(4).position(|found| found == kind).unwrap() + 4;
    for (at, word) in words {
        moov[payload + at * 4..][..4].copy_from_slice(&word.to_be_bytes());
    }
    let _ = package(&moov);
    let track = whole::open(&film_with(&moov)).and_then(|mp4| mp4.first(TrackKind::Video).cloned());
    track.map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn lies_are_told_by_their_place() {
    let all = 0xffff_ffff;
    let cases = [
        // Word 1 of most tables is the number of entries, word 2 the first value.
        ("stsz: claims 4294967295 entries", lie(b"stsz", &[(2, all)])),
        ("stbl: 1000000000 samples; at most", lie(b"stsz", &[(1, 1), (2, 1_000_000_000)])),
        ("ends at byte 4294", lie(b"stsz", &[(3, all)])),
        ("stts: claims 4294967295 entries", lie(b"stts", &[(1, all)])),
        ("stts: gives times for 7 of 50", lie(b"stts", &[(2, 7)])),
        ("ctts: claims 1073741824 entries", lie(b"ctts", &[(1, 1 << 30)])),
        ("stss: sample number 0 is out of", lie(b"stss", &[(2, 0)])),
        ("stss: sample number 51 is out of", lie(b"stss", &[(6, 51)])),
        ("stsc: chunk number 0 is out of order", lie(b"stsc", &[(2, 0)])),
        ("stsc: chunk number 4294967295 is out", lie(b"stsc", &[(2, all)])),
        ("stco: claims 4294967295 entries", lie(b"stco", &[(1, all)])),
        ("the file has 26527 bytes", lie(b"stco", &[(2, 26_527)])),
        ("timescale 0", lie(b"mdhd", &[(3, 0)])),
        ("elst: an edit that is not at normal", lie(b"elst", &[(4, 7)])),
        ("a presentation that starts inside", lie(b"elst", &[(3, 5_000)])),
        ("leaves nothing of the track", lie(b"elst", &[(3, 0x7000_0000)])),
        ("sample descriptions is not supported", lie(b"stsd", &[(1, 2)])),
        ("a track that takes no time", lie(b"stts", &[(3, 0)])),
    ];
    for (want, found) in cases {
        assert!(found.contains(want), "{want}: {found}");
    }
}

/// The clip with `count` tracks like its video, of another codec, whose ids `id` gives.
fn tracks(count: u32, id: impl Fn(u32) -> u32) -> Result<packager::Mp4, Error> {
    let start = |kind: &[u8; 4]| MOOV.windows(4).position(|found| found == kind).unwrap() - 4;
    let first = start(b"trak");
    let length = u32::from_be_bytes(MOOV[first..][..4].try_into().unwrap()) as usize;
    let mut moov = MOOV[..first].to_vec();
    for number in 0..count {
        let mut trak = MOOV[first..first + length].to_vec();
        let header = start(b"tkhd") - first;
        trak[header + 20..][..4].copy_from_slice(&id(number).to_be_bytes());
        let entry = trak.windows(4).position(|found| found == b"avc1").unwrap();
        trak[entry..][..4].copy_from_slice(b"none");
        moov.extend(trak);
    }
    whole::open(&film_with(&moov))
}

/// Each of them costs time and memory, also those that are refused.
#[test]
fn tracks_have_a_limit() {
    tracks(1024, |number| number + 1).unwrap();
    let error = tracks(1025, |number| number + 1).unwrap_err().to_string();
    assert!(error.contains("more than 1024 tracks"), "{error}");
}

#[test]
fn tracks_have_ids_of_their_own() {
    let error = tracks(2, |_| 1).unwrap_err().to_string();
    assert!(error.contains("another track has the same id"), "{error}");
}

/// Found by fuzzing: an AAC frame that is larger than ADTS can tell is refused in transport streams
/// only.
#[test]
fn a_huge_frame_of_audio() {
    let film = fuzzing::film(b"\x05Fm\x01\0/t\x04\xb6\x89\xb6\xb6\0\xb6\xb6");
    whole::serve(&film).unwrap();
}

/// The inputs of a fuzz target: its seeds, and what grew from them, a line of Base64 for each.
fn inputs(target: &str) -> Vec<Vec<u8>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let seeds = std::fs::read_dir(fuzz.join("seeds").join(target)).unwrap();
    let seeds = seeds.map(|seed| std::fs::read(seed.unwrap().path()).unwrap());
    let corpus = std::fs::read_to_string(fuzz.join("corpora").join(target)).unwrap();
    assert!(corpus.lines().count() > 20, "{target}");
    seeds.chain(corpus.lines().map(|line| BASE64_STANDARD.decode(line).unwrap())).collect()
}

#[test]
fn films_that_fuzzing_kept() {
    for input in inputs("mp4") {
        let _ = whole::serve(&fuzzing::film(&input));
    }
}

#[test]
fn indexes_that_fuzzing_kept() {
    for input in inputs("mp4_index") {
        let _ = whole::serve_index(&fuzzing::index(&input));
    }
}

/// What a box holds, 20 000 boxes deep: a parser that called itself for each would overflow.
#[test]
fn nesting_has_no_depth() {
    for kind in [b"moov", b"trak", b"mdia", b"udta"] {
        let mut film = Vec::new();
        for depth in (1..=20_000u32).rev() {
            film.extend_from_slice(&(depth * 8).to_be_bytes());
            film.extend_from_slice(kind);
        }
        let started = Instant::now();
        assert!(whole::serve(&film).is_err());
        assert!(package(&film).is_err());
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

/// Five bytes for each damage, and where it is.
fn any_damage() -> impl Strategy<Value = (Damage, prop::sample::Index)> {
    let extreme = prop_oneof![
        Just([0, 0, 0, 0]),
        Just([0xff; 4]),
        Just([0x7f, 0xff, 0xff, 0xff]),
        Just([0x80, 0, 0, 0]),
        Just([0, 1, 0, 0]),
        any::<[u8; 4]>(),
    ];
    let damage =
        (any::<u8>(), extreme).prop_map(|(kind, [a, b, c, d])| Damage::read([kind, a, b, c, d]));
    (damage, any::<prop::sample::Index>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn damaged_films_are_refused_or_sound(
        number in 0..FILMS.len(),
        damages in prop::collection::vec(any_damage(), 1..6),
    ) {
        let mut film = FILMS[number].clone();
        for (damage, at) in damages {
            // Media data is of no interest: all that is told is at the end, or before the data.
            let told = if number == 0 { film.len() - 3_000.min(film.len())..film.len() } else { 0..film.len() };
            if !told.is_empty() {
                damage.apply(&mut film, told.start + at.index(told.len()));
            }
        }
        let started = Instant::now();
        let _ = whole::serve(&film);
        prop_assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn damaged_indexes_are_refused_or_sound(
        number in 0..FILMS.len(),
        damages in prop::collection::vec(any_damage(), 1..6),
    ) {
        let film = FILMS[number].clone();
        let mut index = whole::index_of(&film).unwrap();
        for (damage, at) in damages {
            let at = at.index(index.len().max(1));
            damage.apply(&mut index, at);
        }
        let _ = whole::serve_index(&whole::with_checksum(index));
    }
}
