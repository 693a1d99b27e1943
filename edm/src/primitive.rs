use crate::literal::Literal;
use crate::model::Primitive;
use crate::{Date, DateTime, DateTimeOffset, Decimal, Duration, Guid, TimeOfDay, TypeError, Value};

/// A Rust type that carries an EDM type: here for primitives, generated for enumerations, ids and
/// structured types.
pub trait Edm: Sized {
    /// Takes the value apart.
    ///
    /// # Errors
    ///
    /// The value is of another type or out of range.
    fn from_value(value: Value) -> Result<Self, TypeError>;

    /// The value to send or store.
    fn to_value(&self) -> Value;
}

/// A type that has literals in URLs.
pub trait Scalar: Edm {
    /// What the literal is printed as.
    const PRIMITIVE: Primitive;

    /// The literal of this value.
    fn to_literal(&self) -> Literal {
        Literal::new(self.to_value(), Self::PRIMITIVE)
    }
}

/// A type whose literals are text, for `startswith` and its kin.
pub trait Text: Scalar {}

/// What a property is compared with or set to: `T` for properties of `T` and of `Option<T>`, so
/// that nullability never shows in a filter.
#[diagnostic::on_unimplemented(message = "`{Self}` is not the type of an EDM property")]
pub trait Operand {
    /// The type without nullability.
    type Literal: Edm;
}

impl<T: Edm + NotOption> Operand for Option<T> {
    type Literal = T;
}
impl<T: Edm> Operand for Vec<T> {
    type Literal = Self;
}

/// Keeps `Option<Option<T>>` out.
pub trait NotOption {}

/// Reads a nullable property: `null` is `None`.
///
/// # Errors
///
/// The value is of another type or out of range.
pub fn from_nullable<T: Edm>(value: Value) -> Result<Option<T>, TypeError> {
    if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
}

impl<T: Edm + NotOption> Edm for Option<T> {
    fn from_value(value: Value) -> Result<Self, TypeError> {
        from_nullable(value)
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

impl<T: Edm> NotOption for Vec<T> {}
impl<T: Edm> Edm for Vec<T> {
    fn from_value(value: Value) -> Result<Self, TypeError> {
        match value {
            // A service that sends null for an empty collection is wrong, but harmless.
            Value::Null => Ok(Vec::new()),
            Value::Collection(items) => items.into_iter().map(T::from_value).collect(),
            other => Err(TypeError::new("a collection", &other)),
        }
    }
    fn to_value(&self) -> Value {
        Value::Collection(self.iter().map(T::to_value).collect())
    }
}

// What contains itself is in a box; null never is.
impl<T: NotOption> NotOption for Box<T> {}
impl<T: Edm> Edm for Box<T> {
    fn from_value(value: Value) -> Result<Self, TypeError> {
        T::from_value(value).map(Self::new)
    }
    fn to_value(&self) -> Value {
        T::to_value(self)
    }
}

macro_rules! scalar {
    ($($ty:ty: $primitive:ident, $pattern:pat => $from:expr, $this:ident => $to:expr;)*) => {$(
        impl NotOption for $ty {}
        impl Operand for $ty {
            type Literal = Self;
        }
        impl Scalar for $ty {
            const PRIMITIVE: Primitive = Primitive::$primitive;
        }
        impl Edm for $ty {
            fn from_value(value: Value) -> Result<Self, TypeError> {
                let error = |value: &Value| TypeError::new(Primitive::$primitive.name(), value);
                match value {
                    $pattern => ($from).ok_or_else(|| error(&value)),
                    _ => Err(error(&value)),
                }
            }
            fn to_value(&self) -> Value {
                let $this = self;
                $to
            }
        }
    )*};
}

scalar! {
    bool: Boolean, Value::Boolean(v) => Some(v), v => Value::Boolean(*v);
    u8: Byte, Value::Integer(v) => v.try_into().ok(), v => Value::Integer((*v).into());
    i8: SByte, Value::Integer(v) => v.try_into().ok(), v => Value::Integer((*v).into());
    i16: Int16, Value::Integer(v) => v.try_into().ok(), v => Value::Integer((*v).into());
    i32: Int32, Value::Integer(v) => v.try_into().ok(), v => Value::Integer((*v).into());
    i64: Int64, Value::Integer(v) => Some(v), v => Value::Integer(*v);
    f64: Double, ref v @ (Value::Double(_) | Value::Integer(_)) => v.as_double(), v => Value::Double(*v);
    f32: Single, ref v @ (Value::Double(_) | Value::Integer(_)) => v.as_double().map(narrow),
        v => Value::Double((*v).into());
    Decimal: Decimal, Value::Decimal(v) => Some(v), v => Value::Decimal(*v);
    Guid: Guid, Value::Guid(v) => Some(v), v => Value::Guid(*v);
    DateTime: DateTime, Value::DateTime(v) => Some(v), v => Value::DateTime(*v);
    DateTimeOffset: DateTimeOffset, Value::DateTimeOffset(v) => Some(v),
        v => Value::DateTimeOffset(*v);
    Duration: Time, Value::Duration(v) => Some(v), v => Value::Duration(*v);
    Date: Date, Value::Date(v) => Some(v), v => Value::Date(*v);
    TimeOfDay: TimeOfDay, Value::TimeOfDay(v) => Some(v), v => Value::TimeOfDay(*v);
}

/// Types that own memory: the value moves.
macro_rules! owned {
    ($($ty:ty: $primitive:ident, $variant:ident($v:ident) => $from:expr, $this:ident => $to:expr;)*) => {$(
        impl NotOption for $ty {}
        impl Operand for $ty {
            type Literal = Self;
        }
        impl Scalar for $ty {
            const PRIMITIVE: Primitive = Primitive::$primitive;
        }
        impl Edm for $ty {
            fn from_value(value: Value) -> Result<Self, TypeError> {
                match value {
                    Value::$variant($v) => Ok($from),
                    other => Err(TypeError::new(Primitive::$primitive.name(), &other)),
                }
            }
            fn to_value(&self) -> Value {
                let $this = self;
                Value::$variant($to)
            }
        }
    )*};
}
owned! {
    String: String, String(v) => v, v => v.clone();
    Binary: Binary, Binary(v) => Self(v), v => v.0.clone();
}
impl Text for String {}

/// `Edm.Binary`: bytes, in one piece.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Binary(pub Vec<u8>);

impl From<Vec<u8>> for Binary {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}
impl From<&[u8]> for Binary {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Edm.Single is what the model says it is")]
fn narrow(value: f64) -> f32 {
    value as f32
}
