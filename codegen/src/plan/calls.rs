//! Operations to methods.

use crate::model::{Operation, OperationKind, Parameter as Declared, Primitive, Type};
use crate::names::OperationNames;
use crate::plan::types::Planner;
use crate::plan::{Arguments, Block, Call, CallResult, Parameter, Passing, texts};

/// Where the operations are.
pub(crate) struct Calls<'a> {
    pub(crate) planner: Planner<'a>,
    /// The type they are bound to, or the container.
    pub(crate) owner: &'a str,
    /// The module of the type they are bound to.
    pub(crate) module: usize,
}

impl Calls<'_> {
    /// The method of an operation. Many parameters become a struct, which is added to the list if
    /// the operation is not inherited.
    pub(crate) fn call(
        &self,
        operation: &Operation,
        names: &OperationNames,
        arguments: Option<&mut Vec<Arguments>>,
    ) -> Call {
        let planner = self.planner;
        let mut parameters = Vec::new();
        for (parameter, name) in operation.parameters.iter().zip(&names.parameters) {
            parameters.push(self.parameter(parameter, name, names.arguments.is_some()));
        }
        let listed: Vec<_> = match names.arguments {
            Some(_) => Vec::new(),
            None => parameters.iter().map(|p| (p.name.clone(), p.docs.clone())).collect(),
        };
        if let (Some(name), Some(list)) = (&names.arguments, arguments) {
            let head = format!("The parameters of `{}` of `{}`.", operation.label.name, self.owner);
            let docs = vec![Block::Own(head)];
            list.push(Arguments { name: name.clone(), docs, parameters: parameters.clone() });
        }
        let types = operation.parameters.iter().map(|parameter| &parameter.ty);
        Call {
            gate: planner.gate_of(types.chain(&operation.result)),
            method: names.method.clone(),
            // Tables and structs of parameters are where the operation is declared.
            table: planner.path(self.module, &format!("tables::{}", names.table)),
            docs: texts::operation(planner, operation, &listed),
            deprecated: operation.label.deprecated.clone(),
            parameters,
            arguments: names.arguments.as_deref().map(|name| planner.path(self.module, name)),
            result: self.result(operation),
        }
    }

    fn parameter(&self, parameter: &Declared, name: &str, in_struct: bool) -> Parameter {
        let planner = self.planner;
        let ty = planner.nullable_type(&parameter.ty, parameter.nullable);
        let is_text = matches!(parameter.ty, Type::Id(_) | Type::Primitive(Primitive::String));
        let how = match &parameter.ty {
            Type::Entity(_) if parameter.nullable => Passing::OptionalEntity,
            Type::Entity(_) => Passing::Entity,
            Type::Collection(item) if matches!(**item, Type::Entity(_)) => Passing::Entities,
            _ if is_text && !ty.is_option && !in_struct => Passing::Into,
            _ => Passing::Value,
        };
        Parameter {
            wire: parameter.label.name.clone(),
            name: name.to_owned(),
            docs: texts::parameter(planner, parameter),
            // Null and none are one to a service.
            ty: match how {
                Passing::Entities => planner.rust_type(&parameter.ty).text,
                _ => ty.text,
            },
            how,
        }
    }

    fn result(&self, operation: &Operation) -> CallResult {
        let planner = self.planner;
        let is_function = operation.kind == OperationKind::Function;
        let entity = |ty: &Type| match ty {
            Type::Entity(id) => planner.names.entity_types.get(id.0),
            _ => None,
        };
        let Some(result) = &operation.result else { return CallResult::Nothing };
        let item = if let Type::Collection(item) = result { Some(&**item) } else { None };
        if let Some(names) = item.and_then(entity) {
            let path = planner.path(names.module, &names.ty);
            return match is_function {
                true => CallResult::ComposeEntities(path),
                false => CallResult::Entities(path),
            };
        }
        if let Some(names) = entity(result) {
            return match &names.request {
                Some(request) if is_function => {
                    CallResult::ComposeEntity(planner.path(names.module, request))
                }
                _ => CallResult::Entity(planner.path(names.module, &names.ty)),
            };
        }
        if *result == Type::Primitive(Primitive::Stream) {
            return match is_function {
                true => CallResult::ComposeStream,
                false => CallResult::Stream,
            };
        }
        let nullable = operation.result_nullable && item.is_none();
        CallResult::Value(planner.nullable_type(result, nullable).text)
    }
}
