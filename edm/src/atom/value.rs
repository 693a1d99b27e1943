//! An element → a value of any type that the model can give it.

use serde_json::{Map, Value as Json, json};

use super::xml::{Element, Space};
use super::{gml, item_type, scalar};
use crate::json::{Dialect, Format, PayloadError, mismatch, undeclared, value_to_json};
use crate::model::{Primitive, StructuredType, Type};
use crate::value::shorten;
use crate::version::Version;
use crate::{Members, Value};

/// How JSON is written that is kept of an entity.
pub(super) const KEPT: Dialect = Dialect::new(Format::Light, Version::V3);

/// What becomes of a member that the model does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// It is refused, as a service does.
    Refused,
    /// It is kept, as a client does.
    Kept,
}

/// Reads a value. What says to be null is [`Value::Null`] whatever the type.
pub(super) fn read(element: &Element, ty: &Type, unknown: Unknown) -> Result<Value, PayloadError> {
    if element.is_null() {
        return Ok(Value::Null);
    }
    match ty {
        Type::Collection(item) => {
            let read = |(position, child): (usize, &Element)| {
                read(child, item, unknown).map_err(|e| e.within(&format!("[{position}]")))
            };
            if let Some(other) = element.children.iter().find(|child| child.name != "element") {
                return Err(mismatch("elements of a collection", format_args!("'{}'", other.name)));
            }
            no_text(element, "a collection")?;
            element
                .children
                .iter()
                .enumerate()
                .map(read)
                .collect::<Result<_, _>>()
                .map(Value::Collection)
        }
        Type::Complex(ty) | Type::Entity(ty) => {
            no_text(element, ty.name)?;
            members(element, ty, unknown).map(Value::Complex)
        }
        Type::Primitive(primitive) if primitive.is_geo() => gml::read(element, *primitive),
        Type::Primitive(Primitive::Untyped) => {
            Ok(Value::Json(Box::new(open(element, element.type_name().as_deref())?)))
        }
        _ => primitive(element, ty.primitive().unwrap_or(Primitive::String)),
    }
}

fn primitive(element: &Element, primitive: Primitive) -> Result<Value, PayloadError> {
    if let Some(child) = element.children.first() {
        return Err(mismatch(primitive.name(), format_args!("the element '{}'", child.name)));
    }
    scalar::read(&element.text, primitive)
        .ok_or_else(|| mismatch(primitive.name(), shorten(&format!("{:?}", element.text))))
}

fn no_text(element: &Element, expected: &str) -> Result<(), PayloadError> {
    match element.text.trim() {
        "" => Ok(()),
        text => Err(mismatch(expected, shorten(&format!("{text:?}")))),
    }
}

/// The members of a complex value.
fn members(
    element: &Element,
    ty: &'static StructuredType,
    unknown: Unknown,
) -> Result<Members, PayloadError> {
    let mut members = Members::new();
    if unknown == Unknown::Kept
        && let Some(name) = element.type_name()
        && !ty.is_named(&name)
    {
        members.push(("odata.type".into(), Value::Json(Box::new(json!(name)))));
    }
    for child in &element.children {
        let name = child.name.as_str();
        match ty.property(name) {
            Some((_, row)) => {
                let value = read(child, &row.ty, unknown).map_err(|e| e.within(name))?;
                members.push((row.name.into(), value));
            }
            None if unknown == Unknown::Refused => return Err(undeclared(name, ty)),
            None => {
                let mut kept = Map::new();
                keep(child, &mut kept).map_err(|e| e.within(name))?;
                let kept =
                    kept.into_iter().map(|(n, json)| (n.into(), Value::Json(Box::new(json))));
                members.extend(kept);
            }
        }
    }
    Ok(members)
}

/// Keeps an element that no table describes as a member of light JSON, behind an annotation that
/// says its type where JSON does not.
pub(super) fn keep(element: &Element, members: &mut Map<String, Json>) -> Result<(), PayloadError> {
    let said = element.type_name();
    let said = said.as_deref();
    let json = open(element, said)?;
    let is_shape = said.and_then(gml::primitive).is_some();
    if let Some(said) = said
        && (is_shape || !json.is_object())
        && !matches!(said, "Edm.String" | "Edm.Boolean" | "Edm.Int32" | "Edm.Double")
    {
        members.insert(format!("{}@odata.type", element.name), json!(said));
    }
    members.insert(element.name.clone(), json);
    Ok(())
}

/// An element that no table describes, as light JSON. `said` is the type that it is given.
fn open(element: &Element, said: Option<&str>) -> Result<Json, PayloadError> {
    if element.is_null() {
        return Ok(Json::Null);
    }
    let said = said.unwrap_or_default();
    let is_element = |child: &Element| child.name == "element";
    if let Some(primitive) = Primitive::named(said) {
        let ty = Type::Primitive(primitive);
        let value = read(element, &ty, Unknown::Kept)?;
        return Ok(value_to_json(&value, &ty, KEPT));
    }
    let item = item_type(said);
    let are_items = !element.children.is_empty() && element.children.iter().all(is_element);
    if item.is_some() || are_items {
        let items =
            element.children.iter().map(|child| open(child, child.type_name().as_deref().or(item)));
        return items.collect::<Result<_, _>>().map(Json::Array);
    }
    if element.children.is_empty() && said.is_empty() {
        return Ok(Json::String(element.text.clone()));
    }
    if let Some(gml) = element.children.first().filter(|child| child.space == Space::Gml) {
        return gml::read(gml, Primitive::Geography).map(|value| match value {
            Value::Json(json) => *json,
            _ => Json::Null,
        });
    }
    let mut object = Map::new();
    if !said.is_empty() {
        object.insert("odata.type".to_owned(), json!(said));
    }
    for child in &element.children {
        keep(child, &mut object).map_err(|error| error.within(&child.name))?;
    }
    Ok(Json::Object(object))
}
