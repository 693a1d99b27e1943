//! Reading the literals of V1 to V3.

use super::{Literal, Scanned, error, scan_digits, scan_quoted, wkt};
use crate::model::Primitive;
use crate::version::Version;
use crate::{DateTime, DateTimeOffset, Decimal, Duration, Guid, Value};

pub(super) fn scan(text: &str, version: Version) -> Scanned<'_> {
    if text.starts_with('\'') {
        let (content, rest) = scan_quoted(text)?;
        return Ok((Literal::text(content), rest));
    }
    let word_end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, after) = text.split_at(word_end);
    if after.starts_with('\'') && !word.is_empty() {
        let (content, rest) = scan_quoted(after)?;
        let literal = prefixed(word, &content, version);
        return Ok((literal.ok_or_else(|| error(text, "unknown form"))?, rest));
    }
    let keyword = |value, primitive| Ok((Literal::new(value, primitive), after));
    match word {
        "null" => return Ok((Literal::NULL, after)),
        "true" | "false" => return keyword(Value::Boolean(word == "true"), Primitive::Boolean),
        "NaN" => return keyword(Value::Double(f64::NAN), Primitive::Double),
        "INF" => return keyword(Value::Double(f64::INFINITY), Primitive::Double),
        "NaNf" | "NaNF" => return keyword(Value::Double(f64::NAN), Primitive::Single),
        "INFf" | "INFF" => return keyword(Value::Double(f64::INFINITY), Primitive::Single),
        _ => {}
    }
    scan_number(text)
}

fn prefixed(prefix: &str, content: &str, version: Version) -> Option<Literal> {
    let (value, primitive) = match prefix.to_ascii_lowercase().as_str() {
        "datetime" => (Value::DateTime(DateTime::parse(content).ok()?), Primitive::DateTime),
        "datetimeoffset" => {
            (Value::DateTimeOffset(DateTimeOffset::parse(content).ok()?), Primitive::DateTimeOffset)
        }
        "time" => (Value::Duration(Duration::parse(content).ok()?), Primitive::Time),
        "guid" => (Value::Guid(Guid::try_parse(content).ok()?), Primitive::Guid),
        "x" | "binary" => (Value::Binary(from_hex(content)?), Primitive::Binary),
        "geography" if version == Version::V3 => wkt::parse(content, wkt::Space::Geography)?,
        "geometry" if version == Version::V3 => wkt::parse(content, wkt::Space::Geometry)?,
        _ => return None,
    };
    Some(Literal::new(value, primitive))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

fn scan_number(text: &str) -> Scanned<'_> {
    let negative_infinity =
        |primitive, rest| Ok((Literal::new(Value::Double(f64::NEG_INFINITY), primitive), rest));
    if let Some(rest) = text.strip_prefix("-INF") {
        return match rest.strip_prefix(['f', 'F']) {
            Some(rest) => negative_infinity(Primitive::Single, rest),
            None => negative_infinity(Primitive::Double, rest),
        };
    }
    let (end, whole) = scan_digits(text)
        .ok_or_else(|| error(text, "expected a number, a quoted string, true, false or null"))?;
    let (number, rest) = text.split_at(end);
    // What is too great for its type is refused, as .NET does, and not taken for infinite.
    let finite = |number: f64| number.is_finite().then_some(Value::Double(number));
    let double = || finite(number.parse().ok()?);
    let single = || finite(number.parse::<f32>().ok()?.into());
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
        Some('F' | 'f') => (single(), Primitive::Single, &rest[1..]),
        _ if whole => {
            let int = number.parse::<i32>().ok().map(|n| Value::Integer(n.into()));
            (int, Primitive::Int32, rest)
        }
        _ => (double(), Primitive::Double, rest),
    };
    let value = value.ok_or_else(|| error(number, "the number is out of range"))?;
    Ok((Literal::new(value, primitive), rest))
}
