//! One primitive value, from the text or number that stands for it.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Error, Visitor};
use serde_json::value::RawValue;

use super::Context;
use crate::json::error::mismatch;
use crate::json::raw;
use crate::model::Primitive;
use crate::value::shorten;
use crate::{Date, DateTime, DateTimeOffset, Decimal, Duration, Guid, TimeOfDay, Value};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Reads a value of a primitive type. Numbers and booleans may be texts, and times may be in any
/// of the forms that real clients and services send.
pub(super) struct Scalar<'c> {
    pub(super) context: &'c Context,
    pub(super) primitive: Primitive,
}

impl Scalar<'_> {
    fn fail<E: Error>(&self, found: impl fmt::Display) -> E {
        self.context.fail(mismatch(self.primitive.name(), shorten(&found.to_string())))
    }

    fn found<E: Error>(&self, value: Option<Value>, found: impl fmt::Display) -> Result<Value, E> {
        value.ok_or_else(|| self.fail(found))
    }
}

impl<'de> Visitor<'de> for Scalar<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.primitive.name())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        let value = (self.primitive == Primitive::Boolean).then_some(Value::Boolean(truth));
        self.found(value, truth)
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.found(from_integer(number, self.primitive), number)
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        let value = match i64::try_from(number) {
            Ok(number) => from_integer(number, self.primitive),
            #[expect(clippy::cast_precision_loss, reason = "a double is what the model says")]
            Err(_) => from_double(number as f64, self.primitive),
        };
        self.found(value, number)
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.found(from_double(number, self.primitive), number)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let value = from_text(text, self.primitive);
        self.found(value, format_args!("{text:?}"))
    }
    refuse!(seq map);
}

fn from_integer(number: i64, primitive: Primitive) -> Option<Value> {
    use Primitive as P;
    let (low, high) = match primitive {
        P::Byte => (0, u8::MAX.into()),
        P::SByte => (i8::MIN.into(), i8::MAX.into()),
        P::Int16 => (i16::MIN.into(), i16::MAX.into()),
        P::Int32 => (i32::MIN.into(), i32::MAX.into()),
        P::Int64 => (i64::MIN, i64::MAX),
        #[expect(clippy::cast_precision_loss, reason = "a double is what the model says")]
        P::Single | P::Double => return Some(Value::Double(number as f64)),
        _ => return None,
    };
    (low..=high).contains(&number).then_some(Value::Integer(number))
}

fn from_double(number: f64, primitive: Primitive) -> Option<Value> {
    matches!(primitive, Primitive::Single | Primitive::Double).then_some(Value::Double(number))
}

pub(crate) fn from_text(text: &str, primitive: Primitive) -> Option<Value> {
    use Primitive as P;
    match primitive {
        P::String => Some(Value::String(text.to_owned())),
        P::Boolean if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
        P::Boolean if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
        P::Byte | P::SByte | P::Int16 | P::Int32 | P::Int64 => {
            from_integer(text.trim().parse().ok()?, primitive)
        }
        P::Single | P::Double => match text {
            "INF" | "Infinity" => Some(Value::Double(f64::INFINITY)),
            "-INF" | "-Infinity" => Some(Value::Double(f64::NEG_INFINITY)),
            text => text.parse().ok().map(Value::Double),
        },
        P::Decimal => decimal(text).map(Value::Decimal),
        P::Binary => binary(text).map(Value::Binary),
        P::Guid => Guid::try_parse(text).ok().map(Value::Guid),
        P::Time | P::Duration => Duration::parse(text).ok().map(Value::Duration),
        P::DateTime => {
            let time = match epoch(text) {
                Some((time, _)) => Some(time),
                None => DateTime::parse(text).ok().or_else(|| american(text)),
            };
            time.map(Value::DateTime)
        }
        P::DateTimeOffset => {
            let time = match epoch(text) {
                Some((time, offset)) => DateTimeOffset::new(time, offset),
                None => DateTimeOffset::parse(text).ok(),
            };
            time.map(Value::DateTimeOffset)
        }
        // Services of V2 and adapters of V4 services send a whole point in time.
        P::Date => match (Date::parse(text), text.split_once('T')) {
            (Err(_), Some((date, _))) => Date::parse(date).ok().map(Value::Date),
            (date, _) => date.ok().map(Value::Date),
        },
        P::TimeOfDay => TimeOfDay::parse(text).ok().map(Value::TimeOfDay),
        _ => None,
    }
}

/// A decimal from its text or number, never by way of a double.
pub(super) fn decimal_from_raw(raw: &RawValue) -> Option<Value> {
    match raw.get() {
        "null" => Some(Value::Null),
        quoted if quoted.starts_with('"') => {
            raw::text(raw).as_deref().and_then(decimal).map(Value::Decimal)
        }
        number => decimal(number).map(Value::Decimal),
    }
}

/// Digits, with an exponent perhaps. A number that needs more than the 96 bits of a decimal is
/// none, unless what it has too much are zeros behind the point.
fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok().or_else(|| {
        let shorter = text.contains('.').then(|| text.trim_end_matches('0'))?;
        Decimal::from_str_exact(shorter.strip_suffix('.').unwrap_or(shorter)).ok()
    })
}

/// Base64 in the standard alphabet (V1 to V3) or that for URLs (V4), padded or not.
fn binary(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    engine.decode(text).ok().or_else(|| {
        // Lines, as MIME has them.
        let joined: String = text.split_ascii_whitespace().collect();
        engine.decode(joined).ok()
    })
}

/// `/Date(ms)/`, and the offset in minutes behind the number, which does not change the point in
/// time.
fn epoch(text: &str) -> Option<(DateTime, i16)> {
    let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign_end = usize::from(inside.starts_with('-'));
    let end = inside[sign_end..].find(['+', '-']).map_or(inside.len(), |at| at + sign_end);
    let (millis, offset) = inside.split_at(end);
    let offset = if offset.is_empty() { 0 } else { offset.parse().ok()? };
    millis.parse().ok().map(|millis| (DateTime::from_unix_millis(millis), offset))
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
