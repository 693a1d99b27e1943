//! Service operations, functions and actions.

use std::collections::BTreeSet;

use crate::csdl::{self, Text};
use crate::diagnostic::{Findings, Span};
use crate::model::annotations::Target;
use crate::model::resolve::{Scope, label, unique};
use crate::model::{
    Binding, Operation, OperationKind, Parameter, Primitive, StructuredType, Type, Version,
};

/// What an operation is bound to, if it is.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// An entity type or a complex type.
    ty: Type,
    is_collection: bool,
}

/// Operations that have been resolved, each with what it is bound to.
pub(crate) type Found = (Option<Bound>, Operation);

impl Scope<'_, '_> {
    /// A function import of V1 to V3.
    pub(crate) fn function_import(
        &mut self,
        target: Target<'_, '_>,
        declared: &csdl::FunctionImport,
    ) -> Option<Found> {
        let name = &declared.name;
        let (bound, rest) = match declared.is_bindable {
            true => {
                let (bound, rest) = self.bound(name, &declared.parameters)?;
                (Some(bound), rest)
            }
            false => (None, declared.parameters.as_slice()),
        };
        let (kind, method) = self.method(declared)?;
        let notes = target.member(&name.value, &declared.remarks);
        let mut label = label(name, &notes, &declared.amended.common);
        label.deprecated = notes.deprecated();
        // Services write no `Nullable` on text parameters whether or not they can do without, so
        // only what says `true` is optional.
        let parameters = self.parameters(name, rest, false, &[])?;
        let operation = Operation {
            label,
            namespace: None,
            kind,
            binding: Bound::binding(bound.as_ref()),
            method,
            is_composable: declared.is_composable,
            parameters,
            result: self.result(name, declared.result.as_ref(), &declared.amended.result)?,
            result_nullable: false,
        };
        Some((bound, operation))
    }

