//! Printing literals.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::{Literal, wkt};
use crate::json::{Dialect, Format, value_to_json};
use crate::model::{Primitive, Type};
use crate::version::Version;
use crate::{Duration, Value};

/// A literal and the version it is printed for.
pub(super) struct Shown<'a> {
    pub(super) literal: &'a Literal,
    pub(super) version: Version,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Literal { value, primitive, enum_type } = self.literal;
        match (value, enum_type) {
            (Value::Null, _) => f.write_str("null"),
            (Value::Boolean(truth), _) => write!(f, "{truth}"),
            (Value::String(members), Some(ty)) if self.version.is_v4() => {
                write!(f, "{ty}'{members}'")
            }
            (Value::String(text), _) => write!(f, "'{}'", text.replace('\'', "''")),
            (Value::Json(json), _) if primitive.is_some_and(Primitive::is_geo) => {
                wkt::write(f, json, *primitive, self.version)
            }
            _ if self.version.is_v4() => v4(f, value, *primitive),
            _ => v3(f, value, *primitive),
        }
    }
}

fn v3(f: &mut fmt::Formatter<'_>, value: &Value, primitive: Option<Primitive>) -> fmt::Result {
    match value {
        Value::Integer(number) if primitive == Some(Primitive::Int64) => write!(f, "{number}L"),
        Value::Integer(number) => write!(f, "{number}"),
        Value::Double(number) if primitive == Some(Primitive::Single) => single(f, *number),
        Value::Double(number) => double(f, *number, "D"),
        Value::Decimal(number) => write!(f, "{number}M"),
        Value::Binary(bytes) => {
            f.write_str("X'")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
            f.write_str("'")
        }
        Value::Guid(guid) => write!(f, "guid'{guid}'"),
        Value::DateTime(time) => write!(f, "datetime'{time}Z'"),
        Value::DateTimeOffset(time) => write!(f, "datetimeoffset'{time}'"),
        Value::Duration(span) => write!(f, "time'{span}'"),
        Value::Date(date) => write!(f, "datetime'{date}T00:00:00'"),
        Value::TimeOfDay(time) => write!(f, "time'{}'", Duration::from_ticks(time.ticks())),
        // The version has no literal for these; what has none is no value.
        _ => f.write_str("null"),
    }
}

fn v4(f: &mut fmt::Formatter<'_>, value: &Value, primitive: Option<Primitive>) -> fmt::Result {
    match value {
        Value::Integer(number) => write!(f, "{number}"),
        Value::Double(number) if primitive == Some(Primitive::Single) => {
            plain_single(f, *number, "")
        }
        Value::Double(number) => double(f, *number, ""),
        Value::Decimal(number) => write!(f, "{number}"),
        // Padded: Microsoft's library reads no other.
        Value::Binary(bytes) => write!(f, "binary'{}'", URL_SAFE.encode(bytes)),
        Value::Guid(guid) => write!(f, "{guid}"),
        Value::DateTime(time) => write!(f, "{time}Z"),
        Value::DateTimeOffset(time) => write!(f, "{time}"),
        Value::Duration(span) => write!(f, "duration'{span}'"),
        Value::Date(date) => write!(f, "{date}"),
        Value::TimeOfDay(time) => write!(f, "{time}"),
        Value::Json(json) => write!(f, "{json}"),
        other => {
            let ty = Type::Primitive(primitive.unwrap_or(Primitive::Untyped));
            write!(f, "{}", value_to_json(other, &ty, Dialect::new(Format::V4, Version::V4)))
        }
    }
}

/// `NaN`, `INF` and `-INF`, if the number is one of them.
fn special(number: f64) -> Option<&'static str> {
    match number {
        number if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("INF"),
        f64::NEG_INFINITY => Some("-INF"),
        _ => None,
    }
}

/// Whether Microsoft's library prints a number without an exponent.
fn is_plain(number: f64) -> bool {
    number == 0.0 || (1e-5..1e15).contains(&number.abs())
}

fn double(f: &mut fmt::Formatter<'_>, number: f64, suffix: &str) -> fmt::Result {
    match special(number) {
        Some(name) => f.write_str(name),
        // A whole double needs its point, or it would be read as an integer.
        None if is_plain(number) => write!(f, "{number:?}"),
        // V4 has no suffix. SAP's services of it read a small letter only.
        None if suffix.is_empty() => write!(f, "{number:e}"),
        None => write!(f, "{number:E}{suffix}"),
    }
}

fn single(f: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    plain_single(f, number, "f")
}

#[expect(clippy::cast_possible_truncation, reason = "the value came from a single")]
fn plain_single(f: &mut fmt::Formatter<'_>, number: f64, suffix: &str) -> fmt::Result {
    match special(number) {
        Some(name) => f.write_str(name)?,
        None if is_plain(number) => write!(f, "{}", number as f32)?,
        None if suffix.is_empty() => write!(f, "{:e}", number as f32)?,
        None => write!(f, "{:E}", number as f32)?,
    }
    f.write_str(suffix)
}
