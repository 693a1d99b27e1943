//! A model as text, a line for each thing that has a name, in an order that does not depend on
//! that of the document.
//!
//! Two models with the same outline are generated into the same API, whatever document they come
//! from. Kept beside generated code it tells in a review, and in a failed check, what has changed
//! in the service.

pub(crate) mod text;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::{
    Access, Allow, Container, EnumType, Label, Model, Navigation, Operation, Property,
    StructuredType, TypeDefinition,
};
use text::{
    access_text, binding_text, enum_name, facets_text, key_text, member_text, multiplicity_text,
    operation_kind_text, qualified, result_text, signature, structured_name, type_text,
    version_text,
};

/// The outline of a model. Lines are sorted within what they belong to, which is sorted by name.
pub fn outline(model: &Model) -> String {
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let definitions = model.type_definitions.iter().map(definition);
    blocks.extend(definitions.map(|line| vec![line]));
    blocks.extend(model.enum_types.iter().map(enumeration));
    let structured = |kind, list: &[StructuredType]| {
        list.iter().map(|ty| self::structured(model, kind, ty, list)).collect::<Vec<_>>()
    };
    blocks.extend(structured("ComplexType", &model.complex_types));
    blocks.extend(structured("EntityType", &model.entity_types));
    blocks.extend(model.containers.iter().map(|container| self::container(model, container)));
    blocks.sort();
    let mut text = format!("OData {}\n", version_text(model.version));
    for line in blocks.into_iter().flatten() {
        text.push_str(&line.replace(['\n', '\r'], " "));
        text.push('\n');
    }
    text
}

/// A line of a thing with a name, and lines for what belongs to it.
fn block(head: String, mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    std::iter::once(head).chain(lines.into_iter().map(|line| format!("  {line}"))).collect()
}

/// The end of a line: what is set.
fn notes(label: &Label, notes: &[(&str, bool)], more: Vec<String>) -> String {
    let mut text = String::new();
    let set = notes.iter().filter(|(_, is_set)| *is_set).map(|(note, _)| (*note).to_owned());
    for note in set.chain(more).chain(label.deprecated.as_ref().map(|_| "deprecated".to_owned())) {
        // Writing to a string cannot fail.
        let _ = write!(text, ", {note}");
    }
    text
}

fn definition(ty: &TypeDefinition) -> String {
    let underlying = format!("Edm.{}", ty.underlying.short_name());
    let name = qualified(&ty.namespace, &ty.label.name);
    let facets = facets_text(ty.max_length, &ty.facets);
    format!("TypeDefinition {name}: {underlying}{}", notes(&ty.label, &[], facets))
}

fn enumeration(ty: &EnumType) -> Vec<String> {
    let set = [("flags", ty.is_flags), ("by name", ty.by_name)];
    let notes = notes(&ty.label, &set, Vec::new());
    let head = format!("EnumType {}: Edm.{}{notes}", enum_name(ty), ty.underlying.short_name());
    let member = |member: &crate::model::EnumMember| {
        format!("member {} = {}", member.name, member_text(&member.value))
    };
    block(head, ty.members.iter().map(member).collect())
}

fn structured(
    model: &Model,
    kind: &str,
    ty: &StructuredType,
    siblings: &[StructuredType],
) -> Vec<String> {
    let base = ty.base.and_then(|index| siblings.get(index)).map(structured_name);
    let set = [
        ("abstract", ty.is_abstract),
        ("open", ty.is_open),
        ("media stream", ty.has_stream),
        ("ETag", ty.has_etag),
    ];
    let base = base.map(|base| format!(": {base}")).unwrap_or_default();
    let head =
        format!("{kind} {}{base}{}", structured_name(ty), notes(&ty.label, &set, Vec::new()));
    let mut lines = Vec::new();
    if !ty.key.is_empty() {
        lines.push(format!("key {}", key_text(model, ty, &ty.key)));
    }
    for key in &ty.alternate_keys {
        lines.push(format!("alternate key {}", key_text(model, ty, key)));
    }
    let own = ty.properties.iter().filter(|property| !property.is_inherited);
    lines.extend(own.map(|property| self::property(model, property)));
    let own = ty.navigation.iter().filter(|navigation| !navigation.is_inherited);
    lines.extend(own.map(|navigation| self::navigation(model, navigation)));
    let operations = ty.operations.iter().chain(&ty.collection_operations);
    lines.extend(operations.map(|operation| self::operation(model, operation)));
    block(head, lines)
}

fn property(model: &Model, property: &Property) -> String {
    let set = [
        ("nullable", property.nullable),
        ("required", property.required),
        ("concurrency token", property.is_concurrency_token),
    ];
    let mut more = facets_text(property.max_length, &property.facets);
    more.extend(access_note(property.access));
    let ty = type_text(model, &property.ty);
    format!("property {}: {ty}{}", property.label.name, notes(&property.label, &set, more))
}

