//! What was kept of a payload, on its way into a value of another type or into a body.

use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

use super::PayloadError;
use super::dialect::Dialect;
use super::print::Typed;
use super::raw::{Raw, items, members};
use super::read::{control, open_value, set_member};
use crate::model::StructuredType;
use crate::{Members, Payload, Structured, Value};

/// The member of a complex value that names its type.
pub(crate) const TYPE: &str = "@odata.type";

/// The entities of an expanded navigation property.
pub(crate) fn expanded_items(raw: &Raw) -> Option<Vec<&str>> {
    let text = raw.as_str();
    let list = items(text).or_else(|| {
        let members = members(text)?;
        let (_, list) = members.into_iter().find(|(name, _)| name == "results")?;
        items(list.get())
    })?;
    Some(list.into_iter().map(RawValue::get).collect())
}

/// Sets what a value and its payload say in another value, of a derived type.
pub(crate) fn convert(
    value: &dyn Structured,
    payload: &Payload,
    target: &mut dyn Structured,
) -> Result<(), PayloadError> {
    let (from, to) = (value.structured_type(), target.structured_type());
    for (index, row) in from.properties.iter().enumerate() {
        if let Some((slot, _)) = to.property(row.name) {
            let set = target.set(slot, value.get(index));
            set.map_err(|error| PayloadError::new(error.to_string()).within(row.name))?;
        }
    }
    let mut rest = payload.clone();
    rest.members.clear();
    for (name, raw) in &payload.members {
        if !set_member(target, name, raw.as_raw(), payload.format)? {
            rest.members.push((name.clone(), raw.clone()));
        }
    }
    if let Some(extra) = target.extra_mut() {
        *extra.payload_mut() = rest;
    }
    Ok(())
}

/// Adds what a payload held beside the declared properties, as far as it can be sent back: the
/// name of the type, properties that are not declared, and what annotations say of their types.
pub(crate) fn add_undeclared(members: &mut Members, ty: &StructuredType, payload: &Payload) {
    if let Some(name) = &payload.type_name {
        members.push((TYPE.into(), Value::String(name.clone())));
    }
    let undeclared = payload
        .members
        .iter()
        .filter(|(name, raw)| ty.navigation(name).is_none() && !raw.has_member("__deferred"));
    let mut push = |(name, raw): &(String, Raw)| {
        members.push((name.clone().into(), open_value(raw.as_raw()).unwrap_or_default()));
    };
    for member in undeclared {
        let mut annotations = payload.annotations.iter();
        if let Some(of_type) = annotations.find(|(name, _)| is_type_of(name, &member.0)) {
            push(of_type);
        }
        push(member);
    }
}

/// Whether an annotation is that which names the type of a property.
pub(super) fn is_type_of(annotation: &str, name: &str) -> bool {
    annotation.strip_prefix(name).and_then(control) == Some("type")
}

/// The type that an annotation gives to a member.
pub(crate) fn said_type_of(members: &Members, name: &str) -> Option<String> {
    let said = members.iter().find(|(other, _)| is_type_of(other, name));
    said.and_then(|(_, value)| as_name(value)).map(|name| {
        let name = name.trim_start_matches('#');
        if name.contains('.') { name.to_owned() } else { format!("Edm.{name}") }
    })
}

/// A member that no table declares, as it travels.
pub(crate) fn undeclared_to_raw(value: &Value) -> Box<RawValue> {
    let typed = Typed { value, ty: None, dialect: Dialect::EXACT, plain: true };
    // A value always has a JSON form.
    to_raw_value(&typed).unwrap_or_default()
}

/// The text of a name in a JSON value.
pub(super) fn as_name(value: &Value) -> Option<&str> {
    match value {
        Value::String(name) => Some(name),
        Value::Json(json) => match json.as_ref() {
            Json::String(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}
