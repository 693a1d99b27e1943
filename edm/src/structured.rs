use crate::literal::Literal;
use crate::model::StructuredType;
use crate::{Edm, Members, TypeError, Value};

/// An entity or complex value that can be read and written property by property.
///
/// The trait is object-safe: every payload codec is written once, against `&dyn Structured` and
/// `&mut dyn Structured`, instead of being generated or instantiated per type.
pub trait Structured {
    /// The table that describes the value. Indexes below are indexes into its properties.
    fn structured_type(&self) -> &'static StructuredType;

    /// The value of a property; [`Value::Null`] for an index out of range.
    fn get(&self, index: usize) -> Value;

    /// Sets a property; an index out of range is ignored.
    ///
    /// # Errors
    ///
    /// The value is not of the property's type.
    fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError>;
}

/// A structured type with a key.
pub trait EntityType: Structured + Default + Send + 'static {
    /// What addresses one entity.
    type Key: Key;

    /// The table that describes the type.
    const TYPE: &'static StructuredType;

    /// The key of this entity.
    fn key(&self) -> Self::Key;
}

/// A structured type without a key.
pub trait ComplexType: Structured + Default + Send + 'static {
    /// The table that describes the type.
    const TYPE: &'static StructuredType;
}

/// What addresses an entity within its set.
pub trait Key {
    /// Names and literals of the key properties, in key order.
    fn literals(&self) -> Vec<Literal>;
}

impl<T: crate::Scalar> Key for T {
    fn literals(&self) -> Vec<Literal> {
        vec![self.to_literal()]
    }
}

/// Sets a property of a generated type that is not nullable.
///
/// `null` leaves the default in place: real services do send it.
///
/// # Errors
///
/// The value is not of the property's type.
pub fn assign<T: Edm>(slot: &mut T, value: Value) -> Result<(), TypeError> {
    if !value.is_null() {
        *slot = T::from_value(value)?;
    }
    Ok(())
}

/// The members of a structured value, in table order.
pub fn to_members(value: &dyn Structured) -> Members {
    let properties = value.structured_type().properties;
    (properties.iter().enumerate()).map(|(i, row)| (row.name.into(), value.get(i))).collect()
}

/// Sets members by name; names that the type does not have are left out.
///
/// # Errors
///
/// A member is not of its property's type.
pub fn from_members(target: &mut dyn Structured, members: Members) -> Result<(), TypeError> {
    let ty = target.structured_type();
    for (name, value) in members {
        if let Some((index, _)) = ty.property(&name) {
            target.set(index, value)?;
        }
    }
    Ok(())
}

/// Reads a complex value; what generated complex types call.
///
/// # Errors
///
/// The value is not a complex value, or a member is not of its property's type.
pub fn complex_from_value<T: ComplexType>(value: Value) -> Result<T, TypeError> {
    let Value::Complex(members) = value else {
        return Err(TypeError::new(T::TYPE.name, &value));
    };
    let mut target = T::default();
    from_members(&mut target, members)?;
    Ok(target)
}
