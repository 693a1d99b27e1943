//! Operations to methods.

use crate::model::{Operation, Primitive, Type};
use crate::names::OperationNames;
use crate::plan::build::Planner;
use crate::plan::{Arguments, Block, Call, Parameter, RustType, texts};

/// Where the operations are.
pub(crate) struct Calls<'a> {
    pub(crate) planner: Planner<'a>,
    /// The type they are bound to, or the container.
    pub(crate) owner: &'a str,
    pub(crate) is_bound: bool,
}

/// The method of an operation; many parameters become a struct.
pub(crate) fn call(
    calls: &Calls<'_>,
    operation: &Operation,
    names: &OperationNames,
    arguments: &mut Vec<Arguments>,
) -> Call {
    let planner = calls.planner;
    let mut parameters = Vec::new();
    for (parameter, name) in operation.parameters.iter().zip(&names.parameters) {
        let ty = planner.nullable_type(&parameter.ty, parameter.nullable);
        let is_text = matches!(parameter.ty, Type::Id(_) | Type::Primitive(Primitive::String));
        parameters.push(Parameter {
            wire: parameter.label.name.clone(),
            name: name.clone(),
            docs: texts::parameter(planner.model, planner.names, parameter),
            into: is_text && !matches!(ty, RustType::Option(_)) && names.arguments.is_none(),
            ty,
        });
    }
    let listed: Vec<_> = match names.arguments {
        Some(_) => Vec::new(),
        None => parameters.iter().map(|p| (p.name.to_string(), p.docs.clone())).collect(),
    };
    if let Some(name) = &names.arguments {
        let head = format!("The parameters of `{}` of `{}`.", operation.label.name, calls.owner);
        let docs = vec![Block::Own(head)];
        arguments.push(Arguments { name: name.clone(), docs, parameters: parameters.clone() });
    }
    Call {
        method: names.method.clone(),
        table: names.table.clone(),
        docs: texts::operation(planner.model, planner.names, operation, calls.is_bound, &listed),
        parameters,
        arguments: names.arguments.clone(),
        result: operation.result.as_ref().map(|result| planner.rust_type(result)),
    }
}
