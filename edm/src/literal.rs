//! Literals of URLs, OData V1 to V3: `'it''s'`, `5L`, `datetime'2014-01-02T03:04:05'`.
//!
//! The forms are those that Microsoft's own `ODataUriUtils` writes and reads. The text is not yet
//! percent-encoded: [`crate::path`] and [`crate::query`] do that, once, when they build a URL.

use std::fmt;

use crate::model::Primitive;
use crate::{DateTime, DateTimeOffset, Decimal, Duration, Guid, Value};

/// A value with the primitive type that its literal names.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The value: never a collection or complex value.
    pub value: Value,
    /// The type; `None` for `null`.
    pub primitive: Option<Primitive>,
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
    pub const NULL: Self = Self { value: Value::Null, primitive: None };

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self { value: Value::String(text.into()), primitive: Some(Primitive::String) }
    }

    /// Reads one literal that is the whole text.
    ///
    /// # Errors
    ///
    /// The text is no literal, or something follows it.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        match scan(text)? {
            (literal, "") => Ok(literal),
            _ => Err(error(text, "something follows it")),
        }
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

fn error(text: &str, problem: &'static str) -> LiteralError {
    LiteralError { text: crate::value::shorten(text), problem }
}

/// Reads the literal at the start of a text and returns what follows it.
pub(crate) fn scan(text: &str) -> Result<(Literal, &str), LiteralError> {
    if text.starts_with('\'') {
        let (content, rest) = scan_quoted(text)?;
        return Ok((Literal::text(content), rest));
    }
    let word_end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, after) = text.split_at(word_end);
    if after.starts_with('\'') && !word.is_empty() {
        let (content, rest) = scan_quoted(after)?;
        return Ok((prefixed(word, &content).ok_or_else(|| error(text, "unknown form"))?, rest));
    }
    let keyword = |value, primitive| Ok((Literal { value, primitive }, after));
    match word {
        "null" => return keyword(Value::Null, None),
        "true" | "false" => {
            return keyword(Value::Boolean(word == "true"), Some(Primitive::Boolean));
        }
        "NaN" => return keyword(Value::Double(f64::NAN), Some(Primitive::Double)),
        "INF" => return keyword(Value::Double(f64::INFINITY), Some(Primitive::Double)),
        "NaNf" | "NaNF" => return keyword(Value::Double(f64::NAN), Some(Primitive::Single)),
        "INFf" | "INFF" => return keyword(Value::Double(f64::INFINITY), Some(Primitive::Single)),
        _ => {}
    }
    scan_number(text)
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

fn prefixed(prefix: &str, content: &str) -> Option<Literal> {
    let (value, primitive) = match prefix.to_ascii_lowercase().as_str() {
        "datetime" => (Value::DateTime(DateTime::parse(content).ok()?), Primitive::DateTime),
        "datetimeoffset" => {
            (Value::DateTimeOffset(DateTimeOffset::parse(content).ok()?), Primitive::DateTimeOffset)
        }
        "time" => (Value::Duration(Duration::parse(content).ok()?), Primitive::Time),
        "guid" => (Value::Guid(Guid::try_parse(content).ok()?), Primitive::Guid),
        "x" | "binary" => (Value::Binary(from_hex(content)?), Primitive::Binary),
        _ => return None,
    };
    Some(Literal { value, primitive: Some(primitive) })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

fn scan_number(text: &str) -> Result<(Literal, &str), LiteralError> {
    let negative_infinity = |primitive, rest| {
        Ok((Literal { value: Value::Double(f64::NEG_INFINITY), primitive: Some(primitive) }, rest))
    };
    if let Some(rest) = text.strip_prefix("-INF") {
        return match rest.strip_prefix(['f', 'F']) {
            Some(rest) => negative_infinity(Primitive::Single, rest),
            None => negative_infinity(Primitive::Double, rest),
        };
    }
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
        return Err(error(text, "expected a number, a quoted string, true, false or null"));
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
    let (number, rest) = text.split_at(end);
    let double = || number.parse().ok().map(Value::Double);
    let (value, primitive, rest) = match rest.chars().next() {
        Some('L' | 'l') if whole => {
            (number.parse().ok().map(Value::Integer), Primitive::Int64, &rest[1..])
        }
        Some('M' | 'm') => (
            Decimal::from_str_exact(number).ok().map(Value::Decimal),
            Primitive::Decimal,
            &rest[1..],
        ),
        Some('D' | 'd') => (double(), Primitive::Double, &rest[1..]),
        Some('F' | 'f') => (double(), Primitive::Single, &rest[1..]),
        _ if whole => {
            let int = number.parse::<i32>().ok().map(|n| Value::Integer(n.into()));
            (int, Primitive::Int32, rest)
        }
        _ => (double(), Primitive::Double, rest),
    };
    let value = value.ok_or_else(|| error(number, "the number is out of range"))?;
    Ok((Literal { value, primitive: Some(primitive) }, rest))
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, self.primitive) {
            (Value::Boolean(truth), _) => write!(f, "{truth}"),
            (Value::Integer(number), Some(Primitive::Int64)) => write!(f, "{number}L"),
            (Value::Integer(number), _) => write!(f, "{number}"),
            (Value::Double(number), primitive) => write_double(f, *number, primitive),
            (Value::Decimal(number), _) => write!(f, "{number}M"),
            (Value::String(text), _) => write!(f, "'{}'", text.replace('\'', "''")),
            (Value::Binary(bytes), _) => {
                f.write_str("X'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
                f.write_str("'")
            }
            (Value::Guid(guid), _) => write!(f, "guid'{guid}'"),
            (Value::DateTime(time), _) => write!(f, "datetime'{time}Z'"),
            (Value::DateTimeOffset(time), _) => write!(f, "datetimeoffset'{time}'"),
            (Value::Duration(span), _) => write!(f, "time'{span}'"),
            (Value::Date(date), _) => write!(f, "{date}"),
            (Value::TimeOfDay(time), _) => write!(f, "{time}"),
            (Value::Null | Value::Collection(_) | Value::Complex(_) | Value::Json(_), _) => {
                f.write_str("null")
            }
        }
    }
}

