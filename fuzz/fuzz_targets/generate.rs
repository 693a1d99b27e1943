//! Any document that can be read leniently: what is generated from it is Rust, and the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use odata_codegen::{Mode, Options, Reading, Source, generate};

fuzz_target!(|text: &str| {
    let source = [Source { name: "fuzz.xml".to_owned(), text: text.to_owned() }];
    let reading = Reading { mode: Mode::Lenient, ..Reading::default() };
    let options = Options { reading, ..Options::default() };
    if let Ok(output) = generate(&source, &[], &options) {
        let again = generate(&source, &[], &options).expect("it could be generated");
        assert_eq!(again.files, output.files);
        let locked = Options { lock: Some(output.lock), ..options };
        let again = generate(&source, &[], &locked).expect("its own lock is right");
        assert_eq!(again.files, output.files);
    }
});
