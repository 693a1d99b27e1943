//! Resource paths, both ways: `Assets('nb%3Acid…')/$links/ContentKeys`,
//! `People('russell')/Trips(5)/Ns.Cost(currency='EUR')`.
//!
//! Real clients write one path in many ways: `Assets()` for `Assets`, `//`, a trailing `/`, and any
//! character percent-encoded, even the slash between segments and the parentheses of a key. All of
//! that is read; one canonical form is printed, and percent-encoded exactly once.

mod key;
mod split;

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::Value;
use crate::filter::Parser;
use crate::literal::Literal;
use crate::version::Version;
pub use key::{Argument, KeyPredicate};
pub use split::strip_base;

/// What a key keeps as it is. A service of Microsoft's encodes the colon, too.
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'\'')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'(')
    .remove(b')');

/// What a name keeps as it is: `$links`.
const NAME: &AsciiSet = &KEY.remove(b'$');

/// What is the end of a path.
const LAST: [&str; 5] = ["$count", "$value", "$ref", "$query", "$batch"];

/// Longer paths are refused.
const MAX_SEGMENTS: usize = 32;

/// The segments of a path below the service root.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourcePath {
    /// Left to right.
    pub segments: Vec<Segment>,
}

/// One segment: a name, such as `Assets`, `$links`, `Ns.Type` or `Ns.Function`, and what stands in
/// parentheses behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The name.
    pub name: String,
    /// What stands in parentheses. Up to V3 empty parentheses are none; since V4 they call a
    /// function.
    pub key: Option<KeyPredicate>,
    /// What stands in parentheses behind those: the key of one entity that a function returns.
    pub item: Option<KeyPredicate>,
}

/// A path that does not follow the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("segment '{segment}': {problem}")]
pub struct PathError {
    segment: String,
    problem: String,
}

impl PathError {
    fn new(segment: &str, problem: impl Into<String>) -> Self {
        Self { segment: crate::value::shorten(segment), problem: problem.into() }
    }
}

impl ResourcePath {
    /// Reads the part of a V3 URL's path that is below the service root.
    ///
    /// # Errors
    ///
    /// A key is malformed, the text is not UTF-8, or there are too many segments.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        Self::parse_for(path, Version::V3)
    }

    /// Reads the part of a URL's path that is below the service root.
    ///
    /// Up to V3, a percent-encoded slash separates segments as a bare one does; since V4 it is
    /// part of a segment. A key that is a segment of its own, as V4.01 allows, is read as a name.
    ///
    /// # Errors
    ///
    /// A key or parameter is malformed, the text is not UTF-8, or there are too many segments.
    pub fn parse_for(path: &str, version: Version) -> Result<Self, PathError> {
        let mut segments = Vec::new();
        let mut push = |text: &str| {
            if segments.len() == MAX_SEGMENTS {
                return Err(PathError::new(text, "too many segments"));
            }
            segments.push(Segment::parse(text, version)?);
            Ok(())
        };
        if version.is_v4() {
            let mut last = "";
            for raw in split::v4(path).filter(|raw| !raw.is_empty()) {
                if LAST.contains(&last) {
                    return Err(PathError::new(raw, format!("nothing can stand behind {last}")));
                }
                push(&decode(raw)?)?;
                last = raw;
            }
        } else {
            let decoded = decode(path)?;
            split::v3(&decoded).filter(|text| !text.is_empty()).try_for_each(push)?;
        }
        Ok(Self { segments })
    }

    /// Reads a V3 URL that names a resource of this service: an absolute URL, whose host does not
    /// matter, or a path relative to the service root.
    ///
    /// Clients put the host into links that they knew the service by; the path below `base` (such
    /// as `/api/`, compared without regard to case) is what counts.
    ///
    /// # Errors
    ///
    /// As [`ResourcePath::parse`]; or an absolute path is not below `base`.
    pub fn parse_url(url: &str, base: &str) -> Result<Self, PathError> {
        let without_query = url.split(['?', '#']).next().unwrap_or_default();
        let absolute = match without_query.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None if without_query.starts_with('/') => without_query,
            None => return Self::parse(without_query),
        };
        let decoded = decode(absolute).map_err(|_| PathError::new(url, "not UTF-8"))?;
        let below = strip_base(&decoded, base)
            .ok_or_else(|| PathError::new(url, "not below the service root"))?;
        // What is decoded must not be decoded again.
        Self::parse(&utf8_percent_encode(below, NON_ALPHANUMERIC).to_string())
    }

    /// The canonical form in a version, percent-encoded, without a slash at the start.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| {
            for (position, segment) in self.segments.iter().enumerate() {
                let slash = if position > 0 { "/" } else { "" };
                write!(f, "{slash}{}", segment.display(version))?;
            }
            Ok(())
        })
    }
}

