//! From an XML preset to the form that the same preset has in JSON.

use serde_json::{Map, Value};

use crate::encode::element::Element;
use crate::encode::error::TaskError;

/// Elements whose children are the entries of a list.
const LISTS: [&str; 9] = [
    "Sources",
    "Streams",
    "H264Layers",
    "JpgLayers",
    "PngLayers",
    "BmpLayers",
    "Outputs",
    "MediaParams",
    "Chapters",
];
const FORMATS: [&str; 5] = ["MP4Format", "TSFormat", "JpgFormat", "PngFormat", "BmpFormat"];

/// The JSON form of the document `text`.
///
/// # Errors
/// `ErrorParsingConfiguration` for what is not XML or no preset.
pub(super) fn to_json(text: &str) -> Result<Value, TaskError> {
    let wrong = |what: &str| TaskError::configuration(format!("the preset is not usable: {what}"));
    let root = Element::parse(text).map_err(|problem| wrong(&problem))?;
    if root.name != "Preset" {
        return Err(wrong(&format!("its root element is {:?}, not Preset", root.name)));
    }
    let mut members = attributes(&root);
    for child in &root.children {
        let (name, value) = match child.name.as_str() {
            "Encoding" => ("Codecs", list(child)?),
            name => (name, value(child)?),
        };
        put(&mut members, name, value, "preset")?;
    }
    Ok(Value::Object(members))
}

fn attributes(element: &Element) -> Map<String, Value> {
    let pairs = element.attributes.iter();
    pairs.map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
}

fn put(
    members: &mut Map<String, Value>,
    name: &str,
    value: Value,
    place: &str,
) -> Result<(), TaskError> {
    match members.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(TaskError::configuration(format!("{place}: there are two {name}"))),
    }
}

fn value(element: &Element) -> Result<Value, TaskError> {
    if LISTS.contains(&element.name.as_str()) {
        return list(element);
    }
    if element.children.is_empty() && element.attributes.is_empty() {
        let text = element.text.trim();
        return Ok(if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) });
    }
    Ok(Value::Object(object(element)?))
}

fn object(element: &Element) -> Result<Map<String, Value>, TaskError> {
    let mut members = attributes(element);
    for child in &element.children {
        if element.name == "Output" && FORMATS.contains(&child.name.as_str()) {
            let format = typed(child)?;
            put(&mut members, "Format", format, &element.name)?;
        } else {
            put(&mut members, &child.name, value(child)?, &element.name)?;
        }
    }
    Ok(members)
}

fn list(element: &Element) -> Result<Value, TaskError> {
    let entries = element.children.iter().map(|child| match child.name.as_str() {
        // The list says what these are.
        "Source" | "Output" | "MediaParam" => Ok(Value::Object(object(child)?)),
        _ => typed(child),
    });
    Ok(Value::Array(entries.collect::<Result<_, _>>()?))
}

/// An entry whose name is its type.
fn typed(element: &Element) -> Result<Value, TaskError> {
    let mut members = object(element)?;
    put(&mut members, "Type", Value::String(element.name.clone()), &element.name)?;
    let text = element.text.trim();
    if element.children.is_empty() && !text.is_empty() {
        put(&mut members, "Value", Value::String(text.to_owned()), &element.name)?;
    }
    Ok(Value::Object(members))
}
