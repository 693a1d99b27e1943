//! How the parts of a model are written as text: as CSDL does.

use crate::model::{
    Access, Binding, EnumType, Facets, KeyPart, MemberValue, Model, Multiplicity, Operation,
    OperationKind, StructuredType, Type, Version,
};

/// A name with its namespace. What amendments add has none.
pub(crate) fn qualified(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// The qualified name of a structured type.
pub(crate) fn structured_name(ty: &StructuredType) -> String {
    qualified(&ty.namespace, &ty.label.name)
}

/// The qualified name of an enumeration.
pub(crate) fn enum_name(ty: &EnumType) -> String {
    qualified(&ty.namespace, &ty.label.name)
}

/// A type with its namespace, such as `Collection(Sample.Place)`.
pub(crate) fn type_text(model: &Model, ty: &Type) -> String {
    match ty {
        Type::Enum(id) => enum_name(model.enum_type(*id)),
        Type::Complex(id) => structured_name(model.complex_type(*id)),
        Type::Entity(id) => structured_name(model.entity_type(*id)),
        Type::Definition(id) => {
            let definition = model.type_definition(*id);
            qualified(&definition.namespace, &definition.label.name)
        }
        Type::Collection(item) => format!("Collection({})", type_text(model, item)),
        Type::Primitive(_) | Type::Id(_) => model.type_name(ty),
    }
}

/// A key as in a key predicate, without values: `Order, Info/Number as Number`.
pub(crate) fn key_text(model: &Model, ty: &StructuredType, key: &[KeyPart]) -> String {
    let parts = key.iter().map(|part| {
        let path = key_path(model, ty, part).join("/");
        match &part.alias {
            Some(alias) => format!("{path} as {alias}"),
            None => path,
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The names on the way to a part of a key.
fn key_path(model: &Model, ty: &StructuredType, part: &KeyPart) -> Vec<String> {
    let mut names = Vec::new();
    let mut owner = Some(ty);
    for &index in &part.path {
        let Some(property) = owner.and_then(|owner| owner.properties.get(index)) else { break };
        names.push(property.label.name.clone());
        owner = match &property.ty {
            Type::Complex(id) => Some(model.complex_type(*id)),
            _ => None,
        };
    }
    names
}

/// An operation as it is told apart from its overloads: `Rename(NewName: Edm.String)`.
pub(crate) fn signature(model: &Model, operation: &Operation) -> String {
    let parameters = operation
        .parameters
        .iter()
        .map(|parameter| format!("{}: {}", parameter.label.name, type_text(model, &parameter.ty)));
    format!("{}({})", operation.label.name, parameters.collect::<Vec<_>>().join(", "))
}

/// The result of an operation, or `nothing`.
pub(crate) fn result_text(model: &Model, operation: &Operation) -> String {
    operation.result.as_ref().map_or_else(|| "nothing".to_owned(), |ty| type_text(model, ty))
}

/// Facets that are given, such as `Precision=10, Scale=2`.
pub(crate) fn facets_text(max_length: Option<u32>, facets: &Facets) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(length) = max_length {
        list.push(format!("MaxLength={length}"));
    }
    let named = [
        ("Precision", &facets.precision),
        ("Scale", &facets.scale),
        ("SRID", &facets.srid),
        ("DefaultValue", &facets.default),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            list.push(format!("{name}={value}"));
        }
    }
    list
}

/// A value of an enumeration as on the wire.
pub(crate) fn member_text(value: &MemberValue) -> String {
    match value {
        MemberValue::Integer(value) => value.to_string(),
        MemberValue::Text(text) => format!("'{text}'"),
    }
}

/// How many entities, as CSDL 1 to 3 writes it.
pub(crate) const fn multiplicity_text(multiplicity: Multiplicity) -> &'static str {
    match multiplicity {
        Multiplicity::ZeroOrOne => "0..1",
        Multiplicity::One => "1",
        Multiplicity::Many => "*",
    }
}

/// Who may set a property.
pub(crate) const fn access_text(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "read-only",
        Access::Create => "set at create",
        Access::Update => "set at create or later",
    }
}

/// The kind of an operation.
pub(crate) const fn operation_kind_text(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Service => "service operation",
        OperationKind::Function => "function",
        OperationKind::Action => "action",
    }
}

/// What an operation is bound to.
pub(crate) const fn binding_text(binding: Binding) -> &'static str {
    match binding {
        Binding::Unbound => "unbound",
        Binding::One => "bound to one",
        Binding::Collection => "bound to a collection",
    }
}

/// A version of the protocol.
pub(crate) const fn version_text(version: Version) -> &'static str {
    match version {
        Version::V1 => "1.0",
        Version::V2 => "2.0",
        Version::V3 => "3.0",
        Version::V4 => "4.0",
        Version::V401 => "4.01",
    }
}
