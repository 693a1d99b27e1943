//! Any text as a `TaskBody`: any text is a body or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| mediad::fuzzing::task_body(text));
