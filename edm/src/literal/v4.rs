//! Reading the literals of V4 and V4.01, by the grammar of OASIS.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Literal, Scanned, error, scan_digits, scan_quoted, wkt};
use crate::model::Primitive;
use crate::{Date, DateTimeOffset, Decimal, Duration, Guid, TimeOfDay, Value};

/// Services pad or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn scan(text: &str) -> Scanned<'_> {
    if text.starts_with('\'') {
        let (content, rest) = scan_quoted(text)?;
        return Ok((Literal::text(content), rest));
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let word_end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (word, after) = text.split_at(word_end);
    if after.starts_with('\'') && !word.is_empty() {
        let (content, rest) = scan_quoted(after)?;
        let literal = prefixed(word, &content);
        return Ok((literal.ok_or_else(|| error(text, "unknown form"))?, rest));
    }
    if let Some((literal, length)) = guid(text).or_else(|| point_in_time(text)) {
        return Ok((literal, &text[length..]));
    }
    let keyword = |value, primitive| Ok((Literal::new(value, primitive), after));
    match word {
        "null" => return Ok((Literal::NULL, after)),
        "NaN" => return keyword(Value::Double(f64::NAN), Primitive::Double),
        "INF" => return keyword(Value::Double(f64::INFINITY), Primitive::Double),
        _ if word.eq_ignore_ascii_case("true") => {
            return keyword(Value::Boolean(true), Primitive::Boolean);
        }
        _ if word.eq_ignore_ascii_case("false") => {
            return keyword(Value::Boolean(false), Primitive::Boolean);
        }
        _ => {}
    }
    if let Some(rest) = text.strip_prefix("-INF") {
        return Ok((Literal::new(Value::Double(f64::NEG_INFINITY), Primitive::Double), rest));
    }
    number(text)
}

fn prefixed(prefix: &str, content: &str) -> Option<Literal> {
    let (value, primitive) = match prefix.to_ascii_lowercase().as_str() {
        "duration" => (Value::Duration(Duration::parse(content).ok()?), Primitive::Duration),
        "binary" => (Value::Binary(from_base64(content)?), Primitive::Binary),
        "geography" => wkt::parse(content, wkt::Space::Geography)?,
        "geometry" => wkt::parse(content, wkt::Space::Geometry)?,
        _ if is_type_name(prefix) && content.split(',').all(is_member) => {
            return Some(Literal::enumeration(prefix.to_owned(), content));
        }
        _ => return None,
    };
    Some(Literal::new(value, primitive))
}

/// Bytes of base64 in the alphabet for URLs. Microsoft's library writes the other alphabet.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.replace('+', "-").replace('/', "_")).ok()
}

/// `Namespace.Name`.
fn is_type_name(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_identifier)
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The name of a member of an enumeration, or a number.
fn is_member(text: &str) -> bool {
    let text = text.trim();
    is_identifier(text) || text.parse::<i64>().is_ok()
}

/// Whether a token may end here.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':'))
}

/// A bare GUID, and its length.
fn guid(text: &str) -> Option<(Literal, usize)> {
    const LENGTH: usize = 36;
    let token = text.get(..LENGTH).filter(|_| ends(&text[LENGTH..]))?;
    let has_dashes = [8, 13, 18, 23].iter().all(|&at| token.as_bytes()[at] == b'-');
    let guid = has_dashes.then(|| Guid::try_parse(token).ok())??;
    Some((Literal::new(Value::Guid(guid), Primitive::Guid), LENGTH))
}

/// A date, a time of day, or both, and the length.
fn point_in_time(text: &str) -> Option<(Literal, usize)> {
    let bytes = text.as_bytes();
    let start = usize::from(bytes.first() == Some(&b'-'));
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let end_of = |from: usize, allowed: &[u8]| {
        bytes[from..]
            .iter()
            .position(|byte| !(byte.is_ascii_digit() || allowed.contains(byte)))
            .map_or(bytes.len(), |length| from + length)
    };
    let literal = |value, primitive, end: usize| {
        ends(&text[end..]).then(|| (Literal::new(value, primitive), end))
    };
    if is_digit(0) && is_digit(1) && bytes.get(2) == Some(&b':') {
        let end = end_of(0, b":.");
        let time = TimeOfDay::parse(&text[..end]).ok()?;
        return literal(Value::TimeOfDay(time), Primitive::TimeOfDay, end);
    }
    if !(is_digit(start) && bytes.get(start + 4) == Some(&b'-')) {
        return None;
    }
    let end = end_of(start, b"-");
    if !matches!(bytes.get(end), Some(b'T' | b't')) {
        let date = Date::parse(&text[..end]).ok()?;
        return literal(Value::Date(date), Primitive::Date, end);
    }
    let clock = end_of(end + 1, b":.");
    let end = match bytes.get(clock) {
        Some(b'Z' | b'z') => clock + 1,
        Some(b'+' | b'-') => end_of(clock + 1, b":"),
        _ => return None,
    };
    let time = DateTimeOffset::parse(&text[..end]).ok()?;
    literal(Value::DateTimeOffset(time), Primitive::DateTimeOffset, end)
}

/// The number as a decimal, if that keeps all of it: a decimal has no negative zero.
fn exact(number: &str) -> Option<Decimal> {
    let decimal = Decimal::from_str_exact(number).ok()?;
    (!decimal.is_zero() || !number.starts_with('-')).then_some(decimal)
}

fn number(text: &str) -> Scanned<'_> {
    let unsigned = text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text);
    let (end, whole) = scan_digits(unsigned)
        .ok_or_else(|| error(text, "expected a number, a quoted string, true, false or null"))?;
    let (number, rest) = unsigned.split_at(end);
    let integer = number.parse::<i64>().ok().filter(|_| whole);
    let (value, primitive) = if let Some(integer) = integer {
        let is_small = i32::try_from(integer).is_ok();
        (Value::Integer(integer), if is_small { Primitive::Int32 } else { Primitive::Int64 })
    } else if let Some(decimal) = exact(number) {
        (Value::Decimal(decimal), Primitive::Decimal)
    } else {
        let double = number.parse().ok().filter(|double: &f64| double.is_finite());
        let double = double.ok_or_else(|| error(number, "the number is out of range"))?;
        (Value::Double(double), Primitive::Double)
    };
    Ok((Literal::new(value, primitive), rest))
}
