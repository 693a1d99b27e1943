//! Any text as a resource path of any version: what is read is printed and read again as the same.
#![no_main]

use edm::path::ResourcePath;
use edm::version::Version;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for version in [Version::V2, Version::V3, Version::V4, Version::V401] {
        if let Ok(path) = ResourcePath::parse_for(text, version) {
            let printed = path.display(version).to_string();
            let again = ResourcePath::parse_for(&printed, version);
            let again = again.unwrap_or_else(|error| panic!("{version:?}: {error}: {printed}"));
            assert_eq!(again.display(version).to_string(), printed, "{version:?}");
        }
    }
    let _ = ResourcePath::parse_url(text, "/api/");
});
