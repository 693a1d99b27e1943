//! Elements to CSDL. What is not supported yet is refused here, by name.

use crate::csdl::attributes::{Rules, boolean, check, max_length, name, optional, required};
use crate::csdl::{
    Association, AssociationEnd, AssociationSet, EntityContainer, EntitySet, Facts, FunctionImport,
    Kind, NavigationFacts, NavigationProperty, OperationFacts, Parameter, ParameterFacts, Property,
    PropertyFacts, Schema, SetFacts, StructuredType, Text,
};
use crate::diagnostic::{Findings, Spanned};
use crate::model::Multiplicity;
use crate::xml::Element;

const EDMX: &str = "http://schemas.microsoft.com/ado/2007/06/edmx";
const EDMX_V4: &str = "http://docs.oasis-open.org/odata/ns/edmx";

/// The namespaces of CSDL 1.0 to 3.0. Services choose the lowest that their model needs.
const EDM: [&str; 6] = [
    "http://schemas.microsoft.com/ado/2006/04/edm",
    "http://schemas.microsoft.com/ado/2007/05/edm",
    "http://schemas.microsoft.com/ado/2008/01/edm",
    "http://schemas.microsoft.com/ado/2008/09/edm",
    "http://schemas.microsoft.com/ado/2009/11/edm",
    "http://schemas.microsoft.com/ado/2010/02/edm",
];

/// Reads the schemas of a document.
pub(crate) fn parse(root: &Element, findings: &mut Findings) -> Vec<Schema> {
    if root.name != "Edmx" || ![EDMX, EDMX_V4].contains(&root.namespace.as_str()) {
        let message = format!("the document element is <{}>, not <edmx:Edmx>", root.name);
        findings
            .error("csdl::not-edmx", root.span, message)
            .help("a metadata document is what the service answers to `GET $metadata`");
        return Vec::new();
    }
    if root.namespace == EDMX_V4 {
        findings.error("csdl::unsupported", root.span, "EDMX 4.0 is not supported yet");
        return Vec::new();
    }
    let mut schemas = Vec::new();
    check(root, &Rules { read: &["Version"], without_effect: &[], unsupported: &[] }, findings);
    for child in children(root, &[EDMX]) {
        if child.name != "DataServices" {
            unexpected(
                child,
                root,
                &["DataServices"],
                &["Reference", "AnnotationsReference"],
                findings,
            );
            continue;
        }
        let rules = Rules {
            read: &[],
            without_effect: &["m:DataServiceVersion", "m:MaxDataServiceVersion"],
            unsupported: &[],
        };
        check(child, &rules, findings);
        for element in &child.children {
            match element.name.as_str() {
                "Schema" if EDM.contains(&element.namespace.as_str()) => {
                    schemas.extend(schema(element, findings));
                }
                "Schema" => {
                    let message = format!(
                        "schemas in the namespace `{}` are not supported",
                        element.namespace
                    );
                    findings
                        .error("csdl::unsupported", element.span, message)
                        .suggest(&element.namespace, EDM);
                }
                _ => unexpected(element, child, &["Schema"], &[], findings),
            }
        }
    }
    schemas
}

/// The children in one of the namespaces; others are annotations, which a reader may skip.
fn children<'e>(
    element: &'e Element,
    namespaces: &'static [&'static str],
) -> impl Iterator<Item = &'e Element> {
    element.children.iter().filter(|child| namespaces.contains(&child.namespace.as_str()))
}

fn unexpected(
    child: &Element,
    parent: &Element,
    known: &[&str],
    unsupported: &[&str],
    findings: &mut Findings,
) {
    let (child_name, parent_name) = (&child.name, &parent.name);
    if unsupported.contains(&child_name.as_str()) {
        let message = format!("<{child_name}> in {parent_name} is not supported yet");
        findings.error("csdl::unsupported", child.span, message);
    } else {
        let message = format!("<{child_name}> does not belong in {parent_name}");
        findings
            .error("csdl::unknown-element", child.span, message)
            .suggest(child_name, known.iter().copied());
    }
}

fn schema(element: &Element, findings: &mut Findings) -> Option<Schema> {
    let rules = Rules { read: &["Namespace", "Alias"], without_effect: &[], unsupported: &[] };
    check(element, &rules, findings);
    let namespace = required(element, "Namespace", findings)?;
    if !namespace.value.split('.').all(super::is_identifier) {
        let message = format!("`{}` is not a namespace", namespace.value);
        findings.error("csdl::bad-name", namespace.span, message);
        return None;
    }
    let mut schema = Schema {
        namespace,
        alias: optional(element, "Alias"),
        types: Vec::new(),
        associations: Vec::new(),
        containers: Vec::new(),
    };
    const KNOWN: &[&str] = &["EntityType", "ComplexType", "Association", "EntityContainer"];
    const UNSUPPORTED: &[&str] = &[
        "EnumType",
        "Documentation",
        "Using",
        "Function",
        "ValueTerm",
        "Annotations",
        "ValueAnnotation",
    ];
    for child in children(element, &EDM) {
        match child.name.as_str() {
            "EntityType" => schema.types.extend(structured_type(child, Kind::Entity, findings)),
            "ComplexType" => schema.types.extend(structured_type(child, Kind::Complex, findings)),
            "Association" => schema.associations.extend(association(child, findings)),
            "EntityContainer" => schema.containers.extend(container(child, findings)),
            _ => unexpected(child, element, KNOWN, UNSUPPORTED, findings),
        }
    }
    Some(schema)
}