/// What is said of access where it is not the usual one.
fn access_note(access: Access) -> Option<String> {
    (access != Access::Update).then(|| access_text(access).to_owned())
}

fn navigation(model: &Model, navigation: &Navigation) -> String {
    let set = [("contained", navigation.contains_target), ("links", navigation.links)];
    let mut more: Vec<String> = access_note(navigation.access).into_iter().collect();
    more.extend(navigation.partner.as_ref().map(|partner| format!("partner {partner}")));
    let target = structured_name(model.entity_type(navigation.target));
    let many = multiplicity_text(navigation.multiplicity);
    let notes = notes(&navigation.label, &set, more);
    format!("navigation {}: {target} {many}{notes}", navigation.label.name)
}

fn operation(model: &Model, operation: &Operation) -> String {
    let set = [
        ("composable", operation.is_composable),
        ("nullable", operation.result.is_some() && operation.result_nullable),
    ];
    let more = vec![operation.method.to_owned(), binding_text(operation.binding).to_owned()];
    let nullable = operation.parameters.iter().filter(|parameter| parameter.nullable);
    let nullable = nullable.map(|parameter| format!("{} nullable", parameter.label.name));
    let more = more.into_iter().chain(nullable).collect();
    format!(
        "{} {} -> {}{}",
        operation_kind_text(operation.kind),
        signature(model, operation),
        result_text(model, operation),
        notes(&operation.label, &set, more)
    )
}

fn container(model: &Model, container: &Container) -> Vec<String> {
    let set = [("default", container.is_default)];
    let name = qualified(&container.namespace, &container.label.name);
    let head = format!("EntityContainer {name}{}", notes(&container.label, &set, Vec::new()));
    let mut lines = Vec::new();
    for set in &container.entity_sets {
        let ty = structured_name(model.entity_type(set.entity_type));
        let refused = refused(set.allow).into_iter().map(|verb| format!("no {verb}")).collect();
        let notes = notes(&set.label, &[], refused);
        lines.push(format!("entity set {}: {ty}{notes}", set.label.name));
    }
    for singleton in &container.singletons {
        let ty = structured_name(model.entity_type(singleton.entity_type));
        let notes = notes(&singleton.label, &[], Vec::new());
        lines.push(format!("singleton {}: {ty}{notes}", singleton.label.name));
    }
    lines.extend(container.operations.iter().map(|operation| self::operation(model, operation)));
    block(head, lines)
}

/// The verbs, and whether an entity set allows them.
pub(crate) fn verbs(allow: Allow) -> [(&'static str, bool); 5] {
    [
        ("list", allow.list),
        ("get", allow.get),
        ("create", allow.create),
        ("update", allow.update),
        ("delete", allow.delete),
    ]
}

/// The verbs that an entity set does not allow.
pub(crate) fn refused(allow: Allow) -> Vec<&'static str> {
    verbs(allow).into_iter().filter(|(_, is_allowed)| !is_allowed).map(|(verb, _)| verb).collect()
}

/// What is in one outline and not in the other: a line for each thing that is gone (`-`), new
/// (`+`) or different (both), with what it belongs to. Lines that begin with `#` are comments.
pub fn outline_changes(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (flat(old), flat(new));
    let gone = old.difference(&new).map(|line| (line, '-'));
    let added = new.difference(&old).map(|line| (line, '+'));
    let mut changes: Vec<(&String, char)> = gone.chain(added).collect();
    // What is different stands together: lines of one thing begin alike.
    changes.sort();
    changes.into_iter().map(|(line, sign)| format!("{sign} {line}")).collect()
}

/// The lines of an outline, each with the name of what it belongs to.
fn flat(outline: &str) -> BTreeSet<String> {
    let mut head = "";
    let mut lines = BTreeSet::new();
    for line in outline.lines().filter(|line| !line.starts_with('#')) {
        if let Some(line) = line.strip_prefix("  ") {
            lines.insert(format!("{head}: {line}"));
        } else {
            let name = line.split_once(' ').map_or(line, |(_, rest)| rest);
            let end = name.find([',', ':']).unwrap_or(name.len());
            head = &name[..end];
            lines.insert(line.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::outline_changes;

    #[test]
    fn changes_of_an_outline_say_where_they_are() {
        let old = "# x\nOData 4.0\nEntityType N.A: N.Base, open\n  property P: Edm.Int32\nEnumType N.E: Edm.Int32\n";
        let new = "# y\nOData 4.0\nEntityType N.A: N.Base, open\n  property P: Edm.Int64\n  property Q: Edm.Int32\n";
        assert_eq!(
            outline_changes(old, new),
            [
                "- EnumType N.E: Edm.Int32",
                "- N.A: property P: Edm.Int32",
                "+ N.A: property P: Edm.Int64",
                "+ N.A: property Q: Edm.Int32",
            ]
        );
    }
}
