//! A value of any type that the model can give it.

use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::Context;
use super::entity::{Key, KeySeed, is_annotation};
use super::scalar::{Scalar, decimal_from_raw};
use crate::json::error::{Place, mismatch};
use crate::json::raw::{self, Name};
use crate::json::{Format, PayloadError, undeclared};
use crate::model::{self, EnumType, Primitive, StructuredType, Type};
use crate::value::shorten;
use crate::{Members, Value};

/// Reads a value as a client does: what the model does not have is kept.
pub(crate) fn lenient_value(text: &str, ty: &Type, format: Format) -> Result<Value, PayloadError> {
    read(text, ty, &Context::new(format, false))
}

/// Reads a value of a primitive type.
pub(crate) fn read_primitive(
    text: &str,
    primitive: Primitive,
    format: Format,
) -> Result<Value, PayloadError> {
    lenient_value(text, &Type::Primitive(primitive), format)
}

/// Reads a value as a service does: what the model does not have is refused.
pub(crate) fn strict_value(text: &str, ty: &Type) -> Result<Value, PayloadError> {
    read(text, ty, &Context::new(Format::Light, true))
}

fn read(text: &str, ty: &Type, context: &Context) -> Result<Value, PayloadError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = ValueSeed { context, ty }.deserialize(&mut deserializer);
    value.map_err(|error| context.take(&error, text))
}

/// Reads a value. `null` is [`Value::Null`] whatever the type: who may be null is for the caller.
pub(super) struct ValueSeed<'c> {
    pub(super) context: &'c Context,
    pub(super) ty: &'c Type,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let context = self.context;
        match self.ty {
            Type::Collection(item) => deserializer.deserialize_any(Collection { context, item }),
            Type::Complex(ty) | Type::Entity(ty) => {
                deserializer.deserialize_any(Complex { context, ty })
            }
            Type::Enum(ty) if ty.by_name => {
                deserializer.deserialize_any(Enumeration { context, ty })
            }
            Type::Primitive(Primitive::Decimal) => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                decimal_from_raw(raw).ok_or_else(|| {
                    context.fail(mismatch(Primitive::Decimal.name(), shorten(raw.get())))
                })
            }
            Type::Primitive(primitive) if primitive.is_geo() || is_open(*primitive) => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                open_value(raw).map_err(|problem| context.fail(problem))
            }
            Type::Primitive(_) | Type::Id(_) | Type::Enum(_) => {
                let primitive = self.ty.primitive().unwrap_or(Primitive::String);
                deserializer.deserialize_any(Scalar { context, primitive })
            }
        }
    }
}

const fn is_open(primitive: Primitive) -> bool {
    matches!(primitive, Primitive::Untyped | Primitive::Stream)
}

/// A value of a type that the model leaves open: as it travelled. A number that a JSON value would
/// round is kept as a decimal.
pub(crate) fn open_value(raw: &RawValue) -> Result<Value, PayloadError> {
    if raw.get() == "null" {
        return Ok(Value::Null);
    }
    let json: Json =
        serde_json::from_str(raw.get()).map_err(|e| PayloadError::new(e.to_string()))?;
    if matches!(&json, Json::Number(number) if number.to_string() != raw.get())
        && let Some(exact) = decimal_from_raw(raw)
    {
        return Ok(exact);
    }
    Ok(Value::Json(Box::new(json)))
}

/// A member of an enumeration that travels by name; a number is turned into the name that it has.
struct Enumeration<'c> {
    context: &'c Context,
    ty: &'static EnumType,
}

impl Enumeration<'_> {
    fn fail<E: Error>(&self, found: impl fmt::Display) -> E {
        self.context.fail(mismatch(format_args!("a member of {}", self.ty.name), found))
    }
}

impl<'de> Visitor<'de> for Enumeration<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ty.name)
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Value, E> {
        Ok(Value::String(name.to_owned()))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        let named = match self.ty.members {
            model::Members::Integer(members) => members.iter().find(|(_, value)| *value == number),
            model::Members::Text(_) => None,
        };
        // What has no name survives as its digits.
        Ok(Value::String(named.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Ok(Value::String(number.to_string())),
        }
    }
    refuse!(bool f64 seq map);
}

/// A collection: an array, or what verbose JSON wraps it in.
struct Collection<'c> {
    context: &'c Context,
    item: &'c Type,
}

impl Collection<'_> {
    fn fail<E: Error>(&self, found: impl fmt::Display) -> E {
        self.context.fail(mismatch("a collection", found))
    }
}

impl<'de> DeserializeSeed<'de> for Collection<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collection<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a collection")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let context = self.context;
        let mut items = Vec::new();
        loop {
            let seed = ValueSeed { context, ty: self.item };
            let item = seq.next_element_seed(seed);
            match item.map_err(|e| context.within(Place::Item(items.len()), e))? {
                Some(item) => items.push(item),
                None => return Ok(Value::Collection(items)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut found = None;
        while let Some(Name(name)) = map.next_key()? {
            if name == "results" {
                let Collection { context, item } = self;
                found = Some(map.next_value_seed(Collection { context, item })?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        found.ok_or_else(|| self.fail("an object"))
    }
    refuse!(bool i64 u64 f64 str);
}

/// Whether an annotation says no more than what the model does: that a value is of its type.
fn says_declared_type(name: &str, raw: &RawValue, ty: &StructuredType) -> bool {
    let names_it = |raw: &RawValue| {
        raw::text(raw).is_some_and(|name| ty.is_named(name.trim_start_matches('#')))
    };
    match name {
        "__metadata" => match raw::members(raw.get()).as_deref() {
            Some([(name, raw)]) => name == "type" && names_it(raw),
            _ => false,
        },
        name => super::control(name) == Some("type") && names_it(raw),
    }
}

/// A complex value, or an entity as one: its members.
struct Complex<'c> {
    context: &'c Context,
    ty: &'static StructuredType,
}

impl Complex<'_> {
    fn fail<E: Error>(&self, found: impl fmt::Display) -> E {
        self.context.fail(mismatch(self.ty.name, found))
    }
}

impl<'de> Visitor<'de> for Complex<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ty.name)
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Complex { context, ty } = self;
        let mut members = Members::new();
        let mut next = 0;
        while let Some(key) = map.next_key_seed(KeySeed { ty, next })? {
            match key {
                Key::Declared(index, row) => {
                    next = index + 1;
                    let value = map.next_value_seed(ValueSeed { context, ty: &row.ty });
                    let value = value.map_err(|e| context.within(Place::Member(row.name), e))?;
                    members.push((row.name.into(), value));
                }
                Key::Other(name) if context.strict => {
                    if !is_annotation(&name) {
                        return Err(context.fail(undeclared(&name, ty)));
                    }
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Other(name) => {
                    let raw: &RawValue = map.next_value()?;
                    if says_declared_type(&name, raw, ty) {
                        continue;
                    }
                    let value = open_value(raw)
                        .map_err(|problem| context.fail::<A::Error>(problem.within(&name)))?;
                    members.push((name.into_owned().into(), value));
                }
            }
        }
        Ok(Value::Complex(members))
    }
    refuse!(seq bool i64 u64 f64 str);
}
