//! A schema, its types and their members.

use std::collections::BTreeMap;

use crate::csdl::annotations;
use crate::csdl::attributes::{
    FACETS, boolean, check, facets, flag, is_identifier, max_length, name, optional, remarks,
    required,
};
use crate::csdl::edmx::{alias_of, unexpected};
use crate::csdl::namespaces::is_edm;
use crate::csdl::{
    EnumFacts, EnumType, Facts, InheritedFacts, Kind, Member, NavigationFacts, NavigationProperty,
    NavigationTarget, Property, PropertyFacts, PropertyRef, Schema, StructuredType, Text,
    TypeDefinition, container, operations, v3,
};
use crate::diagnostic::{Findings, Spanned};
use crate::xml::Element;

/// Elements that may be anywhere and are read apart, or that a reader may skip.
const ANNOTATIONS: [&str; 4] = ["Annotation", "ValueAnnotation", "TypeAnnotation", "Documentation"];

/// The children of CSDL, without annotations.
pub(crate) fn children<'e, 'd>(element: &'e Element<'d>) -> impl Iterator<Item = &'e Element<'d>> {
    let children = element.children.iter().filter(|child| is_edm(child));
    children.filter(|child| !ANNOTATIONS.contains(&&*child.name))
}

/// Reports the children other than annotations.
pub(crate) fn without_children(element: &Element<'_>, findings: &mut Findings) {
    for child in children(element) {
        unexpected(child, element, &[], findings);
    }
}

/// Reads a schema, and the aliases that it declares for other namespaces.
pub(crate) fn schema(
    element: &Element<'_>,
    aliases: &mut BTreeMap<String, String>,
    findings: &mut Findings,
) -> Option<Schema> {
    check(element, &[&["Namespace", "Alias", "NamespaceUri"]], findings);
    let Some(namespace) = optional(element, "Namespace").filter(|text| !text.value.is_empty())
    else {
        let message = "Schema needs the attribute `Namespace`";
        findings
            .error("csdl::missing-attribute", element.span, message)
            .help("without one, nothing in it can be referred to");
        return None;
    };
    if !namespace.value.split('.').all(is_identifier) {
        let message = format!("`{}` is not a namespace", namespace.value);
        findings.repair("csdl::bad-name", namespace.span, message);
    }
    let mut schema = Schema {
        namespace,
        alias: optional(element, "Alias").filter(|alias| !alias.value.is_empty()),
        places: element.children.iter().map(|child| child.span).collect(),
        types: Vec::new(),
        enum_types: Vec::new(),
        type_definitions: Vec::new(),
        associations: Vec::new(),
        operations: Vec::new(),
        containers: Vec::new(),
        annotations: Vec::new(),
    };
    const KNOWN: &[&str] = &[
        "EntityType",
        "ComplexType",
        "EnumType",
        "TypeDefinition",
        "Association",
        "Function",
        "Action",
        "EntityContainer",
        "Annotations",
        "Term",
        "Using",
    ];
    for child in children(element) {
        match &*child.name {
            "EntityType" => schema.types.extend(structured_type(child, Kind::Entity, findings)),
            "ComplexType" => schema.types.extend(structured_type(child, Kind::Complex, findings)),
            "EnumType" => schema.enum_types.extend(enum_type(child, findings)),
            "TypeDefinition" => schema.type_definitions.extend(type_definition(child, findings)),
            "Association" => schema.associations.extend(v3::association(child, findings)),
            "Function" | "Action" => {
                schema.operations.extend(operations::operation(child, findings))
            }
            "EntityContainer" => schema.containers.extend(container::container(child, findings)),
            "Annotations" => {
                if let Some(target) = required(child, "Target", findings) {
                    schema.annotations.push((target, annotations::inline(child, findings)));
                }
            }
            "Using" => {
                let namespace = optional(child, "Namespace");
                if let Some((alias, namespace)) = optional(child, "Alias").zip(namespace) {
                    alias_of(aliases, &alias.value, &namespace.value);
                }
            }
            // Terms are for annotations, which have no types of their own in what is generated.
            "Term" | "ValueTerm" => {}
            _ => unexpected(child, element, KNOWN, findings),
        }
    }
    Some(schema)
}

fn structured_type(
    element: &Element<'_>,
    kind: Kind,
    findings: &mut Findings,
) -> Option<StructuredType> {
    check(element, &[&["Name", "BaseType", "Abstract", "OpenType", "HasStream"]], findings);
    let mut ty = StructuredType {
        kind,
        name: name(element, findings)?,
        base: optional(element, "BaseType").filter(|base| !base.value.trim().is_empty()),
        is_abstract: flag(element, "Abstract", findings),
        is_open: flag(element, "OpenType", findings),
        has_stream: flag(element, "HasStream", findings) || flag(element, "m:HasStream", findings),
        key: Vec::new(),
        properties: Vec::new(),
        navigation: Vec::new(),
        remarks: remarks(element, findings),
        amended: Facts::default(),
        inherited: InheritedFacts::default(),
    };
    for child in children(element) {
        match (&*child.name, kind) {
            ("Key", Kind::Entity) if ty.key.is_empty() => ty.key.extend(key(child, findings)),
            ("Key", Kind::Entity) => {
                let message = format!("the entity type `{}` has a second key", ty.name.value);
                findings.repair("csdl::two-keys", child.span, message);
            }
            ("Property", _) => ty.properties.extend(property(child, findings)),
            ("NavigationProperty", _) => ty.navigation.extend(navigation_property(child, findings)),
            _ => {
                const KNOWN: &[&str] = &["Key", "Property", "NavigationProperty"];
                unexpected(child, element, KNOWN, findings);
            }
        }
    }
    Some(ty)
}

