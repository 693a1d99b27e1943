//! Resource paths, both ways: `Assets('nb%3Acid…')/$links/ContentKeys`.
//!
//! Real clients write one path in many ways: `Assets()` for `Assets`, `//`, a trailing `/`, and any
//! character percent-encoded, even the slash between segments and the parentheses of a key. All of
//! that is read; one canonical form is printed.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::literal::{self, Literal};

/// What a key keeps as it is. A service of Microsoft's encodes the colon, too.
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'\'')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'(')
    .remove(b')');

/// Longer paths are refused.
const MAX_SEGMENTS: usize = 32;

/// The segments of a path below the service root.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourcePath {
    /// Left to right.
    pub segments: Vec<Segment>,
}

/// One segment: a name, such as `Assets` or `$links`, and the key behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The name.
    pub name: String,
    /// The key in parentheses; empty parentheses are none.
    pub key: Option<KeyPredicate>,
}

/// What stands in parentheses behind a set.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyPredicate {
    /// `('id')`.
    Single(Literal),
    /// `(OrderId='d',Line=1)`.
    Named(Vec<(String, Literal)>),
}

/// A path that does not follow the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("segment '{segment}': {problem}")]
pub struct PathError {
    segment: String,
    problem: String,
}

impl KeyPredicate {
    /// The predicate of a key: named where the key has several parts.
    pub fn new(names: &[&str], mut literals: Vec<Literal>) -> Self {
        if literals.len() == 1 {
            return Self::Single(literals.remove(0));
        }
        Self::Named(names.iter().map(|&name| name.to_owned()).zip(literals).collect())
    }
}

impl ResourcePath {
    /// Reads the part of a URL's path that is below the service root.
    ///
    /// # Errors
    ///
    /// A key is malformed, the text is not UTF-8, or there are too many segments.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let error = |segment: &str, problem: &str| PathError {
            segment: crate::value::shorten(segment),
            problem: problem.to_owned(),
        };
        let decoded =
            percent_decode_str(path).decode_utf8().map_err(|_| error(path, "not UTF-8"))?;
        let mut segments = Vec::new();
        for text in split(&decoded).filter(|text| !text.is_empty()) {
            if segments.len() == MAX_SEGMENTS {
                return Err(error(text, "too many segments"));
            }
            segments.push(Segment::parse(text).map_err(|problem| error(text, &problem))?);
        }
        Ok(Self { segments })
    }

    /// Reads a URL that names a resource of this service: an absolute URL, whose host does not
    /// matter, or a path relative to the service root.
    ///
    /// Clients put the host into links that they knew the service by; the path below `base` (such
    /// as `/api/`, compared without regard to case) is what counts.
    ///
    /// # Errors
    ///
    /// As [`ResourcePath::parse`]; or an absolute path is not below `base`.
    pub fn parse_url(url: &str, base: &str) -> Result<Self, PathError> {
        let error = |problem: &str| PathError {
            segment: crate::value::shorten(url),
            problem: problem.to_owned(),
        };
        let without_query = url.split(['?', '#']).next().unwrap_or_default();
        let absolute = match without_query.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None if without_query.starts_with('/') => without_query,
            None => return Self::parse(without_query),
        };
        let decoded = percent_decode_str(absolute).decode_utf8().map_err(|_| error("not UTF-8"))?;
        let below =
            strip_base(&decoded, base).ok_or_else(|| error("not below the service root"))?;
        // What is decoded must not be decoded again.
        Self::parse(&utf8_percent_encode(below, NON_ALPHANUMERIC).to_string())
    }
}

/// What follows `base` in a path, in which slashes may be doubled and case does not matter.
pub fn strip_base<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let mut rest = path;
    for name in base.split('/').filter(|name| !name.is_empty()) {
        rest = rest.trim_start_matches('/');
        let (head, tail) = (rest.get(..name.len())?, rest.get(name.len()..)?);
        if !head.eq_ignore_ascii_case(name) || !(tail.is_empty() || tail.starts_with('/')) {
            return None;
        }
        rest = tail;
    }
    Some(rest)
}

/// Splits at slashes outside of quotes.
fn split(path: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    path.split(move |c: char| {
        quoted ^= c == '\'';
        c == '/' && !quoted
    })
}

