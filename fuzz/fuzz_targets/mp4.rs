//! Any bytes as an MP4 file, or a sound film with damage done to it: refused, or all that can be
//! asked of it is sound.
#![no_main]

#[path = "../../packager/tests/common/fuzzing.rs"]
mod fuzzing;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = fuzzing::whole::serve(&fuzzing::film(input));
});