fn key(element: &Element<'_>, findings: &mut Findings) -> Vec<PropertyRef> {
    let mut parts = Vec::new();
    for child in children(element) {
        if child.name == "PropertyRef" {
            check(child, &[&["Name", "Alias"]], findings);
            let alias = optional(child, "Alias");
            parts.extend(required(child, "Name", findings).map(|path| PropertyRef { path, alias }));
        } else {
            unexpected(child, element, &["PropertyRef"], findings);
        }
    }
    parts
}

fn property(element: &Element<'_>, findings: &mut Findings) -> Option<Property> {
    check(element, &[&["Name", "Type", "ConcurrencyMode", "CollectionKind"], FACETS], findings);
    let name = name(element, findings)?;
    let mode = optional(element, "ConcurrencyMode");
    let kind = optional(element, "CollectionKind");
    let mut ty = typed(element, &name, findings)?;
    if kind.is_some_and(|kind| matches!(&*kind.value, "List" | "Bag")) {
        ty.value = format!("Collection({})", ty.value);
    }
    Some(Property {
        ty,
        nullable: boolean(element, "Nullable", findings).map(|nullable| nullable.value),
        max_length: max_length(element, findings),
        facets: facets(element, findings),
        is_concurrency_token: mode.is_some_and(|mode| mode.value.eq_ignore_ascii_case("Fixed")),
        remarks: remarks(element, findings),
        amended: PropertyFacts::default(),
        name,
    })
}

/// The type of an element: its attribute, or what V3 also allows, a child.
pub(crate) fn typed(element: &Element<'_>, name: &Text, findings: &mut Findings) -> Option<Text> {
    let ty = optional(element, "Type");
    let mut inner = None;
    for child in children(element) {
        match &*child.name {
            "TypeRef" | "CollectionType" => inner = type_element(child),
            "RowType" | "ReferenceType" => {
                let message = format!("`{}` is left out: it has a {}", name.value, child.name);
                findings.warning("csdl::left-out", child.span, message);
                return None;
            }
            _ => unexpected(child, element, &["TypeRef", "CollectionType"], findings),
        }
    }
    ty.or(inner).or_else(|| required(element, "Type", findings))
}

/// The type that a `TypeRef` or `CollectionType` stands for.
fn type_element(element: &Element<'_>) -> Option<Text> {
    let inner = || children(element).find_map(type_element);
    if element.name == "TypeRef" {
        return optional(element, "Type").or_else(inner);
    }
    let item = optional(element, "ElementType").or_else(|| optional(element, "Type"));
    let item = item.or_else(inner)?;
    Some(Spanned::new(format!("Collection({})", item.value), item.span))
}

fn navigation_property(
    element: &Element<'_>,
    findings: &mut Findings,
) -> Option<NavigationProperty> {
    const KNOWN: &[&str] = &[
        "Name",
        "Type",
        "Nullable",
        "Partner",
        "ContainsTarget",
        "Relationship",
        "FromRole",
        "ToRole",
    ];
    check(element, &[KNOWN], findings);
    for child in children(element) {
        // They say which properties hold the key of the other end; navigation does not need it.
        if !matches!(&*child.name, "ReferentialConstraint" | "OnDelete") {
            unexpected(child, element, &["ReferentialConstraint", "OnDelete"], findings);
        }
    }
    let name = name(element, findings)?;
    let target = match optional(element, "Relationship") {
        Some(relationship) => NavigationTarget::Association {
            relationship,
            from_role: required(element, "FromRole", findings)?,
            to_role: required(element, "ToRole", findings)?,
        },
        None => NavigationTarget::Type {
            ty: required(element, "Type", findings)?,
            nullable: boolean(element, "Nullable", findings).map(|nullable| nullable.value),
            partner: optional(element, "Partner").filter(|partner| !partner.value.is_empty()),
        },
    };
    Some(NavigationProperty {
        name,
        target,
        contains_target: flag(element, "ContainsTarget", findings),
        remarks: remarks(element, findings),
        amended: NavigationFacts::default(),
    })
}

fn enum_type(element: &Element<'_>, findings: &mut Findings) -> Option<EnumType> {
    check(element, &[&["Name", "UnderlyingType", "IsFlags"]], findings);
    let mut members = Vec::new();
    for child in children(element) {
        if child.name != "Member" {
            unexpected(child, element, &["Member"], findings);
            continue;
        }
        check(child, &[&["Name", "Value"]], findings);
        members.extend(name(child, findings).map(|name| Member {
            name,
            value: optional(child, "Value").filter(|value| !value.value.trim().is_empty()),
            remarks: remarks(child, findings),
        }));
    }
    Some(EnumType {
        name: name(element, findings)?,
        underlying: optional(element, "UnderlyingType"),
        is_flags: flag(element, "IsFlags", findings),
        members,
        remarks: remarks(element, findings),
        amended: EnumFacts::default(),
    })
}

fn type_definition(element: &Element<'_>, findings: &mut Findings) -> Option<TypeDefinition> {
    check(element, &[&["Name", "UnderlyingType"], FACETS], findings);
    without_children(element, findings);
    Some(TypeDefinition {
        name: name(element, findings)?,
        underlying: required(element, "UnderlyingType", findings)?,
        max_length: max_length(element, findings),
        facets: facets(element, findings),
        remarks: remarks(element, findings),
        amended: Facts::default(),
    })
}
