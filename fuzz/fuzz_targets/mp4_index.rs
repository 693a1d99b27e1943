//! Any bytes as the persisted index of an MP4 file, or a sound one with damage done to it.
#![no_main]

#[path = "../../packager/tests/common/films.rs"]
mod films;
#[path = "../../packager/tests/common/whole.rs"]
mod whole;

use std::sync::LazyLock;

use films::{Damage, films};
use libfuzzer_sys::fuzz_target;

static INDEXES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| films().iter().map(|film| whole::index_of(film).unwrap()).collect());

// The first byte chooses an index, of which 0 is the input itself; see `mp4`.
fuzz_target!(|input: &[u8]| {
    let Some((number, rest)) = input.split_first() else { return };
    let known = usize::from(*number).checked_sub(1).and_then(|number| INDEXES.get(number));
    let mut index = known.cloned().unwrap_or_else(|| rest.to_vec());
    if known.is_some() {
        for damage in rest.as_chunks::<7>().0 {
            let [high, low, damage @ ..] = *damage;
            let at = usize::from(u16::from_be_bytes([high, low]));
            Damage::read(damage).apply(&mut index, at);
        }
    }
    let _ = whole::serve_index(&whole::with_checksum(index));
});
