//! The texts of doc comments: the CSDL name and type first, then what is told about it, then who
//! sets it, limits and versions.

use crate::model::{
    Access, Allow, EntitySet, EnumType, Facets, Label, Model, Multiplicity, Navigation, Operation,
    OperationKind, Parameter, Property, Singleton, StructuredType, Type, TypeDefinition,
};
use crate::plan::types::Planner;
use crate::plan::{Block, build::Origin, verbs};

/// Paragraphs of a doc comment.
pub(crate) type Docs = Vec<Block>;

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

/// A text of a document between backticks.
pub(crate) fn code(text: &str) -> String {
    text.chars().map(|c| if c == '`' || c.is_control() { '\'' } else { c }).collect()
}

/// What a type is called in a text: its Rust name, or that of the EDM.
fn type_text(planner: Planner<'_>, declared: &Type, ty: &Type) -> String {
    if declared != ty {
        let name = code(&planner.model.type_name(declared));
        return format!("`{name}`, amended to {}", named(planner, ty));
    }
    match ty {
        Type::Collection(item) => format!("collection of {}", type_text(planner, item, item)),
        ty => named(planner, ty),
    }
}

/// A type by its Rust name. It is no link: signatures are, and resolving links takes the compiler
/// as long as all else that it does with names.
fn named(planner: Planner<'_>, ty: &Type) -> String {
    let names = planner.names;
    let name = match ty {
        Type::Primitive(primitive) => return format!("`Edm.{}`", primitive.short_name()),
        Type::Collection(item) => return format!("a collection of {}", named(planner, item)),
        Type::Id(id) => &names.id_types[id.0].ty,
        Type::Enum(id) => &names.enum_types[id.0].ty,
        Type::Complex(id) => &names.complex_types[id.0].ty,
        Type::Entity(id) => &names.entity_types[id.0].ty,
        Type::Definition(id) => &names.type_definitions[id.0].name,
    };
    format!("`{name}`")
}

/// Who sets a property, in words.
fn access_text(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "Set by the service.",
        Access::Create => "Set at create.",
        Access::Update => "Set at create or later.",
    }
}

fn facet_facts(max_length: Option<u32>, facets: &Facets) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(most) = max_length {
        facts.push(format!("At most {most} characters."));
    }
    let named = [
        ("Precision", &facets.precision),
        ("Scale", &facets.scale),
        ("Coordinate system", &facets.srid),
    ];
    for (name, value) in named {
        facts.extend(value.as_deref().map(|value| format!("{name} {}.", code_free(value))));
    }
    if let Some(default) = facets.default.as_deref() {
        facts.push(match code(default).trim() {
            "" => "Empty by default.".to_owned(),
            default => format!("`{default}` by default."),
        });
    }
    facts
}

/// The text of a field; who sets it is told for properties of entity types, because members of
/// complex values are set together.
pub(crate) fn field(
    planner: Planner<'_>,
    ty: &StructuredType,
    at: usize,
    property: &Property,
    is_entity: bool,
) -> Docs {
    let head = property_head(planner, property, ty.is_key(at));
    if property.is_inherited {
        // The base type tells the rest.
        return vec![Block::Own(head)];
    }
    let mut facts = Vec::new();
    if is_entity {
        facts.push(access_text(property.access).to_owned());
    }
    if property.required {
        facts.push("Required at create.".to_owned());
    }
    facts.extend(facet_facts(property.max_length, &property.facets));
    if property.is_concurrency_token {
        facts.push("Tells states of the entity apart.".to_owned());
    }
    docs(head, &property.label, facts)
}

fn property_head(planner: Planner<'_>, property: &Property, is_key: bool) -> String {
    let ty = type_text(planner, &property.declared, &property.ty);
    let key = if is_key { ", key" } else { "" };
    let nullable = if property.nullable { ", nullable" } else { "" };
    format!("`{}`: {ty}{key}{nullable}.", code(&property.label.name))
}

/// The text of a property's constant.
pub(crate) fn constant(planner: Planner<'_>, property: &Property, is_key: bool) -> Docs {
    vec![Block::Own(property_head(planner, property, is_key))]
}

/// The text of a stream.
pub(crate) fn stream(property: &Property) -> Docs {
    docs(format!("The stream `{}`.", code(&property.label.name)), &property.label, Vec::new())
}

/// The text of a navigation property.
pub(crate) fn navigation(planner: Planner<'_>, navigation: &Navigation) -> Docs {
    let count = match navigation.multiplicity {
        Multiplicity::ZeroOrOne => "none or one",
        Multiplicity::One => "one",
        Multiplicity::Many => "many",
    };
    let target = named(planner, &Type::Entity(navigation.target));
    let head = format!("`{}`: {count} {target}.", code(&navigation.label.name));
    if navigation.is_inherited {
        return vec![Block::Own(head)];
    }
    let mut facts = Vec::new();
    match navigation.access {
        Access::ReadOnly => facts.push("Not set at create.".to_owned()),
        Access::Create => facts.push("May be set at create.".to_owned()),
        Access::Update => facts.push("May be set at create or later.".to_owned()),
    }
    if navigation.links && navigation.multiplicity == Multiplicity::Many {
        facts.push("Links may be added and removed.".to_owned());
    }
    if navigation.contains_target {
        facts.push("Contained: there is no other place for them.".to_owned());
    }
    docs(head, &navigation.label, facts)
}