fn structured_type(
    element: &Element,
    kind: Kind,
    findings: &mut Findings,
) -> Option<StructuredType> {
    let rules = Rules {
        read: &["Name"],
        without_effect: &[],
        unsupported: &[
            ("BaseType", ""),
            ("Abstract", "false"),
            ("OpenType", "false"),
            ("m:HasStream", "false"),
        ],
    };
    check(element, &rules, findings);
    let mut ty = StructuredType {
        kind,
        name: name(element, findings)?,
        key: Vec::new(),
        properties: Vec::new(),
        navigation: Vec::new(),
        amended: Facts::default(),
    };
    for child in children(element, &EDM) {
        match (child.name.as_str(), kind) {
            ("Key", Kind::Entity) => ty.key.extend(key(child, findings)),
            ("Property", _) => ty.properties.extend(property(child, findings)),
            ("NavigationProperty", Kind::Entity) => {
                ty.navigation.extend(navigation_property(child, findings));
            }
            _ => {
                const KNOWN: &[&str] = &["Key", "Property", "NavigationProperty"];
                unexpected(child, element, KNOWN, &["Documentation", "ValueAnnotation"], findings);
            }
        }
    }
    Some(ty)
}

fn key(element: &Element, findings: &mut Findings) -> Vec<Text> {
    let mut names = Vec::new();
    for child in children(element, &EDM) {
        if child.name == "PropertyRef" {
            names.extend(name(child, findings));
        } else {
            unexpected(child, element, &["PropertyRef"], &["Documentation"], findings);
        }
    }
    names
}

fn property(element: &Element, findings: &mut Findings) -> Option<Property> {
    let rules = Rules {
        read: &["Name", "Type", "Nullable", "MaxLength"],
        without_effect: &[
            "FixedLength",
            "Unicode",
            "Precision",
            "Scale",
            "Collation",
            "DefaultValue",
            "SRID",
            "m:MimeType",
            "m:FC_TargetPath",
            "m:FC_ContentKind",
            "m:FC_KeepInContent",
            "m:FC_NsPrefix",
            "m:FC_NsUri",
            "m:FC_SourcePath",
        ],
        unsupported: &[("ConcurrencyMode", "None"), ("CollectionKind", "None")],
    };
    check(element, &rules, findings);
    without_children(element, findings);
    Some(Property {
        name: name(element, findings)?,
        ty: required(element, "Type", findings)?,
        nullable: boolean(element, "Nullable", findings).map(|nullable| nullable.value),
        max_length: max_length(element, findings),
        amended: PropertyFacts::default(),
    })
}

fn navigation_property(element: &Element, findings: &mut Findings) -> Option<NavigationProperty> {
    let rules = Rules {
        read: &["Name", "Relationship", "FromRole", "ToRole"],
        without_effect: &[],
        unsupported: &[("ContainsTarget", "false")],
    };
    check(element, &rules, findings);
    without_children(element, findings);
    Some(NavigationProperty {
        name: name(element, findings)?,
        relationship: required(element, "Relationship", findings)?,
        from_role: required(element, "FromRole", findings)?,
        to_role: required(element, "ToRole", findings)?,
        amended: NavigationFacts::default(),
    })
}

fn association(element: &Element, findings: &mut Findings) -> Option<Association> {
    check(element, &Rules { read: &["Name"], without_effect: &[], unsupported: &[] }, findings);
    let mut ends = Vec::new();
    let mut count = 0;
    for child in children(element, &EDM) {
        match child.name.as_str() {
            "End" => {
                count += 1;
                ends.extend(association_end(child, findings));
            }
            // Says which properties hold the other end's key; navigation does not need it.
            "ReferentialConstraint" => {}
            _ => unexpected(child, element, &["End"], &["Documentation"], findings),
        }
    }
    let name = name(element, findings)?;
    if count != 2 {
        let message = format!("the association `{}` needs two ends, and has {count}", name.value);
        findings.error("csdl::association-ends", name.span, message);
        return None;
    }
    Some(Association { name, ends })
}

