//! One value → JSON, by the type that the model gives it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::ser::{SerializeMap, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::convert::{TYPE, as_name, is_type_of};
use super::read::{control, is_annotation};
use super::{DateStyle, Dialect, Format};
use crate::model::{Primitive, StructuredType, Type};
use crate::{DateTime, DateTimeOffset, Decimal, Members, Value};

/// Prints a value. [`Type::Entity`] prints like a complex type.
pub fn value_to_json(value: &Value, ty: &Type, dialect: Dialect) -> Json {
    let typed = Typed { value, ty: Some(ty), dialect, plain: false };
    // A value always has a JSON form.
    serde_json::to_value(typed).unwrap_or_default()
}

/// A value to print; no type for one that the model does not declare.
#[derive(Clone, Copy)]
pub(super) struct Typed<'a> {
    pub(super) value: &'a Value,
    pub(super) ty: Option<&'a Type>,
    pub(super) dialect: Dialect,
    /// Whether the wrappers of verbose JSON are left out, as among parameters and in collections.
    pub(super) plain: bool,
}

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Typed { ty, dialect, .. } = *self;
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Integer(number) if dialect.quoted_numbers && is_int64(*number, ty) => {
                serializer.collect_str(number)
            }
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Double(number) => double(*number, self, serializer),
            Value::Decimal(number) if dialect.quoted_numbers => serializer.collect_str(number),
            Value::Decimal(number) => decimal(number, serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Binary(bytes) if dialect.format == Format::V4 => {
                serializer.serialize_str(&URL_SAFE.encode(bytes))
            }
            Value::Binary(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Value::Guid(guid) => serializer.collect_str(guid),
            Value::DateTime(time) => serializer.serialize_str(&date_time(*time, dialect.dates)),
            Value::DateTimeOffset(time) => {
                serializer.serialize_str(&date_time_offset(*time, dialect.dates))
            }
            Value::Duration(span) => serializer.collect_str(span),
            Value::Date(date) => serializer.collect_str(date),
            Value::TimeOfDay(time) => serializer.collect_str(time),
            Value::Json(json) => json.serialize(serializer),
            Value::Collection(items) if dialect.format == Format::Verbose && !self.plain => {
                let mut map = serializer.serialize_map(None)?;
                if let Some(ty) = ty {
                    map.serialize_entry("__metadata", &Metadata { r#type: &ty.wire_name() })?;
                }
                map.serialize_entry("results", &Items { items, ty, dialect })?;
                map.end()
            }
            Value::Collection(items) => Items { items, ty, dialect }.serialize(serializer),
            Value::Complex(members) => {
                let mut map = serializer.serialize_map(None)?;
                let (ty, name) = match ty {
                    Some(Type::Complex(ty) | Type::Entity(ty)) => {
                        let must = dialect.format == Format::Verbose && !self.plain;
                        (Some(*ty), type_name(members, ty, must))
                    }
                    _ => (None, given_name(members).map(str::to_owned)),
                };
                if let Some(name) = name {
                    print_type(&mut map, &name, dialect)?;
                }
                print_members(&mut map, members, ty, &[], dialect)?;
                map.end()
            }
        }
    }
}

/// What verbose JSON says of a value.
#[derive(Serialize)]
struct Metadata<'a> {
    r#type: &'a str,
}

/// The elements of a collection: complex elements are bare, also in verbose JSON.
struct Items<'a> {
    items: &'a [Value],
    ty: Option<&'a Type>,
    dialect: Dialect,
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ty = match self.ty {
            Some(Type::Collection(item)) => Some(*item),
            other => other,
        };
        let mut seq = serializer.serialize_seq(Some(self.items.len()))?;
        for value in self.items {
            seq.serialize_element(&Typed { value, ty, dialect: self.dialect, plain: true })?;
        }
        seq.end()
    }
}

/// The name of the type that the members bring along.
fn given_name(members: &Members) -> Option<&str> {
    members.iter().find(|(name, _)| name == TYPE).and_then(|(_, value)| as_name(value))
}

/// The same, without what V4 puts in front.
pub(crate) fn given_type(members: &Members) -> Option<String> {
    given_name(members).map(|name| name.trim_start_matches('#').to_owned())
}

/// The name of the type of a body, for a format that always says it.
pub(crate) fn draft_type_name(members: &Members, ty: &StructuredType) -> String {
    given_type(members).unwrap_or_else(|| ty.qualified_name())
}

/// The name of the type, if a payload must have it: a type that takes part in inheritance.
pub(super) fn type_name(members: &Members, ty: &StructuredType, must: bool) -> Option<String> {
    let must = must || ty.has_derived || ty.base.is_some();
    match given_name(members) {
        Some(name) => Some(name.trim_start_matches('#').to_owned()),
        None => must.then(|| ty.qualified_name()),
    }
}

