//! What the fuzz targets `mp4` and `mp4_index` do with an input; tests do it again with the inputs
//! that fuzzing has kept.

// Fuzz targets read this file, too: every user compiles it and uses a part of it.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::LazyLock;

pub(crate) mod films;
pub(crate) mod whole;

use films::{Damage, films};

/// Sound films.
pub(crate) static FILMS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(films);
static INDEXES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| FILMS.iter().map(|film| whole::index_of(film).unwrap()).collect());

/// The film that an input stands for: the first byte chooses a sound one, of which 0 is the rest of
/// the input itself. Then each damage has seven bytes: what it is, and where, counted from the end,
/// where films tell most about themselves.
pub(crate) fn film(input: &[u8]) -> Vec<u8> {
    damaged(input, &FILMS, usize::saturating_sub)
}

/// The same of indexes, in which places are counted from the start.
pub(crate) fn index(input: &[u8]) -> Vec<u8> {
    whole::with_checksum(damaged(input, &INDEXES, |_, place| place))
}

fn damaged(input: &[u8], sound: &[Vec<u8>], at: fn(usize, usize) -> usize) -> Vec<u8> {
    let Some((number, rest)) = input.split_first() else { return Vec::new() };
    let Some(sound) = usize::from(*number).checked_sub(1).and_then(|number| sound.get(number))
    else {
        return rest.to_vec();
    };
    let mut damaged = sound.clone();
    for damage in rest.as_chunks::<7>().0 {
        let [high, low, damage @ ..] = *damage;
        let at = at(damaged.len(), usize::from(u16::from_be_bytes([high, low])));
        Damage::read(damage).apply(&mut damaged, at);
    }
    damaged
}
