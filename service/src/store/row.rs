//! Values ⇄ columns.

use edm::json::{Dialect, Format, value_from_text};
use edm::model::{Primitive, Property, StructuredType, Type};
use edm::version::Version;
use edm::{DateTime, DateTimeOffset, Decimal, Duration, Guid, Record, Structured as _, Value};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Row as _};

use super::StoreError;

/// How collections and complex values are stored: as JSON.
const STORED: Dialect = Dialect::new(Format::Light, Version::V3);

/// Adds a value to the arguments of a statement, in the form that its column has.
pub(super) fn bind(arguments: &mut SqliteArguments, value: &Value, ty: &Type) {
    let added = match value {
        Value::Null => arguments.add(None::<i64>),
        Value::Boolean(truth) => arguments.add(i64::from(*truth)),
        Value::Integer(number) => arguments.add(*number),
        Value::Double(number) => arguments.add(*number),
        Value::String(text) => arguments.add(text.clone()),
        Value::Binary(bytes) => arguments.add(bytes.clone()),
        Value::DateTime(time) => arguments.add(time.ticks()),
        Value::Duration(span) => arguments.add(span.ticks()),
        Value::Decimal(number) => arguments.add(number.to_string()),
        Value::Guid(guid) => arguments.add(guid.to_string()),
        Value::DateTimeOffset(time) => arguments.add(time.to_string()),
        Value::Date(date) => arguments.add(date.to_string()),
        Value::TimeOfDay(time) => arguments.add(time.ticks()),
        Value::Collection(_) | Value::Complex(_) | Value::Json(_) => {
            arguments.add(STORED.value(value, ty))
        }
    };
    // The types above all have an encoding that cannot fail.
    debug_assert!(added.is_ok(), "{added:?}");
}

/// Reads a record from a row that has a column for each property, by its name.
pub(super) fn record(
    row: &sqlx::sqlite::SqliteRow,
    ty: &'static StructuredType,
) -> Result<Record, StoreError> {
    let mut record = Record::new(ty);
    for (index, property) in ty.properties.iter().enumerate() {
        let value = column(row, property)?;
        // Null in a column that was added later: the property keeps the value of nobody having set it.
        if !value.is_null() {
            record
                .set(index, value)
                .map_err(|error| StoreError::Corrupt(format!("{}: {error}", property.name)))?;
        }
    }
    Ok(record)
}

fn column(row: &sqlx::sqlite::SqliteRow, property: &Property) -> Result<Value, StoreError> {
    let name = property.name;
    let integer = || row.try_get::<Option<i64>, _>(name);
    let text = || row.try_get::<Option<String>, _>(name);
    let corrupt = || StoreError::Corrupt(format!("{name} of {}", property.ty.wire_name()));
    let parsed = |parse: fn(&str) -> Option<Value>| -> Result<Value, StoreError> {
        match text()? {
            None => Ok(Value::Null),
            Some(text) => parse(&text).ok_or_else(corrupt),
        }
    };
    let Some(primitive) = property.ty.primitive() else {
        let Some(text) = text()? else { return Ok(Value::Null) };
        return value_from_text(&text, &property.ty).map_err(|_| corrupt());
    };
    Ok(match primitive {
        Primitive::Boolean => integer()?.map_or(Value::Null, |number| Value::Boolean(number != 0)),
        Primitive::Byte
        | Primitive::SByte
        | Primitive::Int16
        | Primitive::Int32
        | Primitive::Int64 => integer()?.map_or(Value::Null, Value::Integer),
        Primitive::DateTime => {
            integer()?.map_or(Value::Null, |ticks| Value::DateTime(DateTime::from_ticks(ticks)))
        }
        Primitive::Time => {
            integer()?.map_or(Value::Null, |ticks| Value::Duration(Duration::from_ticks(ticks)))
        }
        Primitive::Double | Primitive::Single => {
            row.try_get::<Option<f64>, _>(name)?.map_or(Value::Null, Value::Double)
        }
        Primitive::Binary => {
            row.try_get::<Option<Vec<u8>>, _>(name)?.map_or(Value::Null, Value::Binary)
        }
        Primitive::Decimal => {
            parsed(|text| Decimal::from_str_exact(text).ok().map(Value::Decimal))?
        }
        Primitive::Guid => parsed(|text| Guid::try_parse(text).ok().map(Value::Guid))?,
        Primitive::DateTimeOffset => {
            parsed(|text| DateTimeOffset::parse(text).ok().map(Value::DateTimeOffset))?
        }
        _ => text()?.map_or(Value::Null, Value::String),
    })
}
