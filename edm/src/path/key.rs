use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::KEY;
use crate::Value;
use crate::filter::{Expr, ParseFilterError, Parser};
use crate::literal::{self, Literal};
use crate::version::Version;

/// What a key that is a segment keeps as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What stands in parentheses behind the name of a segment.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyPredicate {
    /// `('id')`.
    Single(Argument),
    /// `(OrderId='d',Line=1)`: a key of several parts, a key by its alternate name, or the
    /// parameters of a function.
    Named(Vec<(String, Argument)>),
    /// The condition of `$filter(…)`; V4.01.
    Filter(Box<Expr>),
    /// The entity sets of `$crossjoin(…)`; V4.
    Names(Vec<String>),
}

/// A part of a key, or a parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// The value.
    Literal(Literal),
    /// `@name`: the value is in the query of the URL, under this name; V4.
    Alias(String),
}

impl From<Literal> for Argument {
    fn from(literal: Literal) -> Self {
        Self::Literal(literal)
    }
}

impl Argument {
    /// The value, unless it is in the query of the URL.
    pub fn literal(&self) -> Option<&Literal> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Alias(_) => None,
        }
    }

    fn parse(parser: &mut Parser<'_>) -> Result<Self, ParseFilterError> {
        if parser.version.is_v4() && parser.eat("@") {
            return Ok(Self::Alias(parser.name("the name of an alias")?.to_owned()));
        }
        parser.skip_spaces();
        let scanned = literal::scan(parser.rest(), parser.version);
        let (literal, rest) = scanned.map_err(|error| parser.error(error.to_string()))?;
        parser.go_to(rest);
        Ok(Self::Literal(literal))
    }

    fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| match self {
            Self::Literal(literal) => write!(f, "{}", literal.display(version)),
            Self::Alias(name) => write!(f, "@{name}"),
        })
    }
}

impl KeyPredicate {
    /// The predicate of a key: named where the key has several parts.
    pub fn new(names: &[&str], literals: Vec<Literal>) -> Self {
        match <[Literal; 1]>::try_from(literals) {
            Ok([literal]) => Self::Single(literal.into()),
            Err(literals) => {
                let arguments = literals.into_iter().map(Argument::Literal);
                Self::Named(names.iter().map(|&name| name.to_owned()).zip(arguments).collect())
            }
        }
    }

    /// Reads up to the closing parenthesis.
    pub(crate) fn parse_inside(parser: &mut Parser<'_>) -> Result<Self, ParseFilterError> {
        if parser.sees_named() || parser.sees(")") {
            let part = |parser: &mut Parser<'_>| {
                parser.skip_spaces();
                let name = parser.name("a name")?.to_owned();
                parser.expect("=")?;
                Ok((name, Argument::parse(parser)?))
            };
            let parts = parser.items(")", part)?;
            let is_repeated = |(at, (name, _)): (usize, &(String, Argument))| {
                parts[..at].iter().any(|(earlier, _)| earlier == name)
            };
            if parts.iter().enumerate().any(is_repeated) {
                return Err(parser.error("a name is there twice"));
            }
            return Ok(Self::Named(parts));
        }
        let argument = Argument::parse(parser)?;
        parser.expect(")")?;
        Ok(Self::Single(argument))
    }

    pub(super) fn parse_filter(parser: &mut Parser<'_>) -> Result<Self, ParseFilterError> {
        let condition = parser.expression()?;
        parser.expect(")")?;
        Ok(Self::Filter(Box::new(condition)))
    }

    pub(super) fn parse_names(parser: &mut Parser<'_>) -> Result<Self, ParseFilterError> {
        let name = |parser: &mut Parser<'_>| {
            parser.skip_spaces();
            parser.name("the name of an entity set").map(str::to_owned)
        };
        parser.items(")", name).map(Self::Names)
    }

    /// What stands between the parentheses in a version, percent-encoded.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| self.write(f, version, true))
    }

    /// The same, not percent-encoded: for a place that will be encoded as a whole.
    pub(crate) fn plain(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| self.write(f, version, false))
    }

    /// The key as segments of a path, which V4.01 allows in place of parentheses: `/russell`, in
    /// which a string has no quotes. `None` if this is not the key of an entity.
    pub fn to_segments(&self) -> Option<String> {
        let arguments: Vec<_> = match self {
            Self::Single(argument) => vec![argument],
            Self::Named(parts) => parts.iter().map(|(_, argument)| argument).collect(),
            Self::Filter(_) | Self::Names(_) => return None,
        };
        let mut segments = String::new();
        for argument in arguments {
            let text = match argument.literal()? {
                Literal { value: Value::String(text), enum_type: None, .. } => text.clone(),
                literal => literal.display(Version::V401).to_string(),
            };
            segments.push('/');
            segments.extend(utf8_percent_encode(&text, SEGMENT));
        }
        Some(segments)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, version: Version, encoded: bool) -> fmt::Result {
        let write = |f: &mut fmt::Formatter<'_>, argument: &Argument| match argument {
            Argument::Literal(literal) if encoded => {
                let text = literal.display(version).to_string();
                write!(f, "{}", utf8_percent_encode(&text, KEY))
            }
            argument => write!(f, "{}", argument.display(version)),
        };
        match self {
            Self::Single(argument) => write(f, argument),
            Self::Named(parts) => {
                for (position, (name, argument)) in parts.iter().enumerate() {
                    let comma = if position > 0 { "," } else { "" };
                    write!(f, "{comma}{name}=")?;
                    write(f, argument)?;
                }
                Ok(())
            }
            Self::Filter(condition) if encoded => {
                const CONDITION: &AsciiSet = &KEY.remove(b'@');
                let text = condition.display(version).to_string();
                write!(f, "{}", utf8_percent_encode(&text, CONDITION))
            }
            Self::Filter(condition) => write!(f, "{}", condition.display(version)),
            Self::Names(names) => f.write_str(&names.join(",")),
        }
    }
}

/// The form of V3.
impl fmt::Display for KeyPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Version::V3).fmt(f)
    }
}