    /// How a function import of V1 to V3 is called: one that names a method is a service
    /// operation; since V3 one without is an action, or a function if it has no effect.
    fn method(&mut self, declared: &csdl::FunctionImport) -> Option<(OperationKind, &'static str)> {
        let Some(method) = &declared.http_method else {
            if declared.is_side_effecting == Some(false) || declared.is_composable {
                return Some((OperationKind::Function, "GET"));
            }
            if self.model.version >= Version::V3 || declared.is_bindable {
                return Some((OperationKind::Action, "POST"));
            }
            let message = format!("`{}` names no `m:HttpMethod`; GET is used", declared.name.value);
            self.findings.warning("csdl::no-http-method", declared.name.span, message);
            return Some((OperationKind::Service, "GET"));
        };
        const METHODS: [&str; 6] = ["GET", "POST", "PUT", "MERGE", "PATCH", "DELETE"];
        let written = method.value.trim();
        let known = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(written));
        if known != Some(written) {
            let message =
                format!("`m:HttpMethod` is `{written}`; it is one of {}", METHODS.join(", "));
            self.findings.repair("csdl::bad-value", method.span, message);
        }
        let known = known?;
        Some(match (declared.is_bindable, known) {
            (false, method) => (OperationKind::Service, method),
            (true, "GET") => (OperationKind::Function, "GET"),
            (true, method) => (OperationKind::Action, method),
        })
    }

    /// A function or an action of a schema, bound to a type.
    pub(crate) fn bound_operation(
        &mut self,
        namespace: &str,
        declared: &csdl::Operation,
    ) -> Option<Found> {
        let (bound, rest) = self.bound(&declared.name, &declared.parameters)?;
        let target = self.index.targets.of(namespace, &declared.name.value);
        let notes = target.notes(&declared.remarks);
        let parts = Signature { name: &declared.name, bound: Some(&bound), rest, more: &[] };
        let mut operation = self.operation(&parts, declared)?;
        operation.label = label(&declared.name, &notes, &declared.amended.common);
        operation.namespace = Some(namespace.to_owned());
        Some((Some(bound), operation))
    }

    /// The overloads of a function or an action that a container imports.
    pub(crate) fn operation_import(
        &mut self,
        target: Target<'_, '_>,
        import: &csdl::OperationImport,
    ) -> Vec<Operation> {
        let Some(overloads) = self.index.operation(&import.operation, self.findings) else {
            return Vec::new();
        };
        let overloads: Vec<_> = overloads
            .iter()
            .copied()
            .filter(|declared| !declared.is_bound && declared.kind == import.kind)
            .collect();
        if overloads.is_empty() {
            let message = format!(
                "`{}` imports `{}`, which is bound",
                import.name.value, import.operation.value
            );
            self.findings.repair("csdl::unresolved-operation", import.operation.span, message);
        }
        let mut list = Vec::new();
        for declared in overloads {
            let parts = Signature {
                name: &import.name,
                bound: None,
                rest: &declared.parameters,
                more: &import.amended_parameters,
            };
            let Some(mut operation) = self.operation(&parts, declared) else { continue };
            let notes = target.member(&import.name.value, &import.remarks);
            operation.label = label(&import.name, &notes, &import.amended.common);
            if let Some(better) = &import.amended.result {
                operation.result = match &operation.result {
                    Some(document) => self.amended_type(document, better).or(operation.result),
                    None => self.no_result(&import.name, better),
                };
            }
            if operation.label.doc.is_none() || operation.label.deprecated.is_none() {
                let qualified = self.index.expand(&import.operation);
                let (namespace, name) = qualified.rsplit_once('.').unwrap_or(("", &qualified));
                let own = self.index.targets.of(namespace, name);
                let own = own.notes(&declared.remarks);
                operation.label.doc = operation.label.doc.or_else(|| own.doc());
                operation.label.deprecated =
                    operation.label.deprecated.or_else(|| own.deprecated());
            }
            list.push(operation);
        }
        list
    }

    /// What a function or an action has in either use.
    fn operation(
        &mut self,
        parts: &Signature<'_>,
        declared: &csdl::Operation,
    ) -> Option<Operation> {
        let result = declared.result.as_ref();
        let parameters = self.parameters(parts.name, parts.rest, true, parts.more)?;
        let ty = self.result(parts.name, result, &declared.amended.result)?;
        let nullable = result.is_some_and(|result| result.nullable.unwrap_or(true));
        Some(Operation {
            label: crate::model::Label {
                name: parts.name.value.clone(),
                span: parts.name.span,
                rust_name: None,
                doc: None,
                since: None,
                deprecated: None,
            },
            namespace: None,
            kind: declared.kind,
            binding: Bound::binding(parts.bound),
            method: if declared.kind == OperationKind::Action { "POST" } else { "GET" },
            is_composable: declared.is_composable,
            parameters,
            result_nullable: nullable && !matches!(ty, None | Some(Type::Collection(_))),
            result: ty,
        })
    }

    /// What the first parameter says that an operation is bound to, and the other parameters.
    fn bound<'p>(
        &mut self,
        name: &Text,
        parameters: &'p [csdl::Parameter],
    ) -> Option<(Bound, &'p [csdl::Parameter])> {
        let Some((first, rest)) = parameters.split_first() else {
            let message = "a bound operation needs a parameter to be bound to";
            self.findings.repair("csdl::unbound", name.span, message);
            return None;
        };
        let ty = self.index.resolve(&first.ty, self.findings)?;
        let (item, is_collection) = match ty {
            Type::Collection(item) => (*item, true),
            ty => (ty, false),
        };
        if matches!(item, Type::Entity(_) | Type::Complex(_)) {
            return Some((Bound { ty: item, is_collection }, rest));
        }
        let message = format!(
            "`{}` is left out: it is bound to a `{}`, which is no entity or complex type",
            name.value, first.ty.value
        );
        self.findings.warning("csdl::left-out", first.ty.span, message);
        None
    }

    fn parameters(
        &mut self,
        operation: &Text,
        declared: &[csdl::Parameter],
        nullable: bool,
        more: &[(Text, csdl::ParameterFacts)],
    ) -> Option<Vec<Parameter>> {
        let first = unique("parameter", declared.iter().map(|p| &p.name), self.findings);
        let mut list = Vec::new();
        for (parameter, _) in declared.iter().zip(first).filter(|(_, first)| *first) {
            let more = more.iter().find(|(name, _)| name.value == parameter.name.value);
            let mut facts = parameter.amended.clone();
            if let Some((_, more)) = more {
                facts.merge(more);
            }
            let document = self
                .index
                .resolve(&parameter.ty, self.findings)
                .unwrap_or(Type::Primitive(Primitive::Untyped));
            let ty = match &facts.ty {
                Some(better) => self.amended_type(&document, better)?,
                None => document,
            };
            if matches!(ty, Type::Primitive(Primitive::Stream)) {
                let message = format!(
                    "`{}` is left out: its parameter `{}` is a stream",
                    operation.value, parameter.name.value
                );
                self.findings.warning("csdl::left-out", parameter.ty.span, message);
                return None;
            }
            let nullable = facts.nullable.or(parameter.nullable).unwrap_or(nullable);
            let notes = Target::none().notes(&parameter.remarks);
            list.push(Parameter {
                label: label(&parameter.name, &notes, &facts.common),
                nullable: nullable && !matches!(ty, Type::Collection(_)),
                ty,
            });
        }
        Some(list)
    }

    /// The result: `Some(None)` if there is none, `None` if the operation is left out.
    fn result(
        &mut self,
        name: &Text,
        declared: Option<&csdl::ReturnType>,
        amended: &Option<Text>,
    ) -> Option<Option<Type>> {
        let Some(written) = declared else {
            return match amended {
                Some(better) => {
                    self.no_result(name, better);
                    None
                }
                None => Some(None),
            };
        };
        let document = self
            .index
            .resolve(&written.ty, self.findings)
            .unwrap_or(Type::Primitive(Primitive::Untyped));
        Some(Some(match amended {
            Some(better) => self.amended_type(&document, better)?,
            None => document,
        }))
    }

    fn no_result(&mut self, name: &Text, better: &Text) -> Option<Type> {
        let message = format!("the operation `{}` has no result to amend", name.value);
        self.findings.error("amend::does-not-apply", better.span, message);
        None
    }
}

