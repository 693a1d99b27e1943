use crate::literal::Literal;
use crate::model::StructuredType;
use crate::{Edm, Extra, Members, TypeError, Value};

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

    /// What a payload said beside the declared properties, if the type keeps it.
    fn extra(&self) -> Option<&Extra> {
        None
    }

    /// The same, to fill in.
    fn extra_mut(&mut self) -> Option<&mut Extra> {
        None
    }
}

/// A structured type whose values stand on their own.
pub trait EntityType: Structured + Default + Send + 'static {
    /// What addresses one entity: [`NoKey`] where nothing does.
    type Key: Key;

    /// The table that describes the type.
    const TYPE: &'static StructuredType;
}

/// An entity type with a key.
pub trait Keyed: EntityType {
    /// The key of this entity.
    fn key(&self) -> Self::Key;
}

/// A structured type without a key.
pub trait ComplexType: Structured + Default + Send + 'static {
    /// The table that describes the type.
    const TYPE: &'static StructuredType;
}

/// A type that is derived from `B`, directly or by way of others. There is nothing in it:
/// generated code says so of every pair of such types.
pub trait DerivedFrom<B> {}

/// The key of an entity type without one: there is no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoKey {}

impl Key for NoKey {
    fn literals(&self) -> Vec<Literal> {
        match *self {}
    }
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

/// The members of a structured value, in table order; what the payload held beside them last, with
/// the name of the type as the member `@odata.type` if the payload gave it.
pub fn to_members(value: &dyn Structured) -> Members {
    let properties = value.structured_type().properties;
    let mut members: Members =
        (properties.iter().enumerate()).map(|(i, row)| (row.name.into(), value.get(i))).collect();
    if let Some(payload) = value.extra().and_then(Extra::payload) {
        crate::json::add_undeclared(&mut members, value.structured_type(), payload);
    }
    members
}

/// Sets members by name; names that the type does not have go to what it keeps beside its
/// properties.
///
/// # Errors
///
/// A member is not of its property's type.
pub fn from_members(target: &mut dyn Structured, members: Members) -> Result<(), TypeError> {
    let ty = target.structured_type();
    for (name, value) in members {
        if let Some((index, _)) = ty.property(&name) {
            target.set(index, value)?;
        } else if let Some(extra) = target.extra_mut() {
            extra.keep(&name, &crate::json::undeclared_to_raw(&value), None);
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
    let mut target = T::default();
    structured_from_value(&mut target, value)?;
    Ok(target)
}

/// Reads a complex value, or an entity that is one, into a value of its type.
///
/// # Errors
///
/// The value is not a complex value, or a member is not of its property's type.
pub fn structured_from_value(target: &mut dyn Structured, value: Value) -> Result<(), TypeError> {
    match value {
        Value::Complex(members) => from_members(target, members),
        other => Err(TypeError::new(target.structured_type().name, &other)),
    }
}
