//! Any text to an identifier: total, so that no name of a document is ever refused.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// Keywords of Rust 2024, strict and reserved.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that cannot be raw identifiers.
const PATH_KEYWORDS: [&str; 4] = ["self", "Self", "super", "crate"];

/// A text in the form that the compiler wants identifiers in: letters that only look different,
/// such as ligatures, are the same.
pub(crate) fn normal(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.nfkc().collect()),
    }
}

/// The identifier of a text. A keyword becomes a raw identifier, or gets a `_` where it cannot;
/// what Rust does not allow in an identifier becomes `_`.
pub(crate) fn identifier(text: &str) -> String {
    let mut ident = String::with_capacity(text.len() + 2);
    for letter in normal(text).chars() {
        let fits = letter == '_' || unicode_ident::is_xid_continue(letter);
        ident.push(if fits { letter } else { '_' });
    }
    let begins = ident
        .chars()
        .next()
        .is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first));
    if !begins {
        ident.insert(0, '_');
    }
    if PATH_KEYWORDS.contains(&ident.as_str()) || ident.chars().all(|letter| letter == '_') {
        // `_` alone is a pattern, and `__` says nothing.
        return if ident.starts_with('_') { "unnamed".to_owned() } else { format!("{ident}_") };
    }
    if KEYWORDS.contains(&ident.as_str()) {
        return format!("r#{ident}");
    }
    ident
}

/// Whether a text is an identifier as it is, or as a raw one: what an amendment may ask for.
pub(crate) fn is_identifier(text: &str) -> bool {
    let ident = identifier(text);
    ident == text || ident.strip_prefix("r#") == Some(text)
}

/// An identifier without the mark of a raw one.
pub(crate) fn plain(ident: &str) -> &str {
    ident.strip_prefix("r#").unwrap_or(ident)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_an_identifier() {
        for (text, expected) in [
            ("type", "r#type"),
            ("gen", "r#gen"),
            ("self", "self_"),
            ("Self", "Self_"),
            ("union", "union"),
            ("größe", "größe"),
            ("", "unnamed"),
            ("_", "unnamed"),
            ("1st", "_1st"),
            ("x²", "x2"),
            ("ﬁeld", "field"),
            ("𝒳", "X"),
            ("cafe\u{301}", "café"),
            ("🦀", "unnamed"),
            ("a/b", "a_b"),
            ("$x", "_x"),
            ("a b", "a_b"),
            ("naïve", "naïve"),
        ] {
            assert_eq!(identifier(text), expected, "{text}");
        }
    }

    #[test]
    fn amendments_ask_for_identifiers() {
        for (text, expected) in [("type", true), ("a_b", true), ("a-b", false), ("1", false)] {
            assert_eq!(is_identifier(text), expected, "{text}");
        }
        assert_eq!(plain("r#type"), "type");
    }
}
