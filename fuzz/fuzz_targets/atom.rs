//! Any bytes as Atom or other XML, as a client and as a service read it: what a service reads is
//! written and read again as the same.
#![no_main]

use edm::atom::{Body, Layout, read_draft, read_property, read_uri, uri};
use edm::json::Entities;
use edm::{DateTime, EntityType, Structured};
use fuzz::everything::Everything;
use libfuzzer_sys::fuzz_target;

const LAYOUT: Layout<'static> = Layout { root: "", updated: DateTime::MIN };

fuzz_target!(|bytes: &[u8]| {
    if let Ok(body) = Body::from_bytes(bytes) {
        let mut entity = Everything::default();
        if body.entity(&mut entity).is_ok() {
            let mut copy = Everything::default();
            for index in 0..entity.structured_type().properties.len() {
                copy.set(index, entity.get(index)).expect("the value is of the type");
            }
        }
        let mut page = Entities::<Everything>::default();
        let _ = body.page(&mut page);
        let _ = body.links();
        let _ = body.resources();
        for property in entity.structured_type().properties {
            let _ = body.value(&property.ty);
            let _ = read_property(bytes, property);
        }
    }
    if let Ok(url) = read_uri(bytes) {
        assert_eq!(read_uri(uri(&url).as_bytes()).as_deref(), Ok(url.as_str()));
    }
    if let Ok(draft) = read_draft(bytes, Everything::TYPE) {
        let written = LAYOUT.draft(&draft, Everything::TYPE);
        let again = read_draft(written.as_bytes(), Everything::TYPE);
        let again = again.unwrap_or_else(|error| panic!("{error}: {written}"));
        // Not-a-number is not equal to itself: what is written is.
        assert_eq!(LAYOUT.draft(&again, Everything::TYPE), written);
    }
});
