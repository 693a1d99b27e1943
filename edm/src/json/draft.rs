//! Bodies of inserts, updates and actions: written by a client, read by a service.

use serde_json::{Map, Value as Json, json};

use super::scalar::{is_annotation, items, undeclared};
use super::{DateStyle, Format, PayloadError, value_from_json, value_to_json};
use crate::model::{Navigation, Parameter, StructuredType, Type};
use crate::{Binding, Draft, Inline, Members, Value};

/// Deeper bodies are refused.
const MAX_DEPTH: usize = 8;

/// Prints the body of an insert or update. URLs of bindings are joined to `root`, which ends with
/// a slash, if they are relative.
pub fn write_draft(draft: &Draft, ty: &StructuredType, format: Format, root: &str) -> Json {
    let mut object = Map::new();
    for (name, value) in &draft.members {
        let json = match ty.property(name) {
            Some((_, row)) => value_to_json(value, &row.ty, format, DateStyle::Exact),
            None => continue,
        };
        object.insert(name.to_string(), json);
    }
    for binding in &draft.bindings {
        let absolute = |url: &String| {
            if url.contains("://") { url.clone() } else { format!("{root}{url}") }
        };
        let urls = binding.urls.iter().map(absolute);
        let (name, entries): (_, Vec<Json>) = match format {
            Format::Light | Format::V4 => {
                (format!("{}@odata.bind", binding.navigation), urls.map(Json::String).collect())
            }
            Format::Verbose => {
                let reference = |uri: String| json!({ "__metadata": { "uri": uri } });
                (binding.navigation.to_string(), urls.map(reference).collect())
            }
        };
        object.insert(name, one_or_many(entries, binding.many));
    }
    for inline in &draft.inline {
        let Some(navigation) = ty.navigation(&inline.navigation) else {
            continue;
        };
        let body = |draft: &Draft| write_draft(draft, navigation.target, format, root);
        let entities = inline.entities.iter().map(body).collect();
        object.insert(inline.navigation.to_string(), one_or_many(entities, inline.many));
    }
    Json::Object(object)
}

fn one_or_many(mut entries: Vec<Json>, many: bool) -> Json {
    if many || entries.len() != 1 { Json::Array(entries) } else { entries.remove(0) }
}

/// Prints the parameters of an action. Names that it does not have are left out.
pub fn write_parameters(values: &[(&'static str, Value)], parameters: &[Parameter]) -> Json {
    let typed = |(name, value): &(&'static str, Value)| {
        let parameter = parameters.iter().find(|parameter| parameter.name == *name)?;
        // Also in verbose bodies, a collection among parameters is a plain array.
        let json = value_to_json(value, &parameter.ty, Format::Light, DateStyle::Exact);
        Some(((*name).to_owned(), json))
    };
    Json::Object(values.iter().filter_map(typed).collect())
}

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
        let value = found.map_or(Ok(Value::Null), |(_, json)| value_from_json(json, &parameter.ty));
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
            let value = value_from_json(json, &row.ty).map_err(|e| e.within(name))?;
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
