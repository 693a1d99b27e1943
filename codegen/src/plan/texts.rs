//! The texts of doc comments: the CSDL name and type first, then what the amendments tell, then
//! who sets it, limits and versions.

use crate::model::{
    Access, Allow, Label, Model, Multiplicity, Navigation, Operation, Parameter, Property,
    StructuredType, Type,
};
use crate::names::Names;
use crate::plan::{Block, Docs};

/// Puts the parts of a text together.
fn docs(head: String, label: &Label, facts: Vec<String>) -> Docs {
    let mut docs = vec![Block::Own(head)];
    docs.extend(label.doc.clone().map(Block::Foreign));
    let since = label.since.as_ref().map(|since| format!("Since {}.", code_free(since)));
    let facts: Vec<String> = facts.into_iter().chain(since).collect();
    if !facts.is_empty() {
        docs.push(Block::Own(facts.join(" ")));
    }
    docs
}

/// A version or prefix, which stands in the middle of generated markdown.
fn code_free(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric() || " .-_:".contains(*letter)).collect()
}

/// What a type is called in a text: a link where there is something to link to.
fn type_text(model: &Model, names: &Names, declared: &Type, ty: &Type) -> String {
    if declared != ty {
        return format!("`{}`, amended to {}", model.type_name(declared), link(names, ty));
    }
    match ty {
        Type::Collection(item) => format!("collection of {}", type_text(model, names, item, item)),
        Type::Primitive(_) => format!("`{}`", model.type_name(ty)),
        _ => link(names, ty),
    }
}

fn link(names: &Names, ty: &Type) -> String {
    let ident = match ty {
        Type::Primitive(primitive) => return format!("`Edm.{}`", primitive.short_name()),
        Type::Collection(item) => return format!("a collection of {}", link(names, item)),
        Type::Id(id) => &names.id_types[id.0].ty,
        Type::Enum(id) => &names.enum_types[id.0].ty,
        Type::Complex(id) => &names.complex_types[id.0].ty,
        Type::Entity(id) => &names.entity_types[id.0].ty,
        Type::Definition(_) => return String::new(),
    };
    format!("[`{ident}`](super::{ident})")
}

/// Who sets a property, in words.
fn access_text(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "Set by the service.",
        Access::Create => "Set at create.",
        Access::Update => "Set at create or later.",
    }
}

/// The text of a field; `with_access` for properties of entity types, because members of complex
/// values are set together.
pub(crate) fn field(
    model: &Model,
    names: &Names,
    ty: &StructuredType,
    at: usize,
    property: &Property,
) -> Docs {
    let is_key = ty.is_key(at);
    let mut facts = Vec::new();
    if !ty.key.is_empty() {
        facts.push(access_text(property.access).to_owned());
    }
    if property.required {
        facts.push("Required at create.".to_owned());
    }
    if let Some(most) = property.max_length {
        facts.push(format!("At most {most} characters."));
    }
    docs(property_head(model, names, property, is_key), &property.label, facts)
}

fn property_head(model: &Model, names: &Names, property: &Property, is_key: bool) -> String {
    let ty = type_text(model, names, &property.declared, &property.ty);
    let key = if is_key { ", key" } else { "" };
    let nullable = if property.nullable { ", nullable" } else { "" };
    format!("`{}`: {ty}{key}{nullable}.", property.label.name)
}

/// The text of a property's constant.
pub(crate) fn constant(model: &Model, names: &Names, property: &Property, is_key: bool) -> Docs {
    vec![Block::Own(property_head(model, names, property, is_key))]
}

/// The text of a navigation property.
pub(crate) fn navigation(names: &Names, navigation: &Navigation) -> Docs {
    let count = match navigation.multiplicity {
        Multiplicity::ZeroOrOne => "none or one",
        Multiplicity::One => "one",
        Multiplicity::Many => "many",
    };
    let target = link(names, &Type::Entity(navigation.target));
    let mut facts = Vec::new();
    match navigation.access {
        Access::ReadOnly => facts.push("Not set at create.".to_owned()),
        Access::Create => facts.push("May be set at create.".to_owned()),
        Access::Update => facts.push("May be set at create or later.".to_owned()),
    }
    if navigation.links && navigation.multiplicity == Multiplicity::Many {
        facts.push("Links may be added and removed.".to_owned());
    }
    docs(format!("`{}`: {count} {target}.", navigation.label.name), &navigation.label, facts)
}

