//! One primitive value ↔ the text that stands for it in XML.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Value;
use crate::json::{DateStyle, scalar_from_text};
use crate::model::Primitive;

/// Reads a value. White space around all but texts is layout, `1` and `0` are truths as well, and
/// of what has no empty form an empty text is null.
pub(super) fn read(text: &str, primitive: Primitive) -> Option<Value> {
    let trimmed = text.trim();
    match (primitive, trimmed) {
        (Primitive::String, _) => Some(Value::String(text.to_owned())),
        (Primitive::Binary, "") => Some(Value::Binary(Vec::new())),
        (_, "") => Some(Value::Null),
        (Primitive::Boolean, "1") => Some(Value::Boolean(true)),
        (Primitive::Boolean, "0") => Some(Value::Boolean(false)),
        _ => scalar_from_text(trimmed, primitive),
    }
}

/// Prints a value; `None` for one that is no text: a collection, a complex value, a shape, null.
pub(super) fn print(value: &Value, ty: Primitive, dates: DateStyle) -> Option<Cow<'_, str>> {
    Some(Cow::Owned(match value {
        Value::String(text) => return Some(Cow::Borrowed(text)),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) if ty == Primitive::Single => single(*number),
        Value::Double(number) => double(*number),
        Value::Decimal(number) => number.to_string(),
        Value::Binary(bytes) => STANDARD.encode(bytes),
        Value::Guid(guid) => guid.to_string(),
        Value::DateTime(time) => crate::json::date_time(*time, iso(dates)),
        Value::DateTimeOffset(time) => time.to_string(),
        Value::Duration(span) => span.to_string(),
        Value::Date(date) => date.to_string(),
        Value::TimeOfDay(time) => time.to_string(),
        Value::Null | Value::Json(_) | Value::Collection(_) | Value::Complex(_) => return None,
    }))
}

/// The type of a value that no table declares; `None` for texts, and for what is no primitive.
pub(super) fn type_of(value: &Value) -> Option<Primitive> {
    use Primitive as P;
    Some(match value {
        Value::Boolean(_) => P::Boolean,
        Value::Integer(number) if i32::try_from(*number).is_ok() => P::Int32,
        Value::Integer(_) => P::Int64,
        Value::Double(_) => P::Double,
        Value::Decimal(_) => P::Decimal,
        Value::Binary(_) => P::Binary,
        Value::Guid(_) => P::Guid,
        Value::DateTime(_) | Value::Date(_) => P::DateTime,
        Value::DateTimeOffset(_) => P::DateTimeOffset,
        Value::Duration(_) | Value::TimeOfDay(_) => P::Time,
        _ => return None,
    })
}

/// XML has no other form of points in time than that of ISO 8601.
const fn iso(style: DateStyle) -> DateStyle {
    match style {
        DateStyle::Epoch => DateStyle::Stored,
        style => style,
    }
}

fn special(number: f64) -> Option<&'static str> {
    match number {
        number if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("INF"),
        f64::NEG_INFINITY => Some("-INF"),
        _ => None,
    }
}

/// As .NET prints it: with an exponent from 1E+15 on, and below 1E-04.
fn double(number: f64) -> String {
    match special(number) {
        Some(name) => name.to_owned(),
        None if is_plain(number, 1e15) => number.to_string(),
        None => with_exponent(&format!("{number:E}")),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the model says that it has 32 bits")]
fn single(number: f64) -> String {
    let number = number as f32;
    match special(number.into()) {
        Some(name) => name.to_owned(),
        None if is_plain(number.into(), 1e7) => number.to_string(),
        None => with_exponent(&format!("{number:E}")),
    }
}

fn is_plain(number: f64, end: f64) -> bool {
    number == 0.0 || (1e-4..end).contains(&number.abs())
}

/// The exponent has a sign and at least two digits.
fn with_exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once('E').unwrap_or((text, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}E-{exponent:0>2}"),
        None => format!("{digits}E+{exponent:0>2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_dot_net_prints_them() {
        for (number, text) in [
            (720.0, "720"),
            (0.5, "0.5"),
            (1e15, "1E+15"),
            (-1.25e-7, "-1.25E-07"),
            (f64::MAX, "1.7976931348623157E+308"),
            (f64::NEG_INFINITY, "-INF"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double(number), text);
        }
        assert_eq!(single(3.402_823_466_385_288_6e38), "3.4028235E+38");
        assert_eq!(single(1.5), "1.5");
        assert_eq!(single(1e300), "INF");
    }

    #[test]
    fn what_php_and_java_send_is_read() {
        let read = |text, primitive| read(text, primitive);
        assert_eq!(read("1", Primitive::Boolean), Some(Value::Boolean(true)));
        assert_eq!(read("False", Primitive::Boolean), Some(Value::Boolean(false)));
        assert_eq!(read("2", Primitive::Boolean), None);
        assert_eq!(read(" 7\n", Primitive::Int32), Some(Value::Integer(7)));
        assert_eq!(read("", Primitive::DateTime), Some(Value::Null));
        assert_eq!(read("", Primitive::String), Some(Value::from("")));
        assert_eq!(read(" x ", Primitive::String), Some(Value::from(" x ")));
        assert_eq!(read("x", Primitive::Int32), None);
    }
}
