//! Amendments to operations of every kind: function imports of V1 to V3, functions and actions
//! that are bound to a type, and imports of those that are not.

use crate::amend::apply::{does_not_apply, qualify};
use crate::csdl::{self, Edmx, OperationFacts, ParameterFacts, Text};
use crate::diagnostic::Findings;

/// Parameters by name, with what is said of them.
type Parameters = [(Text, ParameterFacts)];

/// Applies to every overload of an operation; there must be at least one.
pub(crate) fn apply(
    edmx: &mut Edmx,
    key: &Text,
    facts: &OperationFacts,
    parameters: &Parameters,
    findings: &mut Findings,
) {
    let (owner, name) = match key.value.rsplit_once('.') {
        Some((owner, name)) => (Some(qualify(edmx, owner)), name.to_owned()),
        None => (None, key.value.clone()),
    };
    let owner = owner.map(|(namespace, name)| format!("{namespace}.{name}"));
    let mut schemas = std::mem::take(&mut edmx.schemas);
    let mut found = false;
    let mut names = Vec::new();
    // The parameters that the overloads have.
    let mut known: Vec<String> = Vec::new();
    let mut unbound: Vec<String> = Vec::new();
    for schema in &mut schemas {
        for container in &mut schema.containers {
            for import in &mut container.function_imports {
                let binding = bound_to(edmx, import.is_bindable, &import.parameters);
                names.push(title(binding.as_deref(), &import.name.value));
                if import.name.value == name && binding == owner {
                    found = true;
                    import.amended.merge(facts);
                    amend(&mut import.parameters, import.is_bindable, parameters, &mut known);
                }
            }
            for import in &mut container.operation_imports {
                names.push(import.name.value.clone());
                if import.name.value == name && owner.is_none() {
                    found = true;
                    import.amended.merge(facts);
                    import.amended_parameters.extend(parameters.iter().cloned());
                    unbound
                        .push(edmx.expand(import.operation.span.source, &import.operation.value));
                }
            }
        }
        for operation in schema.operations.iter_mut().filter(|operation| operation.is_bound) {
            let binding = bound_to(edmx, true, &operation.parameters);
            names.push(title(binding.as_deref(), &operation.name.value));
            if operation.name.value == name && binding == owner {
                found = true;
                operation.amended.merge(facts);
                amend(&mut operation.parameters, true, parameters, &mut known);
            }
        }
    }
    for schema in &schemas {
        for operation in schema.operations.iter().filter(|operation| !operation.is_bound) {
            let qualified = format!("{}.{}", schema.namespace.value, operation.name.value);
            if unbound.contains(&qualified) {
                known.extend(operation.parameters.iter().map(|p| p.name.value.clone()));
            }
        }
    }
    edmx.schemas = schemas;
    if !found {
        let message = format!("there is no operation `{}`", key.value);
        return does_not_apply(key, message, findings, names.iter().map(String::as_str));
    }
    for (parameter, _) in parameters {
        if !known.contains(&parameter.value) {
            let message = format!("`{}` has no parameter `{}`", key.value, parameter.value);
            does_not_apply(parameter, message, findings, known.iter().map(String::as_str));
        }
    }
}

/// The type that an operation is bound to, qualified; its item type for a collection.
fn bound_to(edmx: &Edmx, is_bound: bool, parameters: &[csdl::Parameter]) -> Option<String> {
    let ty = &parameters.first().filter(|_| is_bound)?.ty;
    let name = ty.value.trim();
    let item = name.strip_prefix("Collection(").and_then(|name| name.strip_suffix(')'));
    Some(edmx.expand(ty.span.source, item.unwrap_or(name)))
}

/// How an amendment names an operation.
fn title(binding: Option<&str>, name: &str) -> String {
    match binding {
        Some(ty) => format!("{}.{name}", ty.rsplit('.').next().unwrap_or(ty)),
        None => name.to_owned(),
    }
}

/// Applies to parameters, other than the one that an operation is bound to.
fn amend(
    declared: &mut [csdl::Parameter],
    is_bound: bool,
    parameters: &Parameters,
    known: &mut Vec<String>,
) {
    for parameter in declared.iter_mut().skip(usize::from(is_bound)) {
        known.push(parameter.name.value.clone());
        for (_, facts) in parameters.iter().filter(|(name, _)| name.value == parameter.name.value) {
            parameter.amended.merge(facts);
        }
    }
}
