//! The entity container: sets and operations.

use std::collections::BTreeMap;

use crate::csdl::{self, Edmx, Text};
use crate::diagnostic::Findings;
use crate::model::index::Index;
use crate::model::resolve::{Scope, label, unique};
use crate::model::{
    Allow, Binding, Container, EntitySet, EntityTypeId, Model, Operation, OperationKind, Parameter,
    Type,
};

/// The container without contents; `None` after an error.
pub(crate) fn empty(edmx: &Edmx, findings: &mut Findings) -> Option<Container> {
    let mut containers = edmx.containers();
    let Some(only) = containers.next() else {
        findings.error("csdl::no-container", edmx.start(), "there is no EntityContainer");
        return None;
    };
    if let Some(second) = containers.next() {
        let message = "several entity containers are not supported yet";
        findings
            .error("csdl::unsupported", second.name.span, message)
            .related(only.name.span, "the first one");
        return None;
    }
    Some(Container {
        label: label(&only.name, &only.amended),
        namespace: edmx.home.clone(),
        is_default: true,
        entity_sets: Vec::new(),
        singletons: Vec::new(),
        operations: Vec::new(),
    })
}

/// Resolves entity sets, association sets and function imports.
pub(crate) fn fill(model: &mut Model, edmx: &Edmx, index: &Index<'_>, findings: &mut Findings) {
    let Some(container) = edmx.containers().next() else { return };
    unique("entity set", container.entity_sets.iter().map(|set| &set.name), findings);
    let mut scope = Scope { index, model, findings };
    let mut sets = Vec::new();
    for set in &container.entity_sets {
        sets.extend(scope.entity_set(set));
    }
    let mut bound: BTreeMap<EntityTypeId, Vec<Operation>> = BTreeMap::new();
    let mut unbound = Vec::new();
    for import in &container.function_imports {
        match scope.operation(import) {
            Some((Some(binding), operation)) => bound.entry(binding).or_default().push(operation),
            Some((None, operation)) => unbound.push(operation),
            None => {}
        }
    }
    for set in &container.association_sets {
        scope.association_set(set, container);
    }
    for operations in bound.values() {
        unique_operations(operations, findings);
    }
    unique_operations(&unbound, findings);
    for (binding, operations) in bound {
        if let Some(ty) = model.entity_types.get_mut(binding.0) {
            ty.operations = operations;
        }
    }
    if let Some(container) = model.containers.first_mut() {
        container.entity_sets = sets;
        container.operations = unbound;
    }
}

fn unique_operations(operations: &[Operation], findings: &mut Findings) {
    let names: Vec<Text> = (operations.iter())
        .map(|operation| Text::new(operation.label.name.clone(), operation.label.span))
        .collect();
    unique("operation", &names, findings);
}

impl Scope<'_, '_> {
    fn entity_set(&mut self, declared: &csdl::EntitySet) -> Option<EntitySet> {
        match self.index.resolve(&declared.entity_type, self.findings)? {
            Type::Entity(entity_type) => Some(EntitySet {
                label: label(&declared.name, &declared.amended.common),
                entity_type,
                allow: declared.amended.allow.unwrap_or(Allow::ALL),
            }),
            _ => {
                let message = format!("`{}` is not an entity type", declared.entity_type.value);
                self.findings.error("csdl::wrong-type", declared.entity_type.span, message);
                None
            }
        }
    }

    /// Association sets say which entity sets navigation stays in. Generated code does not need
    /// them, but one that contradicts the document is a mistake worth reporting.
    fn association_set(&mut self, set: &csdl::AssociationSet, container: &csdl::EntityContainer) {
        let Some(ends) = self.index.association(&set.association, self.findings) else { return };
        for (role, entity_set) in &set.ends {
            if !ends.iter().any(|end| end.role.value == role.value) {
                let message = format!(
                    "the association `{}` has no end with the role `{}`",
                    set.association.value, role.value
                );
                self.findings
                    .error("csdl::association-ends", role.span, message)
                    .suggest(&role.value, ends.iter().map(|end| end.role.value.as_str()));
            }
            if !container.entity_sets.iter().any(|known| known.name.value == entity_set.value) {
                let names = container.entity_sets.iter().map(|known| known.name.value.as_str());
                let message = format!(
                    "the association set `{}` names the entity set `{}`, which there is not",
                    set.name.value, entity_set.value
                );
                self.findings
                    .error("csdl::unknown-entity-set", entity_set.span, message)
                    .suggest(&entity_set.value, names);
            }
        }
    }

