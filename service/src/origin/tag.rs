//! Entity tags: the same bytes have the same tag, today and on another machine.

use axum::http::HeaderValue;
use sha2::{Digest as _, Sha256};

/// Collects what bytes are made of.
pub(super) struct Tag(Sha256);

impl Tag {
    /// Of something that this version of the service makes.
    pub(super) fn new() -> Self {
        Self(Sha256::new()).with(env!("CARGO_PKG_VERSION").as_bytes())
    }

    /// And of this. Lengths count: what is put together differently has another tag.
    pub(super) fn with(mut self, part: &[u8]) -> Self {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// The strong tag, with quotes.
    pub(super) fn finish(self) -> HeaderValue {
        let digest = self.0.finalize();
        let mut text = String::with_capacity(34);
        text.push('"');
        for byte in &digest[..16] {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        text.push('"');
        // Digits between quotes.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_tell_parts_apart() {
        let tag = |parts: &[&str]| {
            let tag = parts.iter().fold(Tag::new(), |tag, part| tag.with(part.as_bytes()));
            tag.finish()
        };
        assert_eq!(tag(&["a", "b"]), tag(&["a", "b"]));
        assert_ne!(tag(&["ab"]), tag(&["a", "b"]));
        assert_ne!(tag(&["a", ""]), tag(&["a"]));
        assert_eq!(tag(&[]).len(), 34);
    }
}