fn decode(text: &str) -> Result<std::borrow::Cow<'_, str>, PathError> {
    percent_decode_str(text).decode_utf8().map_err(|_| PathError::new(text, "not UTF-8"))
}

impl Segment {
    /// A segment without key.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), key: None, item: None }
    }

    /// A segment with a key.
    pub fn with_key(name: impl Into<String>, key: KeyPredicate) -> Self {
        Self { name: name.into(), key: Some(key), item: None }
    }

    /// The call of a function, and what belongs into the query of the URL: a parameter that has no
    /// literal, such as a collection, is an alias there (`Func(ids=@ids)?@ids=[1,2]`).
    pub fn call(
        name: impl Into<String>,
        parameters: impl IntoIterator<Item = (String, Literal)>,
    ) -> (Self, Vec<(String, String)>) {
        let mut aliases = Vec::new();
        let argument = |(name, literal): (String, Literal)| {
            let is_json = match &literal.value {
                Value::Collection(_) | Value::Complex(_) => true,
                Value::Json(_) => !literal.primitive.is_some_and(|primitive| primitive.is_geo()),
                _ => false,
            };
            if !is_json {
                return (name, Argument::Literal(literal));
            }
            aliases.push((format!("@{name}"), literal.display(Version::V4).to_string()));
            (name.clone(), Argument::Alias(name))
        };
        let arguments = parameters.into_iter().map(argument).collect();
        (Self::with_key(name, KeyPredicate::Named(arguments)), aliases)
    }

    fn parse(text: &str, version: Version) -> Result<Self, PathError> {
        let Some((name, rest)) = text.split_once('(') else {
            return Ok(Self::new(text));
        };
        if name.is_empty() {
            return Err(PathError::new(text, "a key without a name before it"));
        }
        let bare = name.strip_prefix('$').unwrap_or(name);
        if version.is_v4() && Parser::name_length(bare) != bare.len() {
            return Err(PathError::new(text, "not a name before the parentheses"));
        }
        let mut parser = Parser::new(rest, version);
        let key = match name {
            "$filter" if version.is_v4() => KeyPredicate::parse_filter(&mut parser),
            "$crossjoin" if version.is_v4() => KeyPredicate::parse_names(&mut parser),
            _ => KeyPredicate::parse_inside(&mut parser),
        };
        let key = key.and_then(|key| {
            let item = if version.is_v4() && parser.eat("(") {
                Some(KeyPredicate::parse_inside(&mut parser)?)
            } else {
                None
            };
            parser.finish().map(|()| (key, item))
        });
        match key.map_err(|error| PathError::new(text, error.problem))? {
            (KeyPredicate::Named(parts), _) if parts.is_empty() && !version.is_v4() => {
                Ok(Self::new(name))
            }
            (key, item) => Ok(Self { item, ..Self::with_key(name, key) }),
        }
    }

    /// The canonical form in a version, percent-encoded.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| {
            write!(f, "{}", utf8_percent_encode(&self.name, NAME))?;
            for key in [&self.key, &self.item].into_iter().flatten() {
                write!(f, "({})", key.display(version))?;
            }
            Ok(())
        })
    }
}

/// The form of V3.
impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Version::V3).fmt(f)
    }
}

/// The form of V3.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Version::V3).fmt(f)
    }
}

#[cfg(test)]
mod tests;