impl Segment {
    /// A segment without key.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), key: None }
    }

    /// A segment with a key.
    pub fn with_key(name: impl Into<String>, key: KeyPredicate) -> Self {
        Self { name: name.into(), key: Some(key) }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let Some((name, rest)) = text.split_once('(') else {
            return Ok(Self::new(text));
        };
        if name.is_empty() {
            return Err("a key without a name before it".to_owned());
        }
        let inside = rest.strip_suffix(')').ok_or("the closing parenthesis is missing")?.trim();
        if inside.is_empty() {
            return Ok(Self::new(name));
        }
        if let Ok(literal) = Literal::parse(inside) {
            return Ok(Self::with_key(name, KeyPredicate::Single(literal)));
        }
        Ok(Self::with_key(name, KeyPredicate::Named(named(inside)?)))
    }
}

fn named(mut text: &str) -> Result<Vec<(String, Literal)>, String> {
    let mut parts = Vec::new();
    loop {
        let (name, rest) = text.split_once('=').ok_or("expected a literal or Name=literal")?;
        let (literal, rest) = literal::scan(rest.trim_start()).map_err(|e| e.to_string())?;
        parts.push((name.trim().to_owned(), literal));
        let rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => text = more,
            None if rest.is_empty() => return Ok(parts),
            None => return Err(format!("unexpected '{}'", crate::value::shorten(rest))),
        }
    }
}

/// The canonical form, percent-encoded, without a slash at the start.
impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            if position > 0 {
                f.write_str("/")?;
            }
            segment.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAME: &AsciiSet = &KEY.remove(b'$');
        write!(f, "{}", utf8_percent_encode(&self.name, NAME))?;
        match &self.key {
            None => Ok(()),
            Some(key) => write!(f, "({key})"),
        }
    }
}

impl fmt::Display for KeyPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |literal: &Literal| utf8_percent_encode(&literal.to_string(), KEY).to_string();
        match self {
            Self::Single(literal) => f.write_str(&encode(literal)),
            Self::Named(parts) => {
                for (position, (name, literal)) in parts.iter().enumerate() {
                    let comma = if position > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={}", encode(literal))?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_many_ways_to_write_a_path_are_one() {
        let canonical = "Assets('nb%3Acid%3AUUID%3A1')/Files";
        for path in [
            "Assets('nb:cid:UUID:1')/Files",
            "/Assets('nb%3Acid%3aUUID:1')/Files()",
            "//Assets('nb:cid:UUID:1')//Files/",
            "%2FAssets%28%27nb%3Acid%3AUUID%3A1%27%29%2FFiles",
            "Assets%28'nb%3Acid%3AUUID%3A1'%29/Files",
        ] {
            assert_eq!(ResourcePath::parse(path).unwrap().to_string(), canonical, "{path}");
        }
    }

    #[test]
    fn keys_may_hold_anything() {
        let path = ResourcePath::parse("Filters('a%2Fb''c(d)')/$count").unwrap();
        let key = KeyPredicate::Single(Literal::text("a/b'c(d)"));
        assert_eq!(path.segments[0].key, Some(key));
        assert_eq!(path.to_string(), "Filters('a%2Fb''c(d)')/$count");
        let path = ResourcePath::parse("Lines(OrderId='d,e',Line=1L)").unwrap();
        assert_eq!(path.to_string(), "Lines(OrderId='d%2Ce',Line=1L)");
    }

    #[test]
    fn links_of_real_clients_are_read() {
        for url in [
            "https://media.windows.net/API//Assets('nb:cid:UUID:1')",
            "https://wams.cloudapp.net/api%2FAssets%28%27nb%3Acid%3AUUID%3A1%27%29",
            "/api/Assets('nb%3Acid%3AUUID%3A1')",
            "Assets('nb:cid:UUID:1')",
        ] {
            let path = ResourcePath::parse_url(url, "/api/").unwrap();
            assert_eq!(path.to_string(), "Assets('nb%3Acid%3AUUID%3A1')", "{url}");
        }
        assert!(ResourcePath::parse_url("https://host/other/Assets", "/api/").is_err());
    }

    #[test]
    fn malformed_keys_are_refused() {
        for path in ["Assets(", "Assets('x)", "Assets(x)", "('x')", "A(1)b", "A(x=1,)", "%ff"] {
            assert!(ResourcePath::parse(path).is_err(), "{path}");
        }
        assert!(ResourcePath::parse(&"a/".repeat(100)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(name in "[A-Z][a-z]{1,8}", key in any::<String>()) {
            let key = KeyPredicate::Single(Literal::text(key));
            let path = ResourcePath { segments: vec![Segment::with_key(name, key)] };
            prop_assert_eq!(ResourcePath::parse(&path.to_string()).unwrap(), path);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = ResourcePath::parse(&text);
            let _ = ResourcePath::parse_url(&text, "/api/");
        }
    }
}
