//! What only CSDL 1 to 3 have: associations, and operations that only a container declares.

use crate::csdl::attributes::{boolean, check, flag, name, optional, remarks, required};
use crate::csdl::edmx::unexpected;
use crate::csdl::operations::{parameters, return_type};
use crate::csdl::schema::children;
use crate::csdl::{
    Association, AssociationEnd, AssociationSet, FunctionImport, OperationFacts, ReturnType,
};
use crate::diagnostic::{Findings, Spanned};
use crate::model::Multiplicity;
use crate::xml::Element;

/// Reads an association.
pub(crate) fn association(element: &Element<'_>, findings: &mut Findings) -> Option<Association> {
    check(element, &[&["Name"]], findings);
    let mut ends = Vec::new();
    let mut count = 0;
    for child in children(element) {
        match &*child.name {
            "End" => {
                count += 1;
                ends.extend(association_end(child, findings));
            }
            // Says which properties hold the other end's key; navigation does not need it.
            "ReferentialConstraint" => {}
            _ => unexpected(child, element, &["End", "ReferentialConstraint"], findings),
        }
    }
    let name = name(element, findings)?;
    if count != 2 {
        let message = format!("the association `{}` needs two ends, and has {count}", name.value);
        findings.repair("csdl::association-ends", name.span, message);
    }
    Some(Association { name, ends })
}

fn association_end(element: &Element<'_>, findings: &mut Findings) -> Option<AssociationEnd> {
    check(element, &[&["Type", "Role", "Multiplicity"]], findings);
    let multiplicity = required(element, "Multiplicity", findings)?;
    let value = match multiplicity.value.trim() {
        "*" => Multiplicity::Many,
        "1" | "1..1" => Multiplicity::One,
        "0..1" => Multiplicity::ZeroOrOne,
        other => {
            let message = format!("`Multiplicity` is `{other}`; it is `*`, `1` or `0..1`");
            findings.repair("csdl::bad-value", multiplicity.span, message);
            return None;
        }
    };
    let ty = required(element, "Type", findings)?;
    // An end without a role has that of its type.
    let role = optional(element, "Role").unwrap_or_else(|| {
        let short = ty.value.rsplit('.').next().unwrap_or_default();
        Spanned::new(short.to_owned(), ty.span)
    });
    Some(AssociationEnd { role, ty, multiplicity: Spanned::new(value, multiplicity.span) })
}

/// Reads an association set.
pub(crate) fn association_set(
    element: &Element<'_>,
    findings: &mut Findings,
) -> Option<AssociationSet> {
    check(element, &[&["Name", "Association"]], findings);
    let mut ends = Vec::new();
    for child in children(element) {
        if child.name != "End" {
            unexpected(child, element, &["End"], findings);
            continue;
        }
        check(child, &[&["Role", "EntitySet"]], findings);
        let role = optional(child, "Role");
        ends.extend(required(child, "EntitySet", findings).map(|set| (role, set)));
    }
    Some(AssociationSet {
        name: name(element, findings)?,
        association: required(element, "Association", findings)?,
        ends,
    })
}

/// Reads a function import of V1 to V3.
pub(crate) fn function_import(
    element: &Element<'_>,
    findings: &mut Findings,
) -> Option<FunctionImport> {
    const KNOWN: &[&str] = &[
        "Name",
        "ReturnType",
        "IsBindable",
        "IsSideEffecting",
        "IsComposable",
        "EntitySet",
        "EntitySetPath",
        "MethodAccess",
        "IncludeInServiceDocument",
    ];
    check(element, &[KNOWN], findings);
    let name = name(element, findings)?;
    for child in children(element) {
        if !matches!(&*child.name, "Parameter" | "ReturnType") {
            unexpected(child, element, &["Parameter", "ReturnType"], findings);
        }
    }
    let attribute = optional(element, "ReturnType").filter(|ty| !ty.value.trim().is_empty());
    let result = match attribute {
        Some(ty) => Some(ReturnType { ty, nullable: None }),
        None => return_type(element, &name, findings),
    };
    let effect = boolean(element, "IsSideEffecting", findings);
    Some(FunctionImport {
        parameters: parameters(element, &name, findings),
        result,
        http_method: optional(element, "m:HttpMethod"),
        is_bindable: flag(element, "IsBindable", findings),
        is_composable: flag(element, "IsComposable", findings),
        is_side_effecting: effect.map(|effect| effect.value),
        remarks: remarks(element, findings),
        amended: OperationFacts::default(),
        name,
    })
}