/// What the uses of an operation differ in.
struct Signature<'d> {
    name: &'d Text,
    bound: Option<&'d Bound>,
    rest: &'d [csdl::Parameter],
    more: &'d [(Text, csdl::ParameterFacts)],
}

impl Bound {
    fn binding(bound: Option<&Self>) -> Binding {
        match bound {
            None => Binding::Unbound,
            Some(bound) if bound.is_collection => Binding::Collection,
            Some(_) => Binding::One,
        }
    }

    /// Where operations of this binding are kept.
    pub(crate) fn list<'m>(
        &self,
        entity_types: &'m mut [StructuredType],
        complex_types: &'m mut [StructuredType],
    ) -> Option<&'m mut Vec<Operation>> {
        let ty = match &self.ty {
            Type::Entity(id) => entity_types.get_mut(id.0),
            Type::Complex(id) => complex_types.get_mut(id.0),
            _ => None,
        }?;
        Some(match self.is_collection {
            true => &mut ty.collection_operations,
            false => &mut ty.operations,
        })
    }
}

/// Reports operations that cannot be told apart, and removes all but the first: those of one name
/// and the same parameters.
pub(crate) fn distinct(operations: &mut Vec<Operation>, findings: &mut Findings) {
    let mut seen: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    let mut repeated: Vec<(String, Span)> = Vec::new();
    operations.retain(|operation| {
        let names = operation.parameters.iter();
        let names = names.map(|p| format!("{}: {:?}", p.label.name, p.ty)).collect();
        let name = match &operation.namespace {
            Some(namespace) => format!("{namespace}.{}", operation.label.name),
            None => operation.label.name.clone(),
        };
        let is_new = seen.insert((name, names));
        if !is_new {
            repeated.push((operation.label.name.clone(), operation.label.span));
        }
        is_new
    });
    for (name, span) in repeated {
        let message = format!("the operation `{name}` is declared twice, with the same parameters");
        findings.repair("csdl::duplicate-name", span, message);
    }
}