    /// An operation, with the type it is bound to.
    fn operation(
        &mut self,
        declared: &csdl::FunctionImport,
    ) -> Option<(Option<EntityTypeId>, Operation)> {
        unique(
            "parameter",
            declared.parameters.iter().map(|parameter| &parameter.name),
            self.findings,
        );
        let (binding, rest) = match declared.parameters.split_first() {
            Some((first, rest)) if declared.is_bindable => (Some(self.binding(first)?), rest),
            _ if declared.is_bindable => {
                let message = "a bindable operation needs a parameter to be bound to";
                self.findings.error("csdl::unbound", declared.name.span, message);
                return None;
            }
            _ => (None, declared.parameters.as_slice()),
        };
        let method = self.method(declared)?;
        let mut parameters = Vec::new();
        for parameter in rest {
            parameters.push(self.parameter(parameter, binding.is_none())?);
        }
        let operation = Operation {
            label: label(&declared.name, &declared.amended.common),
            namespace: None,
            kind: if binding.is_some() { OperationKind::Action } else { OperationKind::Service },
            binding: if binding.is_some() { Binding::One } else { Binding::Unbound },
            method,
            is_composable: false,
            parameters,
            result: self.result(declared)?,
            result_nullable: false,
        };
        Some((binding, operation))
    }

    fn binding(&mut self, parameter: &csdl::Parameter) -> Option<EntityTypeId> {
        match self.index.resolve(&parameter.ty, self.findings)? {
            Type::Entity(id) => Some(id),
            Type::Collection(_) => {
                let message = "operations bound to a collection are not supported yet";
                self.findings.error("csdl::unsupported", parameter.ty.span, message);
                None
            }
            _ => {
                let message = "an operation can only be bound to an entity";
                self.findings.error("csdl::wrong-type", parameter.ty.span, message);
                None
            }
        }
    }

    /// A service operation says its method; an action is a POST.
    fn method(&mut self, declared: &csdl::FunctionImport) -> Option<&'static str> {
        let unsupported = |findings: &mut Findings, span, what: &str| {
            findings.error("csdl::unsupported", span, format!("{what} are not supported yet"));
            None
        };
        if let Some(effect) = declared.is_side_effecting.as_ref().filter(|effect| !effect.value) {
            return unsupported(self.findings, effect.span, "functions without side effects");
        }
        let Some(method) = &declared.http_method else {
            return match declared.is_bindable {
                true => Some("POST"),
                false => {
                    unsupported(self.findings, declared.name.span, "actions that are not bound")
                }
            };
        };
        match method.value.as_str() {
            _ if declared.is_bindable => unsupported(
                self.findings,
                method.span,
                "bound operations with a method of their own",
            ),
            "GET" => Some("GET"),
            "POST" => Some("POST"),
            other => {
                let message = format!("`m:HttpMethod` is `{other}`; it is `GET` or `POST`");
                self.findings.error("csdl::bad-value", method.span, message);
                None
            }
        }
    }

    fn parameter(&mut self, declared: &csdl::Parameter, in_url: bool) -> Option<Parameter> {
        let document = self.index.resolve(&declared.ty, self.findings)?;
        let ty = match &declared.amended.ty {
            Some(better) => self.amended_type(&document, better)?,
            None => document,
        };
        let item = match &ty {
            Type::Collection(item) if !in_url => item,
            ty => ty,
        };
        let refused = match item {
            Type::Entity(_) => true,
            Type::Complex(_) | Type::Collection(_) => in_url,
            _ => false,
        };
        if refused {
            let message =
                format!("parameters of type `{}` are not supported yet", declared.ty.value);
            self.findings.error("csdl::unsupported", declared.ty.span, message);
            return None;
        }
        // Services write no `Nullable` on text parameters whether or not they can do without, so
        // only what says `true` is optional.
        let nullable = declared.amended.nullable.or(declared.nullable).unwrap_or(false);
        Some(Parameter {
            label: label(&declared.name, &declared.amended.common),
            nullable: nullable && !matches!(ty, Type::Collection(_)),
            ty,
        })
    }

    /// The result: `Some(None)` if there is none, `None` after an error.
    fn result(&mut self, declared: &csdl::FunctionImport) -> Option<Option<Type>> {
        let Some(written) = &declared.return_type else {
            if let Some(better) = &declared.amended.result {
                let message =
                    format!("the operation `{}` has no result to amend", declared.name.value);
                self.findings.error("amend::does-not-apply", better.span, message);
                return None;
            }
            return Some(None);
        };
        let document = self.index.resolve(written, self.findings)?;
        let ty = match &declared.amended.result {
            Some(better) => self.amended_type(&document, better)?,
            None => document,
        };
        let item = if let Type::Collection(item) = &ty { item } else { &ty };
        if matches!(item, Type::Entity(_)) {
            let message = "operations whose result is an entity are not supported yet";
            self.findings.error("csdl::unsupported", written.span, message);
            return None;
        }
        Some(Some(ty))
    }
}
