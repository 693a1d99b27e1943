//! Any bytes as a batch, multipart or JSON: what is read is written and read again as the same.
#![no_main]

use edm::batch::{
    Ids, read_json_requests, read_json_responses, read_requests, read_responses,
    write_json_responses, write_responses,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first line is the content type.
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (head, body) = bytes.split_at(at);
    if let Ok(head) = std::str::from_utf8(head) {
        let _ = read_requests(head, body);
        if let Ok(parts) = read_responses(head, body) {
            let written = write_responses(&parts, Ids::Outer, "seed");
            let again = read_responses(&written.content_type, &written.body);
            assert_eq!(again.map(|parts| parts.len()), Ok(parts.len()));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = read_json_requests(text);
        if let Ok(parts) = read_json_responses(text) {
            let again = read_json_responses(&write_json_responses(&parts));
            assert_eq!(again.map(|parts| parts.len()), Ok(parts.len()));
        }
    }
});
