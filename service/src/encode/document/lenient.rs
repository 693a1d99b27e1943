//! What the original's JSON reader let pass: samples in its documentation have a comma behind the
//! last member of an object.

use std::borrow::Cow;

/// The document without commas that nothing follows.
pub(super) fn without_trailing_commas(text: &str) -> Cow<'_, str> {
    let mut commas = Vec::new();
    let (mut in_string, mut escaped, mut last_comma) = (false, false, None);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                last_comma = None;
            }
            _ if in_string || byte.is_ascii_whitespace() => {}
            b',' => last_comma = Some(at),
            b'}' | b']' => commas.extend(last_comma.take()),
            _ => last_comma = None,
        }
    }
    if commas.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for comma in commas {
        kept.push_str(&text[from..comma]);
        from = comma + 1;
    }
    kept.push_str(&text[from..]);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commas_that_nothing_follows_go() {
        for (text, kept) in [
            (r#"{"a":[1,2,],"b":"x,]", }"#, r#"{"a":[1,2],"b":"x,]" }"#),
            (r#"{"a":"\",}"}"#, r#"{"a":"\",}"}"#),
            ("[ä,\n]", "[ä\n]"),
            ("[,,]", "[,]"),
            ("", ""),
        ] {
            assert_eq!(without_trailing_commas(text), kept);
        }
    }
}