fn association_end(element: &Element, findings: &mut Findings) -> Option<AssociationEnd> {
    let rules =
        Rules { read: &["Type", "Role", "Multiplicity"], without_effect: &[], unsupported: &[] };
    check(element, &rules, findings);
    let multiplicity = required(element, "Multiplicity", findings)?;
    let value = match multiplicity.value.trim() {
        "*" => Multiplicity::Many,
        "1" => Multiplicity::One,
        "0..1" => Multiplicity::ZeroOrOne,
        other => {
            let message = format!("`Multiplicity` is `{other}`; it is `*`, `1` or `0..1`");
            findings.error("csdl::bad-value", multiplicity.span, message);
            return None;
        }
    };
    Some(AssociationEnd {
        ty: required(element, "Type", findings)?,
        role: required(element, "Role", findings)?,
        multiplicity: Spanned::new(value, multiplicity.span),
    })
}

fn container(element: &Element, findings: &mut Findings) -> Option<EntityContainer> {
    let rules = Rules {
        read: &["Name"],
        without_effect: &["m:IsDefaultEntityContainer"],
        unsupported: &[("Extends", "")],
    };
    check(element, &rules, findings);
    let mut container = EntityContainer {
        name: name(element, findings)?,
        entity_sets: Vec::new(),
        association_sets: Vec::new(),
        function_imports: Vec::new(),
        amended: Facts::default(),
    };
    for child in children(element, &EDM) {
        match child.name.as_str() {
            "EntitySet" => container.entity_sets.extend(entity_set(child, findings)),
            "AssociationSet" => container.association_sets.extend(association_set(child, findings)),
            "FunctionImport" => container.function_imports.extend(function_import(child, findings)),
            _ => {
                const KNOWN: &[&str] = &["EntitySet", "AssociationSet", "FunctionImport"];
                unexpected(child, element, KNOWN, &["Documentation", "ValueAnnotation"], findings);
            }
        }
    }
    Some(container)
}

fn entity_set(element: &Element, findings: &mut Findings) -> Option<EntitySet> {
    let rules = Rules { read: &["Name", "EntityType"], without_effect: &[], unsupported: &[] };
    check(element, &rules, findings);
    without_children(element, findings);
    Some(EntitySet {
        name: name(element, findings)?,
        entity_type: required(element, "EntityType", findings)?,
        amended: SetFacts::default(),
    })
}

fn association_set(element: &Element, findings: &mut Findings) -> Option<AssociationSet> {
    let rules = Rules { read: &["Name", "Association"], without_effect: &[], unsupported: &[] };
    check(element, &rules, findings);
    let mut ends = Vec::new();
    for child in children(element, &EDM) {
        if child.name != "End" {
            unexpected(child, element, &["End"], &["Documentation"], findings);
            continue;
        }
        let rules = Rules { read: &["Role", "EntitySet"], without_effect: &[], unsupported: &[] };
        check(child, &rules, findings);
        let role = required(child, "Role", findings);
        ends.extend(role.zip(required(child, "EntitySet", findings)));
    }
    Some(AssociationSet {
        name: name(element, findings)?,
        association: required(element, "Association", findings)?,
        ends,
    })
}

fn function_import(element: &Element, findings: &mut Findings) -> Option<FunctionImport> {
    let rules = Rules {
        read: &["Name", "ReturnType", "IsBindable", "IsSideEffecting", "m:HttpMethod"],
        // EntitySet and EntitySetPath matter only to results that are entities, which are refused.
        without_effect: &["EntitySet", "EntitySetPath", "m:IsAlwaysBindable", "m:MimeType"],
        unsupported: &[("IsComposable", "false")],
    };
    check(element, &rules, findings);
    let mut parameters = Vec::new();
    for child in children(element, &EDM) {
        if child.name == "Parameter" {
            parameters.extend(parameter(child, findings));
        } else {
            unexpected(child, element, &["Parameter"], &["ReturnType", "Documentation"], findings);
        }
    }
    let is_bindable = boolean(element, "IsBindable", findings);
    Some(FunctionImport {
        name: name(element, findings)?,
        return_type: optional(element, "ReturnType"),
        http_method: optional(element, "m:HttpMethod"),
        is_bindable: is_bindable.is_some_and(|bindable| bindable.value),
        is_side_effecting: boolean(element, "IsSideEffecting", findings),
        parameters,
        amended: OperationFacts::default(),
    })
}

fn parameter(element: &Element, findings: &mut Findings) -> Option<Parameter> {
    let rules = Rules {
        read: &["Name", "Type", "Nullable"],
        without_effect: &["MaxLength", "Precision", "Scale", "SRID", "FixedLength", "Unicode"],
        unsupported: &[("Mode", "In")],
    };
    check(element, &rules, findings);
    without_children(element, findings);
    Some(Parameter {
        name: name(element, findings)?,
        ty: required(element, "Type", findings)?,
        nullable: boolean(element, "Nullable", findings).map(|nullable| nullable.value),
        amended: ParameterFacts::default(),
    })
}

fn without_children(element: &Element, findings: &mut Findings) {
    for child in children(element, &EDM) {
        unexpected(child, element, &[], &["Documentation", "ValueAnnotation", "TypeRef"], findings);
    }
}
