//! One value ⇄ JSON, by the type that the model gives it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value as Json, json};

use super::{Format, PayloadError};
use crate::model::{Primitive, Type};
use crate::{Date, DateTime, DateTimeOffset, Decimal, Duration, Guid, Members, TimeOfDay, Value};

/// How points in time are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateStyle {
    /// `2015-01-18T22:06:40.6010903Z`: the form for requests, and a service's answer to a create.
    Exact,
    /// `2015-01-18T22:06:40.601`: what a service has stored, in milliseconds and without zone.
    Stored,
    /// `/Date(1421618800601)/`: verbose JSON below V3.
    Epoch,
}

/// Prints a value. [`Type::Entity`] prints like a complex type.
pub fn value_to_json(value: &Value, ty: &Type, format: Format, dates: DateStyle) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(truth) => json!(truth),
        // V1 to V3 quote what a double cannot hold.
        Value::Integer(number) if ty.primitive() == Some(Primitive::Int64) => {
            json!(number.to_string())
        }
        Value::Integer(number) => json!(number),
        Value::Double(number) => double(*number, format),
        Value::Decimal(number) => json!(number.to_string()),
        Value::String(text) => json!(text),
        Value::Binary(bytes) => json!(STANDARD.encode(bytes)),
        Value::Guid(guid) => json!(guid.to_string()),
        Value::DateTime(time) => json!(date_time(*time, dates)),
        Value::DateTimeOffset(time) => json!(time.to_string()),
        Value::Duration(span) => json!(span.to_string()),
        Value::Date(date) => json!(date.to_string()),
        Value::TimeOfDay(time) => json!(time.to_string()),
        Value::Json(json) => (**json).clone(),
        Value::Collection(items) => {
            let item_type = if let Type::Collection(item) = ty { item } else { ty };
            let array: Vec<_> =
                items.iter().map(|item| element(item, item_type, format, dates)).collect();
            match format {
                Format::Light | Format::V4 => Json::Array(array),
                Format::Verbose => {
                    json!({ "__metadata": { "type": ty.wire_name() }, "results": array })
                }
            }
        }
        Value::Complex(members) => {
            let mut object = complex(members, ty, format, dates);
            if format == Format::Verbose {
                object.shift_insert(0, "__metadata".to_owned(), json!({ "type": ty.wire_name() }));
            }
            Json::Object(object)
        }
    }
}

/// An element of a collection: complex elements are bare, also in verbose JSON.
fn element(value: &Value, ty: &Type, format: Format, dates: DateStyle) -> Json {
    match value {
        Value::Complex(members) => Json::Object(complex(members, ty, format, dates)),
        other => value_to_json(other, ty, format, dates),
    }
}

fn complex(members: &Members, ty: &Type, format: Format, dates: DateStyle) -> Map<String, Json> {
    let member = |name: &str, value: &Value| match ty {
        Type::Complex(ty) | Type::Entity(ty) => match ty.property(name) {
            Some((_, row)) => value_to_json(value, &row.ty, format, dates),
            None => untyped(value, format, dates),
        },
        _ => untyped(value, format, dates),
    };
    members.iter().map(|(name, value)| (name.to_string(), member(name, value))).collect()
}

/// A value that the model does not declare.
fn untyped(value: &Value, format: Format, dates: DateStyle) -> Json {
    value_to_json(value, &Type::Primitive(Primitive::String), format, dates)
}

