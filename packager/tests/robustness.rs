//! Damaged input: files that were cut, changed and made to lie must be refused, or give what is
//! sound. Nothing panics, runs away, or is larger than the file that it came from.

#![allow(clippy::unwrap_used)]

#[path = "common/films.rs"]
mod films;
#[path = "common/whole.rs"]
mod whole;

use std::time::{Duration, Instant};

use films::{Damage, FILE_LEN, MOOV, films};
use packager::{Error, ServerManifest};
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

/// The clip with another `moov` payload, all of it asked for.
fn package(moov: &[u8]) -> Result<(), Error> {
    let mut film = films()[0].clone();
    film.truncate(FILE_LEN as usize - MOOV.len() - 8);
    film.extend_from_slice(&(moov.len() as u32 + 8).to_be_bytes());
    film.extend_from_slice(b"moov");
    film.extend_from_slice(moov);
    whole::serve(&film)
}

#[test]
fn sound_films_are_fine() {
    package(MOOV).unwrap();
    films().iter().for_each(|film| whole::serve(film).unwrap());
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
    for film in films() {
        let step = if film.len() > 8_000 { 7 } else { 1 };
        let accepted =
            (0..film.len()).step_by(step).filter(|len| whole::serve(&film[..*len]).is_ok());
        // Only fragments leave something that is sound.
        assert!(accepted.count() == 0 || film.windows(4).any(|kind| kind == b"moof"));
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
        number in 0..5usize,
        damages in prop::collection::vec(any_damage(), 1..6),
    ) {
        let mut film = films().swap_remove(number);
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
        number in 0..5usize,
        damages in prop::collection::vec(any_damage(), 1..6),
    ) {
        let film = films().swap_remove(number);
        let mut index = whole::index_of(&film).unwrap();
        for (damage, at) in damages {
            let at = at.index(index.len().max(1));
            damage.apply(&mut index, at);
        }
        let _ = whole::serve_index(&whole::with_checksum(index));
    }
}
