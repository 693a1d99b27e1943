//! What generated code calls, so that none of it is generated.

use crate::{Edm, EntityType, Structured, TypeError, Value, from_nullable, to_members};

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
}