/// Light JSON prints `440.0`, verbose `440`: as Microsoft's library does.
fn double(number: f64, format: Format) -> Json {
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    if format == Format::Verbose && number.fract() == 0.0 && number.abs() < 9e15 {
        return json!(number as i64);
    }
    match Number::from_f64(number) {
        Some(number) => Json::Number(number),
        None if number.is_nan() => json!("NaN"),
        None => json!(if number > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

fn date_time(time: DateTime, style: DateStyle) -> String {
    match style {
        DateStyle::Exact => {
            let text = time.to_string();
            match text.split_once('.') {
                Some((seconds, fraction)) => format!("{seconds}.{fraction:0<7}Z"),
                None => format!("{text}Z"),
            }
        }
        DateStyle::Stored => time.truncated_to_millis().to_string(),
        DateStyle::Epoch => format!("/Date({})/", time.unix_millis()),
    }
}

/// Reads a value. `null` is [`Value::Null`] whatever the type: who may be null is for the caller.
///
/// Numbers and booleans may be strings, collections may be arrays or `{"results": […]}`, times
/// may be ISO 8601, `/Date(ms)/` or the American form of .NET: real clients and services send all
/// of these.
///
/// # Errors
///
/// The JSON is not of the type.
pub fn value_from_json(json: &Json, ty: &Type) -> Result<Value, PayloadError> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    match ty {
        Type::Collection(item) => items(json)
            .ok_or_else(|| mismatch("a collection", json))?
            .iter()
            .enumerate()
            .map(|(i, json)| value_from_json(json, item).map_err(|e| e.within(&format!("[{i}]"))))
            .collect::<Result<_, _>>()
            .map(Value::Collection),
        Type::Complex(ty) | Type::Entity(ty) => {
            let object = json.as_object().ok_or_else(|| mismatch(ty.name, json))?;
            let mut members = Members::new();
            for (name, json) in object {
                let Some((_, row)) = ty.property(name) else {
                    if is_annotation(name) {
                        continue;
                    }
                    return Err(undeclared(name, ty));
                };
                let value = value_from_json(json, &row.ty).map_err(|e| e.within(name))?;
                members.push((row.name.into(), value));
            }
            Ok(Value::Complex(members))
        }
        Type::Primitive(_) | Type::Id(_) | Type::Enum(_) => {
            let primitive = ty.primitive().unwrap_or(Primitive::String);
            primitive_from_json(json, primitive).ok_or_else(|| mismatch(primitive.name(), json))
        }
    }
}

/// The elements of a collection: an array, or what verbose JSON wraps it in.
pub(super) fn items(json: &Json) -> Option<&Vec<Json>> {
    json.as_array().or_else(|| json.get("results")?.as_array())
}

/// Whether a member says something of the payload instead of being a property.
pub(super) fn is_annotation(name: &str) -> bool {
    name == "__metadata"
        || name.starts_with("odata.")
        || name.contains("@odata.")
        || name.starts_with('#')
}

pub(super) fn undeclared(name: &str, ty: &crate::model::StructuredType) -> PayloadError {
    PayloadError::new(format!(
        "The property '{name}' does not exist on type '{}'. Make sure to only use property names \
         that are defined by the type.",
        ty.qualified_name()
    ))
}

fn mismatch(expected: &str, json: &Json) -> PayloadError {
    let found = match json {
        Json::Array(_) => "an array".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        scalar => crate::value::shorten(&scalar.to_string()),
    };
    PayloadError::new(format!("expected {expected}, found {found}"))
}

fn primitive_from_json(json: &Json, primitive: Primitive) -> Option<Value> {
    use Primitive as P;
    let text = json.as_str();
    match primitive {
        P::Boolean => match text {
            Some(text) if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
            _ => json.as_bool().map(Value::Boolean),
        },
        P::Byte => integer(json, 0, u8::MAX.into()),
        P::SByte => integer(json, i8::MIN.into(), i8::MAX.into()),
        P::Int16 => integer(json, i16::MIN.into(), i16::MAX.into()),
        P::Int32 => integer(json, i32::MIN.into(), i32::MAX.into()),
        P::Int64 => integer(json, i64::MIN, i64::MAX),
        P::Single | P::Double => match text {
            Some("INF" | "Infinity") => Some(Value::Double(f64::INFINITY)),
            Some("-INF" | "-Infinity") => Some(Value::Double(f64::NEG_INFINITY)),
            Some(text) => text.parse().ok().map(Value::Double),
            None => json.as_f64().map(Value::Double),
        },
        P::Decimal => match (text, json) {
            (Some(text), _) => Decimal::from_str_exact(text).ok().map(Value::Decimal),
            (None, Json::Number(number)) => {
                Decimal::from_str_exact(&number.to_string()).ok().map(Value::Decimal)
            }
            _ => None,
        },
        P::String => text.map(Value::from),
        P::Binary => STANDARD.decode(text?).ok().map(Value::Binary),
        P::Guid => Guid::try_parse(text?).ok().map(Value::Guid),
        P::Time => Duration::parse(text?).ok().map(Value::Duration),
        P::DateTime => {
            let text = text?;
            let time =
                epoch(text).or_else(|| DateTime::parse(text).ok()).or_else(|| american(text));
            time.map(Value::DateTime)
        }
        P::DateTimeOffset => {
            let text = text?;
            let time = epoch(text).map(DateTimeOffset::from_utc);
            time.or_else(|| DateTimeOffset::parse(text).ok()).map(Value::DateTimeOffset)
        }
        P::Duration => Duration::parse(text?).ok().map(Value::Duration),
        P::Date => Date::parse(text?).ok().map(Value::Date),
        P::TimeOfDay => TimeOfDay::parse(text?).ok().map(Value::TimeOfDay),
        _ => Some(Value::Json(Box::new(json.clone()))),
    }
}

fn integer(json: &Json, low: i64, high: i64) -> Option<Value> {
    let number = match json.as_str() {
        Some(text) => text.trim().parse().ok()?,
        None => json.as_i64()?,
    };
    (low..=high).contains(&number).then_some(Value::Integer(number))
}

/// `/Date(ms)/`, also with an offset behind the number, which does not change the point in time.
fn epoch(text: &str) -> Option<DateTime> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign_end = usize::from(inside.starts_with('-'));
    let end = inside[sign_end..].find(['+', '-']).map_or(inside.len(), |at| at + sign_end);
    inside[..end].parse().ok().map(DateTime::from_unix_millis)
}

/// `5/17/2014 4:45:53 PM`: what .NET's invariant culture prints, and some clients send.
fn american(text: &str) -> Option<DateTime> {
    let mut words = text.split_whitespace();
    let (date, time, half) = (words.next()?, words.next()?, words.next());
    let mut numbers = date.split('/').map(str::parse::<u32>);
    let (month, day, year) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let (hour, rest) = time.split_once(':')?;
    let hour: u32 = hour.parse().ok()?;
    let hour = match half {
        Some(half) if half.eq_ignore_ascii_case("AM") && (1..=12).contains(&hour) => hour % 12,
        Some(half) if half.eq_ignore_ascii_case("PM") && (1..=12).contains(&hour) => hour % 12 + 12,
        None => hour,
        Some(_) => return None,
    };
    DateTime::parse(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{rest}")).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: Json, primitive: Primitive) -> Option<Value> {
        value_from_json(&json, &Type::Primitive(primitive)).ok()
    }

    #[test]
    fn numbers_may_be_texts() {
        assert_eq!(read(json!("1"), Primitive::Int32), Some(Value::Integer(1)));
        assert_eq!(
            read(json!(9_007_199_254_740_993_i64), Primitive::Int64),
            Some(Value::Integer(9_007_199_254_740_993))
        );
        assert_eq!(read(json!("440"), Primitive::Double), Some(Value::Double(440.0)));
        assert_eq!(read(json!("True"), Primitive::Boolean), Some(Value::Boolean(true)));
        for (json, primitive) in [
            (json!(1.0), Primitive::Int32),
            (json!(1), Primitive::Boolean),
            (json!(1), Primitive::String),
            (json!(2_147_483_648_i64), Primitive::Int32),
            (json!("x"), Primitive::Double),
            (json!({}), Primitive::String),
        ] {
            assert_eq!(read(json.clone(), primitive), None, "{json} {primitive:?}");
        }
    }

    #[test]
    fn dates_of_every_client_are_one() {
        let time = DateTime::parse("2014-05-17T16:45:53").unwrap();
        for text in [
            "2014-05-17T16:45:53Z",
            "2014-05-17T16:45:53",
            "2014-05-17T18:45:53+02:00",
            "5/17/2014 4:45:53 PM",
            "/Date(1400345153000)/",
            "/Date(1400345153000+0200)/",
        ] {
            assert_eq!(
                read(json!(text), Primitive::DateTime),
                Some(Value::DateTime(time)),
                "{text}"
            );
        }
    }

    #[test]
    fn doubles_print_as_the_format_has_them() {
        let print = |number, format| {
            value_to_json(
                &Value::Double(number),
                &Type::Primitive(Primitive::Double),
                format,
                DateStyle::Exact,
            )
            .to_string()
        };
        assert_eq!(print(440.0, Format::Light), "440.0");
        assert_eq!(print(440.0, Format::Verbose), "440");
        assert_eq!(print(0.5, Format::Verbose), "0.5");
        assert_eq!(print(f64::NEG_INFINITY, Format::Light), "\"-Infinity\"");
    }
}
