//! Any text as the body of a request, in JSON and almost JSON, read by the tables of a type with a
//! property of every kind.
#![no_main]

use edm::Structured;
use edm::json::{parse_tolerant, read_draft};
use fuzz::everything::Everything;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(json) = parse_tolerant(text) else {
        assert!(serde_json::from_slice::<serde_json::Value>(text).is_err(), "JSON is read");
        return;
    };
    // What is JSON means what it says; what is almost JSON stands for some JSON.
    if let Ok(strict) = serde_json::from_slice::<serde_json::Value>(text) {
        assert_eq!(strict, json);
    }
    let printed = json.to_string();
    assert_eq!(parse_tolerant(printed.as_bytes()).expect("what is printed is JSON"), json);
    let _ = read_draft(&json, Everything::default().structured_type());
});
