//! Any text as a response of any format, read into types with a property of every kind.
#![no_main]

use edm::Structured;
use edm::error::ServiceError;
use edm::json::{Body, Entities, Format};
use fuzz::everything::Everything;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for format in [Format::Light, Format::Verbose, Format::V4] {
        let body = Body::new(text, format);
        let mut entity = Everything::default();
        if body.entity(&mut entity).is_ok() {
            let properties = entity.structured_type().properties.len();
            let mut copy = Everything::default();
            for index in 0..properties {
                copy.set(index, entity.get(index)).expect("the value is of the type");
            }
        }
        let mut page = Entities::<Everything>::default();
        let _ = body.page(&mut page);
        let _ = body.links();
        let _ = body.resources();
        for property in entity.structured_type().properties {
            let _ = body.value(&property.ty);
        }
    }
    let _ = Format::of_payload(text);
    let _ = ServiceError::parse(text);
});
