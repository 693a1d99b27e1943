//! Any bytes as an MP4 file, or a sound film with damage done to it: refused, or all that can be
//! asked of it is sound.
#![no_main]

#[path = "../../packager/tests/common/films.rs"]
mod films;
#[path = "../../packager/tests/common/whole.rs"]
mod whole;

use std::sync::LazyLock;

use films::{Damage, films};
use libfuzzer_sys::fuzz_target;

static FILMS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(films);

// The first byte chooses a film, of which 0 is the input itself. Then each damage has seven bytes:
// what it is, and where, counted from the end, where films tell most about themselves.
fuzz_target!(|input: &[u8]| {
    let Some((number, rest)) = input.split_first() else { return };
    let Some(film) = usize::from(*number).checked_sub(1).and_then(|number| FILMS.get(number)) else {
        let _ = whole::serve(rest);
        return;
    };
    let mut film = film.clone();
    for damage in rest.as_chunks::<7>().0 {
        let [high, low, damage @ ..] = *damage;
        let at = film.len().saturating_sub(usize::from(u16::from_be_bytes([high, low])));
        Damage::read(damage).apply(&mut film, at);
    }
    let _ = whole::serve(&film);
});
