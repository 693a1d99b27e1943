//! What generated code calls, so that none of it is generated.

use std::fmt;

use crate::{Edm, EntityType, Extra, Structured, TypeError, Value, from_nullable, to_members};

/// Sets a property of a generated type that may be null.
///
/// # Errors
///
/// The value is not of the property's type.
pub fn assign_nullable<T: Edm>(slot: &mut Option<T>, value: Value) -> Result<(), TypeError> {
    *slot = from_nullable(value)?;
    Ok(())
}

/// A part of a key that is inside of complex properties, by the indexes of properties; the default
/// where one of them is null.
pub fn key_part<T: Edm + Default>(entity: &dyn Structured, path: &[usize]) -> T {
    let Some((first, rest)) = path.split_first() else { return T::default() };
    let mut value = entity.get(*first);
    for at in rest {
        value = match value {
            Value::Complex(mut members) if *at < members.len() => members.swap_remove(*at).1,
            _ => return T::default(),
        };
    }
    T::from_value(value).unwrap_or_default()
}

/// An entity as the parameter of an operation.
pub fn entity_to_value<E: EntityType>(entity: &E) -> Value {
    Value::Complex(to_members(entity))
}

/// An entity as the parameter of an operation that can do without.
pub fn nullable_entity_to_value<E: EntityType>(entity: &Option<E>) -> Value {
    entity.as_ref().map_or(Value::Null, entity_to_value)
}

/// Entities as the parameter of an operation.
pub fn entities_to_value<E: EntityType>(entities: &[E]) -> Value {
    Value::Collection(entities.iter().map(entity_to_value).collect())
}

/// Whether two values of one type are equal, with what is kept beside their properties.
pub fn equal_structured(one: &dyn Structured, other: &dyn Structured) -> bool {
    let rows = one.structured_type().properties;
    one.extra() == other.extra() && (0..rows.len()).all(|at| one.get(at) == other.get(at))
}

/// Shows a value with the names that its properties have on the wire.
///
/// # Errors
///
/// The formatter's.
pub fn debug_structured(value: &dyn Structured, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let ty = value.structured_type();
    let mut shown = f.debug_struct(ty.name);
    for (at, row) in ty.properties.iter().enumerate() {
        shown.field(row.name, &Shown(&value.get(at)));
    }
    if let Some(payload) = value.extra().and_then(Extra::payload) {
        shown.field("extra", payload);
    }
    shown.finish()
}

/// A value without the name of its variant.
struct Shown<'v>(&'v Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Boolean(truth) => truth.fmt(f),
            Value::Integer(number) => number.fmt(f),
            Value::Double(number) => number.fmt(f),
            Value::Decimal(number) => number.fmt(f),
            Value::String(text) => text.fmt(f),
            Value::Guid(guid) => guid.fmt(f),
            Value::Collection(items) => f.debug_list().entries(items.iter().map(Shown)).finish(),
            Value::Complex(members) => f
                .debug_map()
                .entries(members.iter().map(|(name, value)| (name, Shown(value))))
                .finish(),
            other => other.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Primitive, Property, StructuredType, Type};
    use crate::{Members, Record};

    static ADDRESS: StructuredType = StructuredType {
        name: "Address",
        properties: &[
            Property::new("Street", Type::Primitive(Primitive::String)),
            Property::new("Zip", Type::Primitive(Primitive::Int32)),
        ],
        ..StructuredType::NEW
    };
    static HOUSE: StructuredType = StructuredType {
        name: "House",
        properties: &[Property::new("Address", Type::Complex(&ADDRESS))],
        ..StructuredType::NEW
    };

    #[test]
    fn parts_of_keys_are_found_inside_of_complex_properties() {
        let mut house = Record::new(&HOUSE);
        assert_eq!(key_part::<i32>(&house, &[0, 1]), 0);
        let address: Members =
            vec![("Street".into(), "Elm".into()), ("Zip".into(), Value::Integer(7))];
        house.set(0, Value::Complex(address)).expect("untyped");
        assert_eq!(key_part::<i32>(&house, &[0, 1]), 7);
        assert_eq!(key_part::<String>(&house, &[0, 0]), "Elm");
        assert_eq!(key_part::<String>(&house, &[0, 9]), "");
    }

    struct Plain<'v>(&'v dyn Structured);
    impl fmt::Debug for Plain<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            debug_structured(self.0, f)
        }
    }

    #[test]
    fn values_are_compared_and_shown_by_their_tables() {
        let (mut one, two) = (Record::new(&ADDRESS), Record::new(&ADDRESS));
        assert!(equal_structured(&one, &two));
        one.put("Street", "Elm");
        assert!(!equal_structured(&one, &two));
        assert_eq!(format!("{:?}", Plain(&one)), "Address { Street: \"Elm\", Zip: null }");
    }
}
