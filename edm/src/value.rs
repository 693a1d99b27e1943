use std::borrow::Cow;

use crate::model::Primitive;
use crate::{Date, DateTime, DateTimeOffset, Decimal, Duration, Guid, TimeOfDay};

/// The members of a complex value: names and values, in the order of the wire.
pub type Members = Vec<(Cow<'static, str>, Value)>;

/// A value of any EDM type.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// `Edm.Boolean`.
    Boolean(bool),
    /// Every integer type, `Edm.Byte` to `Edm.Int64`.
    Integer(i64),
    /// `Edm.Double` and `Edm.Single`.
    Double(f64),
    /// `Edm.Decimal`.
    Decimal(Decimal),
    /// `Edm.String`, ids, string enumerations, and the names of members of an enumeration that
    /// travels by name: `Red`, or `Read,Write` of flags.
    String(String),
    /// `Edm.Binary`.
    Binary(Vec<u8>),
    /// `Edm.Guid`.
    Guid(Guid),
    /// `Edm.DateTime`.
    DateTime(DateTime),
    /// `Edm.DateTimeOffset`.
    DateTimeOffset(DateTimeOffset),
    /// `Edm.Time` and `Edm.Duration`.
    Duration(Duration),
    /// `Edm.Date`.
    Date(Date),
    /// `Edm.TimeOfDay`.
    TimeOfDay(TimeOfDay),
    /// A shape in GeoJSON, a value of `Edm.Untyped`, or one of a type that the model does not
    /// declare.
    Json(Box<serde_json::Value>),
    /// A collection.
    Collection(Vec<Value>),
    /// A complex value.
    Complex(Members),
}

impl Value {
    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text of a [`Value::String`].
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a [`Value::Integer`].
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth of a [`Value::Boolean`].
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number of a [`Value::Double`], or of an integer.
    #[expect(clippy::cast_precision_loss, reason = "a double is what was asked for")]
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Value::Double(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The time of a [`Value::DateTime`].
    pub fn as_date_time(&self) -> Option<DateTime> {
        match self {
            Value::DateTime(time) => Some(*time),
            _ => None,
        }
    }

    /// What a service sends for a non-nullable property that nobody set: zero, false, the first
    /// moment of the calendar; `null` for the types that have no such value.
    pub fn zero(primitive: Primitive) -> Value {
        match primitive {
            Primitive::Boolean => Value::Boolean(false),
            Primitive::Byte
            | Primitive::SByte
            | Primitive::Int16
            | Primitive::Int32
            | Primitive::Int64 => Value::Integer(0),
            Primitive::Single | Primitive::Double => Value::Double(0.0),
            Primitive::Decimal => Value::Decimal(Decimal::ZERO),
            Primitive::DateTime => Value::DateTime(DateTime::MIN),
            Primitive::DateTimeOffset => {
                Value::DateTimeOffset(DateTimeOffset::from_utc(DateTime::MIN))
            }
            Primitive::Time | Primitive::Duration => Value::Duration(Duration::ZERO),
            Primitive::Guid => Value::Guid(Guid::nil()),
            _ => Value::Null,
        }
    }
}

macro_rules! from {
    ($($ty:ty => $variant:ident),* $(,)?) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Value::$variant(value.into())
            }
        }
    )*};
}
from! {
    bool => Boolean, i32 => Integer, i64 => Integer, f64 => Double, String => String,
    &str => String, DateTime => DateTime, Guid => Guid, Duration => Duration, Decimal => Decimal,
    DateTimeOffset => DateTimeOffset, Date => Date, TimeOfDay => TimeOfDay,
}

/// A value that is not of the type it should have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct TypeError {
    /// What was wanted.
    pub expected: Cow<'static, str>,
    /// What was there, in short.
    pub found: String,
}

impl TypeError {
    pub(crate) fn new(expected: impl Into<Cow<'static, str>>, found: &Value) -> Self {
        let found = match found {
            Value::Null => "null".to_owned(),
            Value::Boolean(truth) => truth.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Double(number) => number.to_string(),
            Value::Decimal(number) => number.to_string(),
            Value::String(text) => format!("'{}'", shorten(text)),
            Value::Binary(_) => "binary".to_owned(),
            Value::Guid(guid) => guid.to_string(),
            Value::DateTime(time) => time.to_string(),
            Value::DateTimeOffset(time) => time.to_string(),
            Value::Duration(duration) => duration.to_string(),
            Value::Date(date) => date.to_string(),
            Value::TimeOfDay(time) => time.to_string(),
            Value::Json(json) => shorten(&json.to_string()),
            Value::Collection(_) => "a collection".to_owned(),
            Value::Complex(_) => "a complex value".to_owned(),
        };
        Self { expected: expected.into(), found }
    }
}

/// The start of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
