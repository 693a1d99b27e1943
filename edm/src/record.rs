use crate::model::StructuredType;
use crate::{Structured, TypeError, Value};

/// An entity or complex value of a type known only at run time: what a service stores and serves.
#[derive(Clone, Debug)]
pub struct Record {
    ty: &'static StructuredType,
    values: Vec<Value>,
}

impl Record {
    /// A record in which nobody set anything: zero for what may not be null (an empty collection,
    /// 0, false, the first moment of the calendar), null elsewhere.
    pub fn new(ty: &'static StructuredType) -> Self {
        use crate::model::Type;
        let zero = |row: &crate::model::Property| match row.ty {
            Type::Collection(_) => Value::Collection(Vec::new()),
            _ if row.nullable => Value::Null,
            _ => row.ty.primitive().map_or(Value::Null, Value::zero),
        };
        Self { ty, values: ty.properties.iter().map(zero).collect() }
    }

    /// The value of a property by its name; `Null` if the type has no such property.
    pub fn value(&self, name: &str) -> &Value {
        const NULL: &Value = &Value::Null;
        self.ty.property(name).and_then(|(index, _)| self.values.get(index)).unwrap_or(NULL)
    }

    /// Sets a property by its name, unchecked against its type; returns whether the type has it.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) -> bool {
        let slot = self.ty.property(name).and_then(|(index, _)| self.values.get_mut(index));
        slot.is_some_and(|slot| {
            *slot = value.into();
            true
        })
    }

    /// The text of a property; empty if it is null or not a text.
    pub fn text(&self, name: &str) -> &str {
        self.value(name).as_str().unwrap_or_default()
    }
}

impl Structured for Record {
    fn structured_type(&self) -> &'static StructuredType {
        self.ty
    }
    fn get(&self, index: usize) -> Value {
        self.values.get(index).cloned().unwrap_or_default()
    }
    fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
        if let Some(slot) = self.values.get_mut(index) {
            *slot = value;
        }
        Ok(())
    }
}