/// The text of a type: its qualified name first.
pub(crate) fn structured_type(ty: &StructuredType) -> Docs {
    let kind = if ty.key.is_empty() { "Complex type" } else { "Entity type" };
    docs(format!("{kind} `{}.{}`.", ty.namespace, ty.label.name), &ty.label, Vec::new())
}

/// The text of a type that amendments add.
pub(crate) fn amended_type(head: String, label: &Label) -> Docs {
    docs(head, label, Vec::new())
}

/// The text of the prefix of a typed identifier.
pub(crate) fn id_head(name: &str, prefix: Option<&str>) -> String {
    let form = prefix.map(|prefix| format!(": `{}` and a GUID", code_free(prefix)));
    format!("`{name}`, `Edm.String` on the wire{}.", form.unwrap_or_default())
}

/// The text of an operation; parameters of a method are listed, those of a struct are not.
pub(crate) fn operation(
    model: &Model,
    names: &Names,
    operation: &Operation,
    is_bound: bool,
    parameters: &[(String, Docs)],
) -> Docs {
    let kind = if is_bound { "Action" } else { "Service operation" };
    let mut head = format!("{kind} `{}` ({})", operation.label.name, operation.method);
    if let Some(result) = &operation.result {
        head = format!("{head}: {}", type_text(model, names, result, result));
    }
    let mut docs = docs(format!("{head}."), &operation.label, Vec::new());
    for (name, parameter) in parameters {
        let mut own = format!("`{name}`:");
        let mut foreign = None;
        for block in parameter {
            match block {
                Block::Own(text) => own = format!("{own} {text}"),
                Block::Foreign(text) => foreign = Some(text.clone()),
                Block::Item(..) => {}
            }
        }
        docs.push(Block::Item(own, foreign));
    }
    docs
}

/// The text of a parameter.
pub(crate) fn parameter(model: &Model, names: &Names, parameter: &Parameter) -> Docs {
    let ty = type_text(model, names, &parameter.ty, &parameter.ty);
    let nullable = if parameter.nullable { ", may be left out" } else { "" };
    docs(format!("`{}`, {ty}{nullable}.", parameter.label.name), &parameter.label, Vec::new())
}

/// The text of an entity set.
pub(crate) fn entity_set(names: &Names, label: &Label, entity_type: &Type, allow: Allow) -> Docs {
    let verbs = [
        (allow.list, "list"),
        (allow.get, "get"),
        (allow.create, "create"),
        (allow.update, "update"),
        (allow.delete, "delete"),
    ];
    let mut facts = Vec::new();
    if allow != Allow::ALL {
        let allowed: Vec<&str> =
            verbs.iter().filter(|(on, _)| *on).map(|(_, verb)| *verb).collect();
        facts.push(match allowed.is_empty() {
            true => "Allows nothing but navigation.".to_owned(),
            false => format!("Allows only: {}.", allowed.join(", ")),
        });
    }
    docs(format!("Entity set `{}`: many {}.", label.name, link(names, entity_type)), label, facts)
}

/// The text of the container.
pub(crate) fn container(label: &Label) -> Docs {
    docs(format!("Entity container `{}`.", label.name), label, Vec::new())
}

/// The text of the module.
pub(crate) fn module(model: &Model, version: Option<&str>, origin: &str, command: &str) -> Docs {
    let container = &model.containers[0];
    let version = version.map(|version| format!(", version {}", code_free(version)));
    let bound: usize = model.entity_types.iter().map(|ty| ty.operations.len()).sum();
    vec![
        Block::Own(format!("`{}`{}.", container.label.name, version.unwrap_or_default())),
        Block::Own(format!(
            "{} entity types, {} complex types, {} enumerations, {} typed ids, {} entity sets, {} operations.",
            model.entity_types.len(),
            model.complex_types.len(),
            model.enum_types.len(),
            model.id_types.len(),
            container.entity_sets.len(),
            container.operations.len() + bound,
        )),
        Block::Own(format!(
            "Generated from {origin}. To generate it again: `{}`.",
            command.replace('`', "'")
        )),
    ]
}
