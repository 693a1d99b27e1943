//! Literals of URLs: `'it''s'`, `5L`, `datetime'2014-01-02T03:04:05'` up to V3; `5`,
//! `2014-01-02T03:04:05Z`, `duration'PT1H'`, `Ns.Color'Red'` since V4.
//!
//! Up to V3 the forms are those that Microsoft's own `ODataUriUtils` writes and reads, since V4
//! those of the grammar of OASIS. The text is not yet percent-encoded: [`crate::path`] and
//! [`crate::query`] do that, once, when they build a URL.

mod print;
mod v3;
mod v4;
mod wkt;

use std::borrow::Cow;
use std::fmt;

use crate::Value;
use crate::json::{Dialect, Format, value_to_json};
use crate::model::{Primitive, Type};
use crate::version::Version;

/// A value with the primitive type that its literal names.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The value. Collections and complex values have literals since V4: JSON.
    pub value: Value,
    /// The type; `None` for `null`, and for what JSON says alone.
    pub primitive: Option<Primitive>,
    /// The qualified name of the enumeration whose members the value, a string, names.
    pub enum_type: Option<Cow<'static, str>>,
}

/// A text that is no literal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a literal: {problem}")]
pub struct LiteralError {
    text: String,
    problem: &'static str,
}

impl Literal {
    /// `null`.
    pub const NULL: Self = Self { value: Value::Null, primitive: None, enum_type: None };

    /// A value of a primitive type.
    pub const fn new(value: Value, primitive: Primitive) -> Self {
        Self { value, primitive: Some(primitive), enum_type: None }
    }

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Value::String(text.into()), Primitive::String)
    }

    /// Members of an enumeration that travels by name: `Red`, or `Read,Write` of flags.
    pub fn enumeration(
        qualified_name: impl Into<Cow<'static, str>>,
        members: impl Into<String>,
    ) -> Self {
        Self { enum_type: Some(qualified_name.into()), ..Self::text(members) }
    }

    /// A value of a type of the model.
    pub fn of(value: Value, ty: &Type) -> Self {
        let enum_type = match ty {
            Type::Enum(e) if e.by_name => Some(format!("{}.{}", e.namespace, e.name).into()),
            _ => None,
        };
        let value = match (value, ty.primitive()) {
            (Value::Null, _) => return Self::NULL,
            (value, Some(_)) => value,
            (value, None) => Value::Json(Box::new(value_to_json(
                &value,
                ty,
                Dialect::new(Format::V4, Version::V4),
            ))),
        };
        Self { value, primitive: ty.primitive(), enum_type }
    }

    /// Reads one literal of V3 that is the whole text.
    ///
    /// # Errors
    ///
    /// The text is no literal, or something follows it.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        Self::parse_for(text, Version::V3)
    }

    /// Reads one literal of a version that is the whole text.
    ///
    /// The numbers of V4 do not say their type: the smallest of `Edm.Int32`, `Edm.Int64`,
    /// `Edm.Decimal` and `Edm.Double` that holds one is taken.
    ///
    /// # Errors
    ///
    /// The text is no literal of this version, or something follows it.
    pub fn parse_for(text: &str, version: Version) -> Result<Self, LiteralError> {
        match scan(text, version)? {
            (literal, "") => Ok(literal),
            _ => Err(error(text, "something follows it")),
        }
    }

    /// The text of this literal in a version.
    ///
    /// What a version has no literal for is printed as its next of kin: `Edm.DateTime` as
    /// `Edm.DateTimeOffset` in V4, `Edm.Date` as `Edm.DateTime` and `Edm.TimeOfDay` as `Edm.Time`
    /// up to V3.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        print::Shown { literal: self, version }
    }

    /// The value as the model's type: integers widen, numbers become doubles or decimals where the
    /// model says so, as Microsoft's library promotes them.
    ///
    /// # Errors
    ///
    /// The literal is of a type that does not promote to the wanted one.
    pub fn promote(self, to: Primitive) -> Result<Value, LiteralError> {
        use Primitive as P;
        let Some(from) = self.primitive else {
            return Ok(Value::Null);
        };
        let shown = self.to_string();
        let fits = |low: i64, high: i64| {
            self.value.as_integer().filter(|n| (low..=high).contains(n)).map(Value::Integer)
        };
        let promoted = match (from, to) {
            (from, to) if from == to => Some(self.value),
            (P::Int32, P::Int64) => Some(self.value),
            (P::Int32, P::Byte) => fits(0, 255),
            (P::Int32, P::SByte) => fits(-128, 127),
            (P::Int32, P::Int16) => fits(-32_768, 32_767),
            (P::Int32 | P::Int64, P::Double | P::Single) => {
                self.value.as_double().map(Value::Double)
            }
            (P::Single, P::Double) | (P::Double, P::Single) => Some(self.value),
            (P::Int32 | P::Int64, P::Decimal) => {
                self.value.as_integer().map(|n| Value::Decimal(n.into()))
            }
            _ => None,
        };
        promoted.ok_or_else(|| error(&shown, "it is of another type than what it is compared with"))
    }
}

/// The form of V3.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Version::V3).fmt(f)
    }
}

/// A literal, and what follows it.
type Scanned<'a> = Result<(Literal, &'a str), LiteralError>;

fn error(text: &str, problem: &'static str) -> LiteralError {
    LiteralError { text: crate::value::shorten(text), problem }
}

/// Reads the literal at the start of a text and returns what follows it.
pub(crate) fn scan(text: &str, version: Version) -> Scanned<'_> {
    if version.is_v4() { v4::scan(text) } else { v3::scan(text, version) }
}

/// The content of `'…'` at the start of a text, `''` undone.
fn scan_quoted(text: &str) -> Result<(String, &str), LiteralError> {
    let mut content = String::new();
    let mut rest = text.strip_prefix('\'').ok_or_else(|| error(text, "no quote"))?;
    loop {
        let Some((piece, after)) = rest.split_once('\'') else {
            return Err(error(text, "its closing quote is missing"));
        };
        content.push_str(piece);
        match after.strip_prefix('\'') {
            Some(more) => {
                content.push('\'');
                rest = more;
            }
            None => return Ok((content, after)),
        }
    }
}

/// Bytes of the number at the start of a text, and whether it is a whole one; `None` if there is
/// no number. The sign is only a minus.
fn scan_digits(text: &str) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut end = digits(start);
    if end == start {
        return None;
    }
    let mut whole = true;
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        whole = false;
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digits(end + 1 + sign) > end + 1 + sign {
            whole = false;
            end = digits(end + 1 + sign);
        }
    }
    Some((end, whole))
}

#[cfg(test)]
mod tests;
