//! Any bytes as the persisted index of an MP4 file, or a sound one with damage done to it.
#![no_main]

#[path = "../../packager/tests/common/fuzzing.rs"]
mod fuzzing;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = fuzzing::whole::serve_index(&fuzzing::index(input));
});
