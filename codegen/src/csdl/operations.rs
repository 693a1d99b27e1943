//! Functions and actions, and what they have in common with function imports: parameters and
//! results.

use crate::csdl::attributes::{FACETS, boolean, check, flag, name, optional, remarks};
use crate::csdl::edmx::unexpected;
use crate::csdl::schema::{children, typed};
use crate::csdl::{Operation, OperationFacts, Parameter, ParameterFacts, ReturnType, Text};
use crate::diagnostic::Findings;
use crate::model::OperationKind;
use crate::xml::Element;

/// Reads a function or an action of a schema.
pub(crate) fn operation(element: &Element<'_>, findings: &mut Findings) -> Option<Operation> {
    const KNOWN: &[&str] = &["Name", "IsBound", "IsComposable", "EntitySetPath", "ReturnType"];
    check(element, &[KNOWN], findings);
    let name = name(element, findings)?;
    for child in children(element) {
        match &*child.name {
            "Parameter" | "ReturnType" => {}
            // Until V3 a function of a schema is a query of the model behind the service.
            "DefiningExpression" => {
                let message = format!(
                    "the function `{}` is left out: it is no operation of the service",
                    name.value
                );
                findings.warning("csdl::left-out", element.span, message);
                return None;
            }
            _ => unexpected(child, element, &["Parameter", "ReturnType"], findings),
        }
    }
    let kind = match &*element.name {
        "Action" => OperationKind::Action,
        _ => OperationKind::Function,
    };
    let attribute = optional(element, "ReturnType");
    let result = match attribute {
        Some(ty) => Some(ReturnType { ty, nullable: None }),
        None => return_type(element, &name, findings),
    };
    if kind == OperationKind::Function && result.is_none() {
        let message = format!("the function `{}` has no ReturnType", name.value);
        findings.repair("csdl::no-return-type", name.span, message);
    }
    Some(Operation {
        kind,
        is_bound: flag(element, "IsBound", findings),
        is_composable: flag(element, "IsComposable", findings),
        parameters: parameters(element, &name, findings),
        result,
        remarks: remarks(element, findings),
        amended: OperationFacts::default(),
        name,
    })
}

/// The `ReturnType` child of an operation.
pub(crate) fn return_type(
    element: &Element<'_>,
    operation: &Text,
    findings: &mut Findings,
) -> Option<ReturnType> {
    let child = children(element).find(|child| child.name == "ReturnType")?;
    check(child, &[&["Type", "EntitySet", "EntitySetPath"], FACETS], findings);
    let ty = typed(child, operation, findings)?;
    Some(ReturnType { ty, nullable: boolean(child, "Nullable", findings).map(|found| found.value) })
}

/// The parameters of an operation.
pub(crate) fn parameters(
    element: &Element<'_>,
    operation: &Text,
    findings: &mut Findings,
) -> Vec<Parameter> {
    let mut list = Vec::new();
    for child in children(element).filter(|child| child.name == "Parameter") {
        check(child, &[&["Name", "Type", "Mode"], FACETS], findings);
        let Some(name) = name(child, findings) else { continue };
        if let Some(mode) = optional(child, "Mode").filter(|mode| mode.value.trim() == "Out") {
            let message = format!(
                "the parameter `{}` of `{}` is left out: OData has no results beside the result",
                name.value, operation.value
            );
            findings.warning("csdl::left-out", mode.span, message);
            continue;
        }
        let Some(ty) = typed(child, &name, findings) else { continue };
        list.push(Parameter {
            name,
            ty,
            nullable: boolean(child, "Nullable", findings).map(|nullable| nullable.value),
            remarks: remarks(child, findings),
            amended: ParameterFacts::default(),
        });
    }
    list
}
