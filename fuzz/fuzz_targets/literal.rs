//! Any text as a literal of any version: what is read is printed and read again as the same.
#![no_main]

use edm::literal::Literal;
use edm::version::Version;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for version in [Version::V2, Version::V3, Version::V4, Version::V401] {
        if let Ok(literal) = Literal::parse_for(text, version) {
            let printed = literal.display(version).to_string();
            let again = Literal::parse_for(&printed, version).expect("what is printed is read");
            assert_eq!(again.display(version).to_string(), printed, "{version:?}");
        }
    }
});