/// The text of a type: its qualified name first.
pub(crate) fn structured_type(planner: Planner<'_>, ty: &StructuredType, is_entity: bool) -> Docs {
    let kind = if is_entity { "Entity type" } else { "Complex type" };
    let (types, names) = match is_entity {
        true => (&planner.model.entity_types, &planner.names.entity_types),
        false => (&planner.model.complex_types, &planner.names.complex_types),
    };
    let mut head = format!("{kind} `{}.{}`", code(&ty.namespace), code(&ty.label.name));
    if let Some(base) = ty.base.filter(|base| *base < types.len()) {
        head = format!("{head}, derived from `{}`", names[base].ty);
    }
    let mut facts = Vec::new();
    if ty.is_stub {
        facts.push("Only its key: the rest was not selected.");
    }
    if ty.is_abstract {
        facts.push("Abstract: every value is of a derived type.");
    }
    if ty.is_open {
        facts.push("Open: values may have properties that are not declared.");
    }
    if ty.has_stream {
        facts.push("Describes a media stream.");
    }
    if ty.has_etag {
        facts.push("An update must say which state it changes.");
    }
    docs(format!("{head}."), &ty.label, facts.into_iter().map(str::to_owned).collect())
}

/// The text of an enumeration.
pub(crate) fn enumeration(ty: &EnumType) -> Docs {
    let kind = if ty.is_flags { "flags" } else { "enumeration" };
    let name = match ty.namespace.is_empty() {
        true => code(&ty.label.name),
        false => format!("{}.{}", code(&ty.namespace), code(&ty.label.name)),
    };
    amended_type(format!("`{name}`, {kind} over `Edm.{}`.", ty.underlying.short_name()), &ty.label)
}

/// The text of a type definition.
pub(crate) fn type_definition(ty: &TypeDefinition) -> Docs {
    let (namespace, name) = (code(&ty.namespace), code(&ty.label.name));
    let head = format!("`{namespace}.{name}`, a name for `Edm.{}`.", ty.underlying.short_name());
    docs(head, &ty.label, facet_facts(ty.max_length, &ty.facets))
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
    planner: Planner<'_>,
    operation: &Operation,
    parameters: &[(String, Docs)],
) -> Docs {
    let kind = match operation.kind {
        OperationKind::Action => "Action",
        OperationKind::Function => "Function",
        OperationKind::Service => "Service operation",
    };
    let mut head = format!("{kind} `{}` ({})", code(&operation.label.name), operation.method);
    if let Some(result) = &operation.result {
        head = format!("{head}: {}", type_text(planner, result, result));
    }
    let mut docs = docs(format!("{head}."), &operation.label, Vec::new());
    for (name, parameter) in parameters {
        let mut own = format!("`{name}`:");
        let mut foreign = None;
        for block in parameter {
            match block {
                Block::Own(text) => own = format!("{own} {text}"),
                Block::Foreign(text) => foreign = Some(text.clone()),
                Block::Item(..) | Block::Code(_) => {}
            }
        }
        docs.push(Block::Item(own, foreign));
    }
    docs
}

/// The text of a parameter.
pub(crate) fn parameter(planner: Planner<'_>, parameter: &Parameter) -> Docs {
    let ty = type_text(planner, &parameter.ty, &parameter.ty);
    let nullable = if parameter.nullable { ", may be left out" } else { "" };
    let head = format!("`{}`, {ty}{nullable}.", code(&parameter.label.name));
    docs(head, &parameter.label, Vec::new())
}

/// The text of an entity set.
pub(crate) fn entity_set(planner: Planner<'_>, set: &EntitySet) -> Docs {
    let mut facts = Vec::new();
    if set.allow != Allow::ALL {
        let allowed = verbs(set.allow);
        facts.push(match allowed.is_empty() {
            true => "Allows nothing but navigation.".to_owned(),
            false => format!("Allows only: {}.", allowed.join(", ")),
        });
    }
    let entity = named(planner, &Type::Entity(set.entity_type));
    docs(format!("Entity set `{}`: many {entity}.", code(&set.label.name)), &set.label, facts)
}

/// The text of a singleton.
pub(crate) fn singleton(planner: Planner<'_>, singleton: &Singleton) -> Docs {
    let entity = named(planner, &Type::Entity(singleton.entity_type));
    let head = format!("Singleton `{}`: one {entity}.", code(&singleton.label.name));
    docs(head, &singleton.label, Vec::new())
}

/// The text of a container.
pub(crate) fn container(label: &Label) -> Docs {
    docs(format!("Entity container `{}`.", code(&label.name)), label, Vec::new())
}

/// The text of the root module.
pub(crate) fn module(model: &Model, origin: &Origin<'_>) -> Docs {
    let name = match model.containers.first() {
        Some(container) => code(&container.label.name),
        None => code(&model.namespace),
    };
    let version = origin.version.map(|version| format!(", version {}", code_free(version)));
    let types = model.entity_types.iter().chain(&model.complex_types);
    let bound: usize = types.map(|ty| ty.operations.len() + ty.collection_operations.len()).sum();
    let sets: usize = model.containers.iter().map(|container| container.entity_sets.len()).sum();
    let unbound: usize = model.containers.iter().map(|container| container.operations.len()).sum();
    let mut docs = vec![
        Block::Own(format!("`{name}`{}.", version.unwrap_or_default())),
        Block::Own(format!(
            "{} entity types, {} complex types, {} enumerations, {} typed ids, {sets} entity sets, {} operations.",
            model.entity_types.len(),
            model.complex_types.len(),
            model.enum_types.len(),
            model.id_types.len(),
            unbound + bound,
        )),
        Block::Own(format!(
            "Generated from {}. To generate it again: `{}`.",
            origin.from,
            origin.command.replace('`', "'")
        )),
    ];
    if !origin.first_call.is_empty() {
        docs.push(Block::Own("The first call:".to_owned()));
        docs.push(Block::Code(origin.first_call.clone()));
    }
    docs
}
