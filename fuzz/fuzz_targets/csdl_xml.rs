//! Any bytes as a `$metadata` document in XML: diagnostics or a model, and what is made of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use odata_codegen::{Mode, Reading, Source, Style, describe, diff, outline};
use odata_codegen::{read_model_as, references, render};

fuzz_target!(|bytes: &[u8]| {
    let source = match Source::from_bytes("fuzz.xml", bytes) {
        Ok(source) => source,
        Err(diagnostics) => return drop(render(&diagnostics, Style::Plain)),
    };
    let _ = references(&source);
    for mode in [Mode::Strict, Mode::Lenient] {
        let reading = Reading { mode, ..Reading::default() };
        match read_model_as(std::slice::from_ref(&source), &[], &reading) {
            Ok((model, _)) => {
                outline(&model);
                describe::text(&describe::describe(&model));
                assert!(diff::diff(&model, &model).is_empty(), "a model is the same as itself");
            }
            Err(diagnostics) => {
                assert!(!diagnostics.is_empty(), "a refusal says why");
                render(&diagnostics, Style::Plain);
            }
        }
    }
});
