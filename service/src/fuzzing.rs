//! What fuzz targets call: the parsers of texts that clients put into entities, and what must hold
//! of what they make.

use crate::encode;
use crate::sets::task_body::TaskBody;
use crate::sets::template_body;

/// Reads a `TaskBody`, by itself and as that of a job template.
pub fn task_body(text: &str) {
    let _ = TaskBody::parse(text);
    let _ = template_body::parse(text);
}

/// Reads a `Configuration` and plans it: nothing of it reaches ffmpeg but numbers and words that
/// are made here, and no output leaves its folder.
///
/// # Panics
/// When that does not hold.
pub fn preset(text: &str) {
    let Ok((arguments, names)) = encode::rehearse(text) else { return };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" []()'.,:;=+-*/_@|%".contains(byte);
    for argument in &arguments {
        let bytes = argument.as_encoded_bytes();
        assert!(bytes.iter().all(plain), "{argument:?} of {text:?}");
    }
    for name in names {
        let bad = name.starts_with('.') || name.contains(['/', '\\', '\0', ':']);
        assert!(!bad && name.chars().count() <= 260, "{name:?} of {text:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    /// The seeds of a fuzz target, and what grew from them: a line of Base64 for each.
    fn check_seeds(target: &str, check: fn(&str)) {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        for seed in std::fs::read_dir(fuzz.join("seeds").join(target)).expect("the seeds") {
            let text = std::fs::read(seed.expect("a seed").path()).expect("a seed");
            check(&String::from_utf8_lossy(&text));
        }
        let corpus = std::fs::read_to_string(fuzz.join("corpora").join(target)).expect("a corpus");
        assert!(corpus.lines().count() > 20, "{target}");
        for line in corpus.lines() {
            let text = BASE64_STANDARD.decode(line).expect("Base64");
            check(&String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn seeds_hold() {
        check_seeds("task_body", super::task_body);
        check_seeds("preset", super::preset);
    }
}
