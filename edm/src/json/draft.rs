//! Bodies of inserts, updates and actions, as a service reads them.

use serde_json::{Map, Value as Json};

use super::{PayloadError, is_annotation, undeclared, value_from_text};
use crate::model::{Navigation, Parameter, StructuredType, Type};
use crate::{Binding, Draft, Inline, Members, Value};

/// Deeper bodies are refused.
const MAX_DEPTH: usize = 8;

/// Reads the parameters of an action: names in any case, in the order of the model; a missing
/// parameter is null.
///
/// # Errors
///
/// The body is no object, names a parameter that there is not, or a value is not of its type.
pub fn read_parameters(
    body: &Json,
    parameters: &[Parameter],
) -> Result<Vec<(&'static str, Value)>, PayloadError> {
    let object = body.as_object().ok_or_else(|| PayloadError::new("expected a JSON object"))?;
    let known = |name: &str| parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name));
    if let Some(name) = object.keys().find(|name| !known(name) && !is_annotation(name)) {
        return Err(PayloadError::new(format!("there is no parameter '{name}'")));
    }
    let value = |parameter: &Parameter| {
        let mut members = object.iter();
        let found = members.find(|(name, _)| parameter.name.eq_ignore_ascii_case(name));
        let value = found
            .map_or(Ok(Value::Null), |(_, json)| value_from_text(&json.to_string(), &parameter.ty));
        value.map(|value| (parameter.name, value)).map_err(|e| e.within(parameter.name))
    };
    parameters.iter().map(value).collect()
}

/// Reads the body of an insert or update, light or verbose.
///
/// # Errors
///
/// The body is no object, has a member that the type has not, or a value is not of its type.
pub fn read_draft(body: &Json, ty: &'static StructuredType) -> Result<Draft, PayloadError> {
    read_level(body, ty, 0)
}

fn read_level(
    body: &Json,
    ty: &'static StructuredType,
    depth: usize,
) -> Result<Draft, PayloadError> {
    if depth == MAX_DEPTH {
        return Err(PayloadError::new(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    let object = body.as_object().ok_or_else(|| PayloadError::new("expected a JSON object"))?;
    let mut draft = Draft { members: Members::new(), ..Draft::default() };
    for (name, json) in object {
        if let Some((_, row)) = ty.property(name) {
            let value = value_from_text(&json.to_string(), &row.ty).map_err(|e| e.within(name))?;
            if value.is_null() && !row.nullable && matches!(row.ty, Type::Collection(_)) {
                return Err(PayloadError::new("a collection cannot be null").within(name));
            }
            draft.members.push((row.name.into(), value));
        } else if let Some(navigation) = ty.navigation(name) {
            read_navigation(&mut draft, json, navigation, depth).map_err(|e| e.within(name))?;
        } else if let Some(bound) = name.strip_suffix("@odata.bind") {
            let navigation = ty.navigation(bound).ok_or_else(|| undeclared(bound, ty))?;
            let urls = match json {
                Json::String(url) => vec![url.clone()],
                _ => items(json)
                    .and_then(|items| {
                        items.iter().map(|url| url.as_str().map(str::to_owned)).collect()
                    })
                    .ok_or_else(|| {
                        PayloadError::new("expected a URL or a list of URLs").within(name)
                    })?,
            };
            draft.bindings.push(binding(navigation, urls));
        } else if !is_annotation(name) {
            return Err(undeclared(name, ty));
        }
    }
    Ok(draft)
}

fn binding(navigation: &Navigation, urls: Vec<String>) -> Binding {
    Binding { navigation: navigation.name.into(), many: navigation.many, urls }
}

/// Links (`__metadata.uri` and nothing else), entities to create, or a deferred link that a client
/// echoes.
fn read_navigation(
    draft: &mut Draft,
    json: &Json,
    navigation: &Navigation,
    depth: usize,
) -> Result<(), PayloadError> {
    if json.is_null() || json.get("__deferred").is_some() {
        return Ok(());
    }
    let single = std::slice::from_ref(json);
    let entries = items(json).map_or(single, Vec::as_slice);
    let (mut urls, mut entities) = (Vec::new(), Vec::new());
    for (position, entry) in entries.iter().enumerate() {
        let uri = entry.pointer("/__metadata/uri").and_then(Json::as_str);
        match (uri, entry.as_object().map(Map::len)) {
            (Some(uri), Some(1)) => urls.push(uri.to_owned()),
            _ => entities.push(
                read_level(entry, navigation.target, depth + 1)
                    .map_err(|e| e.within(&format!("[{position}]")))?,
            ),
        }
    }
    if !urls.is_empty() {
        draft.bindings.push(binding(navigation, urls));
    }
    if !entities.is_empty() {
        let (name, many) = (navigation.name.into(), navigation.many);
        draft.inline.push(Inline { navigation: name, many, entities });
    }
    Ok(())
}

/// The elements of a collection: an array, or what verbose JSON wraps it in.
fn items(json: &Json) -> Option<&Vec<Json>> {
    json.as_array().or_else(|| json.get("results")?.as_array())
}
