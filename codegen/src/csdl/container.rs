//! Entity containers and what is in them.

use crate::csdl::attributes::{check, flag, name, optional, remarks, required};
use crate::csdl::edmx::unexpected;
use crate::csdl::schema::{children, without_children};
use crate::csdl::{
    EntityContainer, EntitySet, Facts, NavigationPropertyBinding, OperationFacts, OperationImport,
    SetFacts, Singleton, v3,
};
use crate::diagnostic::Findings;
use crate::model::OperationKind;
use crate::xml::Element;

/// Reads a container.
pub(crate) fn container(element: &Element<'_>, findings: &mut Findings) -> Option<EntityContainer> {
    check(element, &[&["Name", "Extends", "TypeAccess", "LazyLoadingEnabled"]], findings);
    let mut container = EntityContainer {
        name: name(element, findings)?,
        extends: optional(element, "Extends").filter(|base| !base.value.trim().is_empty()),
        is_default: flag(element, "m:IsDefaultEntityContainer", findings),
        entity_sets: Vec::new(),
        singletons: Vec::new(),
        association_sets: Vec::new(),
        function_imports: Vec::new(),
        operation_imports: Vec::new(),
        remarks: remarks(element, findings),
        amended: Facts::default(),
    };
    for child in children(element) {
        match &*child.name {
            "EntitySet" => container.entity_sets.extend(entity_set(child, findings)),
            "Singleton" => container.singletons.extend(singleton(child, findings)),
            "AssociationSet" => {
                container.association_sets.extend(v3::association_set(child, findings));
            }
            "FunctionImport" if optional(child, "Function").is_none() => {
                container.function_imports.extend(v3::function_import(child, findings));
            }
            "FunctionImport" => {
                let import = operation_import(child, OperationKind::Function, "Function", findings);
                container.operation_imports.extend(import);
            }
            "ActionImport" => {
                let import = operation_import(child, OperationKind::Action, "Action", findings);
                container.operation_imports.extend(import);
            }
            _ => {
                const KNOWN: &[&str] =
                    &["EntitySet", "Singleton", "AssociationSet", "FunctionImport", "ActionImport"];
                unexpected(child, element, KNOWN, findings);
            }
        }
    }
    Some(container)
}

fn entity_set(element: &Element<'_>, findings: &mut Findings) -> Option<EntitySet> {
    check(element, &[&["Name", "EntityType", "IncludeInServiceDocument"]], findings);
    Some(EntitySet {
        name: name(element, findings)?,
        entity_type: required(element, "EntityType", findings)?,
        bindings: bindings(element, findings),
        remarks: remarks(element, findings),
        amended: SetFacts::default(),
    })
}

fn singleton(element: &Element<'_>, findings: &mut Findings) -> Option<Singleton> {
    check(element, &[&["Name", "Type", "Nullable", "IncludeInServiceDocument"]], findings);
    Some(Singleton {
        name: name(element, findings)?,
        entity_type: required(element, "Type", findings)?,
        bindings: bindings(element, findings),
        remarks: remarks(element, findings),
        amended: Facts::default(),
    })
}

fn bindings(element: &Element<'_>, findings: &mut Findings) -> Vec<NavigationPropertyBinding> {
    let mut list = Vec::new();
    for child in children(element) {
        if child.name != "NavigationPropertyBinding" {
            unexpected(child, element, &["NavigationPropertyBinding"], findings);
            continue;
        }
        check(child, &[&["Path", "Target"]], findings);
        let path = required(child, "Path", findings);
        let target = required(child, "Target", findings);
        list.extend(
            path.zip(target).map(|(path, target)| NavigationPropertyBinding { path, target }),
        );
    }
    list
}

fn operation_import(
    element: &Element<'_>,
    kind: OperationKind,
    operation: &str,
    findings: &mut Findings,
) -> Option<OperationImport> {
    check(element, &[&["Name", operation, "EntitySet", "IncludeInServiceDocument"]], findings);
    without_children(element, findings);
    Some(OperationImport {
        kind,
        name: name(element, findings)?,
        operation: required(element, operation, findings)?,
        remarks: remarks(element, findings),
        amended: OperationFacts::default(),
        amended_parameters: Vec::new(),
    })
}