fn write_double(f: &mut fmt::Formatter<'_>, number: f64, ty: Option<Primitive>) -> fmt::Result {
    let single = ty == Some(Primitive::Single);
    let suffix = if single { "f" } else { "" };
    if number.is_nan() {
        return write!(f, "NaN{suffix}");
    }
    if number.is_infinite() {
        return write!(f, "{}INF{suffix}", if number < 0.0 { "-" } else { "" });
    }
    let size = number.abs();
    let plain = size == 0.0 || (1e-5..1e15).contains(&size);
    match (plain, single) {
        (true, true) => write!(f, "{number}f"),
        // A whole double needs its point, or it would be read as an Int32.
        (true, false) => write!(f, "{number:?}"),
        (false, _) => write!(f, "{number:E}{}", if single { "f" } else { "D" }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_of_microsofts_library_are_read() {
        for (text, primitive) in [
            ("'it''s'", Primitive::String),
            ("''", Primitive::String),
            ("5", Primitive::Int32),
            ("-5", Primitive::Int32),
            ("5L", Primitive::Int64),
            ("1.10M", Primitive::Decimal),
            ("1.5", Primitive::Double),
            ("1E+300D", Primitive::Double),
            ("1.5f", Primitive::Single),
            ("-INF", Primitive::Double),
            ("X'01ABFF'", Primitive::Binary),
            ("binary'01'", Primitive::Binary),
            ("guid'abcdef01-0000-0000-0000-000000000000'", Primitive::Guid),
            ("datetime'2014-01-02T03:04'", Primitive::DateTime),
            ("datetimeoffset'2014-01-02T03:04:05+05:30'", Primitive::DateTimeOffset),
            ("time'PT1H2M3S'", Primitive::Time),
            ("true", Primitive::Boolean),
        ] {
            assert_eq!(Literal::parse(text).unwrap().primitive, Some(primitive), "{text}");
        }
        assert_eq!(Literal::parse("null").unwrap(), Literal::NULL);
    }

    #[test]
    fn what_microsofts_library_refuses_is_refused() {
        for text in [
            "",
            "'",
            "'a",
            "a'",
            "2147483648",
            ".5",
            "5.",
            "+1",
            "True",
            "X'0'",
            "X'GG'",
            "guid'x'",
            "datetime'x'",
            "abc",
            "1 2",
            "5LL",
            "1.5L",
        ] {
            assert!(Literal::parse(text).is_err(), "{text}");
        }
    }

    fn literals() -> impl Strategy<Value = Literal> {
        let of = |value, primitive| Literal { value, primitive: Some(primitive) };
        prop_oneof![
            any::<String>().prop_map(Literal::text),
            any::<i32>().prop_map(move |n| of(Value::Integer(n.into()), Primitive::Int32)),
            any::<i64>().prop_map(move |n| of(Value::Integer(n), Primitive::Int64)),
            any::<f64>()
                .prop_filter("NaN is not equal to itself", |n| !n.is_nan())
                .prop_map(move |n| of(Value::Double(n), Primitive::Double)),
            any::<bool>().prop_map(move |b| of(Value::Boolean(b), Primitive::Boolean)),
            (any::<i64>(), 0u32..18)
                .prop_map(move |(n, s)| of(Value::Decimal(Decimal::new(n, s)), Primitive::Decimal)),
            any::<u128>().prop_map(move |n| of(Value::Guid(Guid::from_u128(n)), Primitive::Guid)),
            any::<Vec<u8>>().prop_map(move |b| of(Value::Binary(b), Primitive::Binary)),
            (0..=DateTime::MAX.ticks()).prop_map(move |ticks| of(
                Value::DateTime(DateTime::from_ticks(ticks)),
                Primitive::DateTime
            )),
            any::<i64>().prop_map(move |ticks| of(
                Value::Duration(Duration::from_ticks(ticks)),
                Primitive::Time
            )),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(literal in literals()) {
            prop_assert_eq!(Literal::parse(&literal.to_string()).unwrap(), literal);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Literal::parse(&text);
        }
    }
}
