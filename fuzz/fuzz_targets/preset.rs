//! Any text as a `Configuration`: what ffmpeg is told has nothing of the text in it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| mediad::fuzzing::preset(text));
