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

    /// The seeds of a fuzz target, among them all that was found.
    fn check_seeds(target: &str, check: fn(&str)) {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
        let mut count = 0;
        for seed in std::fs::read_dir(seeds).expect("the seeds") {
            let text = std::fs::read(seed.expect("a seed").path()).expect("a seed");
            check(&String::from_utf8_lossy(&text));
            count += 1;
        }
        assert!(count > 5, "{target}");
    }

    #[test]
    fn seeds_hold() {
        check_seeds("task_body", super::task_body);
        check_seeds("preset", super::preset);
    }
}
