//! A description as text for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Counts, Description, SetDescription};

/// A description for a terminal.
pub fn text(description: &Description) -> String {
    let mut text = format!("OData {}: {}\n", description.version, counts(&description.counts));
    // Writing to a string cannot fail.
    if description.namespaces.len() > 1 {
        let _ = writeln!(text, "\nNamespaces:");
        for (name, of_namespace) in &description.namespaces {
            let name = if name.is_empty() { "(amendments)" } else { name };
            let _ = writeln!(text, "  {name}: {}", counts(of_namespace));
        }
    }
    for container in &description.containers {
        let default = if container.is_default { ", the default one" } else { "" };
        let _ = writeln!(text, "\nContainer {}{default}", container.name);
        sets(&mut text, "Entity sets", &container.entity_sets);
        sets(&mut text, "Singletons", &container.singletons);
        if !container.operations.is_empty() {
            let _ = writeln!(text, "\n  Operations:");
            for operation in &container.operations {
                let _ = writeln!(text, "    {operation}");
            }
        }
    }
    if description.containers.is_empty() {
        text.push_str("\nNo container: the document only lends its types to others.\n");
    }
    text
}

/// A description as a section of a document.
pub fn markdown(description: &Description) -> String {
    let mut text = format!("OData {}: {}.\n", description.version, counts(&description.counts));
    for container in &description.containers {
        let _ = writeln!(text, "\n## `{}`\n", container.name);
        let _ = writeln!(text, "| set | entity type | key | navigation | not allowed |");
        let _ = writeln!(text, "|---|---|---|---|---|");
        for set in container.entity_sets.iter().chain(&container.singletons) {
            let _ = writeln!(
                text,
                "| `{}` | `{}` | {} | {} | {} |",
                set.name,
                set.entity_type,
                code(std::slice::from_ref(&set.key)),
                code(&set.navigation),
                set.refused.join(", ")
            );
        }
        if !container.operations.is_empty() {
            text.push('\n');
        }
        for operation in &container.operations {
            let _ = writeln!(text, "- `{operation}`");
        }
    }
    text
}

/// A description for programs.
pub fn json(description: &Description) -> Value {
    let namespaces = description.namespaces.iter();
    let namespaces: serde_json::Map<String, Value> =
        namespaces.map(|(name, counts)| (name.clone(), counts_json(counts))).collect();
    let containers = description.containers.iter().map(|container| {
        json!({
            "name": container.name,
            "default": container.is_default,
            "entity_sets": container.entity_sets.iter().map(set_json).collect::<Vec<_>>(),
            "singletons": container.singletons.iter().map(set_json).collect::<Vec<_>>(),
            "operations": container.operations,
        })
    });
    json!({
        "version": description.version,
        "counts": counts_json(&description.counts),
        "namespaces": namespaces,
        "containers": containers.collect::<Vec<_>>(),
    })
}

fn sets(text: &mut String, title: &str, sets: &[SetDescription]) {
    if sets.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n  {title}:");
    for set in sets {
        let key = if set.key.is_empty() { String::new() } else { format!("({})", set.key) };
        let _ = write!(text, "    {}{key}: {}", set.name, set.entity_type);
        let properties = if set.properties == 1 { "property" } else { "properties" };
        let _ = write!(text, ", {} {properties}", set.properties);
        if !set.refused.is_empty() {
            let _ = write!(text, ", no {}", set.refused.join(", no "));
        }
        text.push('\n');
        if !set.navigation.is_empty() {
            let _ = writeln!(text, "      to {}", set.navigation.join(", "));
        }
        for operation in &set.operations {
            let _ = writeln!(text, "      {operation}");
        }
    }
}

fn counts(counts: &Counts) -> String {
    let counts = [
        (counts.entity_types, "entity type", "entity types"),
        (counts.complex_types, "complex type", "complex types"),
        (counts.enum_types, "enumeration", "enumerations"),
        (counts.type_definitions, "type definition", "type definitions"),
        (counts.properties, "property", "properties"),
        (counts.navigation, "navigation property", "navigation properties"),
        (counts.bound_operations, "bound operation", "bound operations"),
    ];
    let texts = counts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| {
        if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
    });
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
}

fn counts_json(counts: &Counts) -> Value {
    json!({
        "entity_types": counts.entity_types,
        "complex_types": counts.complex_types,
        "enum_types": counts.enum_types,
        "type_definitions": counts.type_definitions,
        "properties": counts.properties,
        "navigation_properties": counts.navigation,
        "bound_operations": counts.bound_operations,
    })
}

fn set_json(set: &SetDescription) -> Value {
    json!({
        "name": set.name,
        "entity_type": set.entity_type,
        "key": set.key,
        "properties": set.properties,
        "navigation": set.navigation,
        "operations": set.operations,
        "not_allowed": set.refused,
    })
}

fn code(list: &[String]) -> String {
    let list = list.iter().filter(|text| !text.is_empty());
    list.map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}
