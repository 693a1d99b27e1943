//! A structured value, property by property, and what its payload holds beside them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::value::{ValueSeed, lenient_value};
use super::{Context, control};
use crate::json::error::{Place, mismatch};
use crate::json::{Format, PayloadError};
use crate::model::{Property, StructuredType};
use crate::{Structured, TypeError};

/// The name of a member: a property of the type, or something else.
pub(super) enum Key<'de> {
    Declared(usize, &'static Property),
    Other(Cow<'de, str>),
}

/// Reads the name of a member. Members mostly come in the order of the table, so that the search
/// starts at the property behind the last one.
pub(super) struct KeySeed {
    pub(super) ty: &'static StructuredType,
    pub(super) next: usize,
}

impl KeySeed {
    fn find(&self, name: &str) -> Option<Key<'static>> {
        let rows = self.ty.properties;
        let from = self.next.min(rows.len());
        let declared = |index: usize| Key::Declared(index, &rows[index]);
        if rows.get(from).is_some_and(|row| row.name == name) {
            return Some(declared(from));
        }
        if is_annotation(name) {
            return None;
        }
        let is_it = |row: &Property| row.name == name;
        let behind = rows[from..].iter().position(is_it).map(|index| from + index);
        behind.or_else(|| rows[..from].iter().position(is_it)).map(declared)
    }
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member")
    }
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(self.find(name).unwrap_or(Key::Other(Cow::Borrowed(name))))
    }
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.find(name).unwrap_or_else(|| Key::Other(Cow::Owned(name.to_owned()))))
    }
}

/// Whether a member says something of the payload instead of being a property.
pub(crate) fn is_annotation(name: &str) -> bool {
    name.as_bytes().contains(&b'@')
        || name == "__metadata"
        || name.starts_with("odata.")
        || name.starts_with('#')
}

/// Reads an entity into a value of its type. `null` for a property that is not nullable leaves the
/// default in place; what the type does not have goes to what it keeps beside its properties.
///
/// The result is how many properties were there; none if there is `null` in place of the entity.
pub(super) struct EntitySeed<'c, 't> {
    pub(super) context: &'c Context,
    pub(super) target: &'t mut dyn Structured,
}

impl EntitySeed<'_, '_> {
    fn fail<E: serde::de::Error>(&self, found: impl fmt::Display) -> E {
        let name = self.target.structured_type().name;
        self.context.fail(mismatch(format_args!("an entity of type {name}"), found))
    }
}

impl<'de> DeserializeSeed<'de> for EntitySeed<'_, '_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EntitySeed<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entity")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let EntitySeed { context, target } = self;
        let ty = target.structured_type();
        let (mut next, mut count) = (0, 0);
        // What says that something has changed has members of its own: an `id` is that of an
        // entity, also where the type has a property of this name.
        let mut is_change = false;
        while let Some(key) = map.next_key_seed(KeySeed { ty, next })? {
            match key {
                Key::Declared(_, row) if is_change => {
                    let raw = map.next_value()?;
                    if let Some(extra) = target.extra_mut() {
                        extra.keep(row.name, raw, Some(context.format));
                    }
                }
                Key::Declared(index, row) => {
                    next = index + 1;
                    count += 1;
                    let place = Place::Member(row.name);
                    let value = map
                        .next_value_seed(ValueSeed { context, ty: &row.ty })
                        .map_err(|error| context.within(place, error))?;
                    target
                        .set(index, value)
                        .map_err(|e| context.fail::<A::Error>(of_type(&e).at(place)))?;
                }
                Key::Other(name) => match target.extra_mut() {
                    Some(extra) => {
                        let raw: &RawValue = map.next_value()?;
                        is_change |= control(&name) == Some("context")
                            && crate::changed(raw.get()).is_some();
                        extra.keep(&name, raw, Some(context.format));
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        Ok(Some(count))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    refuse!(bool i64 u64 f64 str seq);
}

fn of_type(error: &TypeError) -> PayloadError {
    PayloadError::new(error.to_string())
}

/// Reads an entity that is part of another payload.
pub(crate) fn read_raw(
    raw: &str,
    format: Format,
    target: &mut dyn Structured,
) -> Result<(), PayloadError> {
    let context = Context::new(format, false);
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    let read = EntitySeed { context: &context, target }.deserialize(&mut deserializer);
    read.map(|_| ()).map_err(|error| context.take(&error, raw))
}

/// Sets one property from JSON that was kept; returns whether the type has the property.
pub(crate) fn set_member(
    target: &mut dyn Structured,
    name: &str,
    raw: &RawValue,
    format: Format,
) -> Result<bool, PayloadError> {
    let Some((index, row)) = target.structured_type().property(name) else { return Ok(false) };
    let value = lenient_value(raw.get(), &row.ty, format).map_err(|e| e.within(name))?;
    target.set(index, value).map_err(|error| of_type(&error).within(name))?;
    Ok(true)
}