/// Prints the name of the type of an object, first of its members.
pub(super) fn print_type<M: SerializeMap>(
    map: &mut M,
    name: &str,
    dialect: Dialect,
) -> Result<(), M::Error> {
    match dialect.format {
        Format::Verbose => map.serialize_entry("__metadata", &Metadata { r#type: name }),
        Format::Light => map.serialize_entry("odata.type", name),
        Format::V4 => map.serialize_entry(TYPE, &format!("#{name}")),
    }
}

/// Prints the members of an object. What is not declared says its type where JSON does not. In
/// light JSON of an open type, so does what is declared, as in Microsoft's client for tables: what
/// stores such types may know no schema, and take a number, a date or a GUID for a text.
///
/// `derived` has the types of complex values that are not of the type that is declared.
pub(super) fn print_members<M: SerializeMap>(
    map: &mut M,
    members: &Members,
    ty: Option<&StructuredType>,
    derived: &[(Cow<'static, str>, &'static StructuredType)],
    dialect: Dialect,
) -> Result<(), M::Error> {
    let is_said = |name: &str| members.iter().any(|(other, _)| is_type_of(other, name));
    let says_declared = dialect.format == Format::Light && ty.is_some_and(|ty| ty.is_open);
    for (name, value) in members {
        if let Some((_, row)) = ty.and_then(|ty| ty.property(name)) {
            if says_declared
                && !value.is_null()
                && let Some(primitive) = row.ty.primitive().filter(|&it| !is_evident(it))
                && !is_said(name)
            {
                map.serialize_entry(&format!("{name}@odata.type"), primitive.name())?;
            }
            let derived = derived.iter().find(|(other, _)| other == name);
            let ty = derived.map_or(row.ty, |(_, ty)| Type::Complex(ty));
            map.serialize_entry(name, &Typed { value, ty: Some(&ty), dialect, plain: false })?;
        } else if is_annotation(name) {
            // Of what a payload said, only types of properties make sense in a request.
            let says_type =
                name.find('@').is_some_and(|at| at > 0 && control(&name[at..]) == Some("type"));
            if says_type && dialect.format != Format::Verbose {
                map.serialize_entry(name, &Typed { value, ty: None, dialect, plain: true })?;
            }
        } else {
            if let Some(said) = said_type(value, dialect)
                && !is_said(name)
            {
                map.serialize_entry(&format!("{name}{TYPE}"), &said)?;
            }
            map.serialize_entry(name, &Typed { value, ty: None, dialect, plain: false })?;
        }
    }
    Ok(())
}

/// Whether JSON tells a primitive type, or a type within the value does. It does not tell a
/// double: `3.0` is the integer 3 to many readers, and `"NaN"` a text.
fn is_evident(primitive: Primitive) -> bool {
    use Primitive as P;
    matches!(primitive, P::String | P::Boolean | P::Int32 | P::Untyped) || primitive.is_geo()
}

/// The type that must be said of a value that is not declared: everything but texts, booleans,
/// Int32 and Double; of Double, infinities and the like, and in light JSON whole numbers. Verbose
/// JSON has no place for it.
fn said_type(value: &Value, dialect: Dialect) -> Option<String> {
    use Primitive as P;
    let primitive = match value {
        Value::Integer(number) if i32::try_from(*number).is_err() => P::Int64,
        Value::Double(number) if !number.is_finite() => P::Double,
        Value::Double(number) if dialect.format == Format::Light && number.fract() == 0.0 => {
            P::Double
        }
        Value::Decimal(_) => P::Decimal,
        Value::Binary(_) => P::Binary,
        Value::Guid(_) => P::Guid,
        Value::DateTime(_) => P::DateTime,
        Value::DateTimeOffset(_) => P::DateTimeOffset,
        Value::Duration(_) if dialect.format == Format::V4 => P::Duration,
        Value::Duration(_) => P::Time,
        Value::Date(_) => P::Date,
        Value::TimeOfDay(_) => P::TimeOfDay,
        _ => return None,
    };
    match dialect.format {
        Format::Verbose => None,
        Format::Light => Some(primitive.name().to_owned()),
        Format::V4 => Some(primitive.name().replace("Edm.", "#")),
    }
}

fn is_int64(number: i64, ty: Option<&Type>) -> bool {
    match ty {
        Some(ty) => ty.primitive() == Some(Primitive::Int64),
        None => i32::try_from(number).is_err(),
    }
}

/// The digits as they are, never by way of a double.
fn decimal<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(number.to_string())
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// Light JSON prints `440.0`, verbose `440`: as Microsoft's library does.
fn double<S: Serializer>(number: f64, typed: &Typed<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let format = typed.dialect.format;
    if number.is_nan() {
        return serializer.serialize_str("NaN");
    }
    if number.is_infinite() {
        return serializer.serialize_str(match (format, number > 0.0) {
            (Format::V4, true) => "INF",
            (Format::V4, false) => "-INF",
            (_, true) => "Infinity",
            (_, false) => "-Infinity",
        });
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    if format == Format::Verbose && number.fract() == 0.0 && number.abs() < 9e15 {
        return serializer.serialize_i64(number as i64);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the model says that it has 32 bits")]
    if typed.ty.and_then(Type::primitive) == Some(Primitive::Single) {
        return serializer.serialize_f32(number as f32);
    }
    serializer.serialize_f64(number)
}

pub(crate) fn date_time(time: DateTime, style: DateStyle) -> String {
    match style {
        // What is not set yet has no zone.
        DateStyle::Exact if time == DateTime::MIN => time.to_string(),
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

/// The offset of the epoch form is in minutes, with four digits.
fn date_time_offset(time: DateTimeOffset, style: DateStyle) -> String {
    match style {
        DateStyle::Exact | DateStyle::Stored => time.to_string(),
        DateStyle::Epoch => {
            format!("/Date({}{:+05})/", time.utc().unix_millis(), time.offset_minutes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_the_format_has_them() {
        let print = |number, format| {
            let dialect = Dialect::new(format, crate::version::Version::V3);
            let ty = Type::Primitive(Primitive::Double);
            value_to_json(&Value::Double(number), &ty, dialect).to_string()
        };
        assert_eq!(print(440.0, Format::Light), "440.0");
        assert_eq!(print(440.0, Format::Verbose), "440");
        assert_eq!(print(0.5, Format::Verbose), "0.5");
        assert_eq!(print(f64::NEG_INFINITY, Format::Light), "\"-Infinity\"");
        assert_eq!(print(f64::NEG_INFINITY, Format::V4), "\"-INF\"");
        assert_eq!(print(f64::NAN, Format::V4), "\"NaN\"");
    }
}
