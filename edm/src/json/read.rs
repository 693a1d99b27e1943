//! Responses, as a client reads them: leniently, because what a service adds must not break it.

use serde_json::Value as Json;

use super::scalar::items;
use super::{Format, PayloadError, value_from_json};
use crate::model::Type;
use crate::{Structured, Value};

/// One page of an entity set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// The entities, for [`read_entity`].
    pub items: Vec<Json>,
    /// The URL of the next page: opaque; absolute, or relative to the service root.
    pub next: Option<String>,
    /// The number of all entities, if it was asked for.
    pub count: Option<u64>,
}

/// Takes the wrapper `d` of verbose JSON away.
fn unwrap(mut body: Json, format: Format) -> Result<Json, PayloadError> {
    match format {
        Format::Light | Format::V4 => Ok(body),
        Format::Verbose => match body.get_mut("d") {
            Some(inner) => Ok(inner.take()),
            None => Err(PayloadError::new("expected the member 'd' of verbose JSON")),
        },
    }
}

/// Reads a page of entities.
///
/// # Errors
///
/// The body is no feed.
pub fn read_feed(body: Json, format: Format) -> Result<Feed, PayloadError> {
    let mut body = unwrap(body, format)?;
    let text = |body: &Json, name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    let count = |body: &Json, name: &str| match body.get(name)? {
        Json::String(text) => text.parse().ok(),
        number => number.as_u64(),
    };
    let (next, total) = match format {
        Format::Light => (text(&body, "odata.nextLink"), count(&body, "odata.count")),
        Format::V4 => (text(&body, "@odata.nextLink"), count(&body, "@odata.count")),
        Format::Verbose => (text(&body, "__next"), count(&body, "__count")),
    };
    let member = match format {
        Format::Light | Format::V4 => "value",
        Format::Verbose => "results",
    };
    let list = match body.get_mut(member) {
        Some(list) => list.take(),
        // Below V2, verbose JSON has the array right under `d`.
        None => body,
    };
    match list {
        Json::Array(items) => Ok(Feed { items, next, count: total }),
        _ => Err(PayloadError::new(format!("expected a list in the member '{member}'"))),
    }
}

/// Reads an entity into a value of its type. Members that the type does not have are ignored, and
/// so is `null` for a property that is not nullable.
///
/// # Errors
///
/// The body is no object, or a member is not of its property's type.
pub fn read_entity(
    body: &Json,
    format: Format,
    target: &mut dyn Structured,
) -> Result<(), PayloadError> {
    let body = match format {
        Format::Verbose => body.get("d").unwrap_or(body),
        Format::Light | Format::V4 => body,
    };
    let ty = target.structured_type();
    let object = body
        .as_object()
        .ok_or_else(|| PayloadError::new(format!("expected an entity of type {}", ty.name)))?;
    for (name, json) in object {
        let Some((index, row)) = ty.property(name) else {
            continue;
        };
        let value = value_from_json(json, &row.ty).map_err(|e| e.within(name))?;
        target.set(index, value).map_err(|e| PayloadError::new(e.to_string()).within(name))?;
    }
    Ok(())
}

/// Reads a property or the result of an operation.
///
/// # Errors
///
/// The body has another form, or the value is not of the type.
pub fn read_value(body: Json, format: Format, ty: &Type) -> Result<Value, PayloadError> {
    let body = unwrap(body, format)?;
    let null = body.get("odata.null") == Some(&Json::Bool(true));
    let value = match (format, ty) {
        _ if null => &Json::Null,
        // A complex result stands alone, next to its annotations.
        (Format::Light | Format::V4, Type::Complex(_) | Type::Entity(_)) => &body,
        (Format::Light | Format::V4, _) => {
            body.get("value").ok_or_else(|| PayloadError::new("expected the member 'value'"))?
        }
        // A collection stands alone; anything else is in a member named after the operation.
        (Format::Verbose, Type::Collection(_)) if items(&body).is_some() => &body,
        (Format::Verbose, _) => body
            .as_object()
            .and_then(|object| object.values().next())
            .ok_or_else(|| PayloadError::new("expected one member in 'd'"))?,
    };
    value_from_json(value, ty)
}

/// Reads the URLs of a `$links` response.
///
/// # Errors
///
/// The body has another form.
pub fn read_links(body: Json, format: Format) -> Result<Vec<String>, PayloadError> {
    let name = match format {
        Format::Light => "url",
        Format::Verbose => "uri",
        Format::V4 => "@odata.id",
    };
    let single = unwrap(body.clone(), format)?;
    if let Some(url) = single.get(name).and_then(Json::as_str) {
        return Ok(vec![url.to_owned()]);
    }
    let url = |entry: &Json| entry.get(name).and_then(Json::as_str).map(str::to_owned);
    let urls = read_feed(body, format)?.items.iter().map(url).collect::<Option<_>>();
    urls.ok_or_else(|| PayloadError::new(format!("expected links with the member '{name}'")))
}

/// The entities of an expanded navigation property.
pub(crate) fn expanded_items(json: &Json) -> Option<&Vec<Json>> {
    items(json)
}

/// Sets what a value and its payload say in another value, of a derived type.
pub(crate) fn convert(
    value: &dyn Structured,
    payload: &crate::Payload,
    target: &mut dyn Structured,
) -> Result<(), crate::TypeError> {
    let (from, to) = (value.structured_type(), target.structured_type());
    for (index, row) in from.properties.iter().enumerate() {
        if let Some((slot, _)) = to.property(row.name) {
            target.set(slot, value.get(index))?;
        }
    }
    let mut rest = payload.clone();
    let mut failure = None;
    rest.members.retain(|(name, json)| match to.property(name) {
        None => true,
        Some((slot, row)) => {
            let value = value_from_json(json, &row.ty).map_err(|error| crate::TypeError {
                expected: to.name.into(),
                found: error.to_string(),
            });
            if let Err(error) = value.and_then(|value| target.set(slot, value)) {
                failure.get_or_insert(error);
            }
            false
        }
    });
    if let Some(extra) = target.extra_mut() {
        *extra.payload_mut() = rest;
    }
    failure.map_or(Ok(()), Err)
}
