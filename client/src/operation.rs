//! Service operations, functions and actions: how they are addressed, and how parameters travel.

use edm::json::{Dialect, Format};
use edm::literal::Literal;
use edm::model::{Operation, OperationKind, Parameter, Primitive, Type};
use edm::path::Segment;
use edm::query::QueryOptions;
use edm::version::Version;
use edm::{TypeError, Value};

use crate::call::CallBody;
use crate::{Call, Idempotency, Request, Service};

/// What parameters are given: name and value.
pub(crate) type Values = Vec<(&'static str, Value)>;

/// An operation with its parameters, before it is sent or composed with a query.
pub(crate) struct Invocation {
    /// Path below the service root, percent-encoded, with parameters that travel in parentheses.
    pub(crate) path: String,
    /// Parameters that travel in the query: those of service operations, and aliases.
    pub(crate) query: QueryOptions,
    body: Option<CallBody>,
}

impl Invocation {
    /// Puts an operation behind `base`, the path of what it is bound to; empty if it is not bound.
    pub(crate) fn new(base: &str, operation: &'static Operation, values: Values) -> Self {
        let slash = if base.is_empty() { "" } else { "/" };
        let mut path = format!("{base}{slash}{}", Segment::new(operation.name));
        let mut query = QueryOptions::default();
        let mut body = None;
        match operation.kind {
            OperationKind::Service => {
                for (name, value) in values {
                    // A parameter that is left out is null.
                    if !value.is_null() {
                        let text = literal(value, parameter(operation, name)).to_string();
                        query.custom.push((name.to_owned(), text));
                    }
                }
            }
            OperationKind::Function => {
                path.push('(');
                for (position, (name, value)) in values.into_iter().enumerate() {
                    let comma = if position > 0 { "," } else { "" };
                    path.push_str(&format!("{comma}{name}="));
                    path.push_str(&argument(name, value, parameter(operation, name), &mut query));
                }
                path.push(')');
            }
            OperationKind::Action => {
                let has_body = !operation.parameters.is_empty();
                body = has_body.then_some(CallBody::Parameters(values, operation));
            }
        }
        Self { path, query, body }
    }

    /// The call, as it is sent where nothing is added to it.
    pub(crate) fn call(self, operation: &'static Operation) -> Call {
        let target = match self.query.to_query(edm::version::Version::V3) {
            query if query.is_empty() => self.path,
            query => format!("{}?{query}", self.path),
        };
        match (operation.kind, operation.method) {
            (OperationKind::Function, _) => Call::get(target),
            // Service operations by GET may change things all the same: `CancelJob` does.
            (OperationKind::Service, "GET") => {
                Call { idempotency: Idempotency::Write, ..Call::get(target) }
            }
            (_, method) => Call::write(method, target, self.body),
        }
    }
}

fn parameter(operation: &Operation, name: &str) -> Option<&'static Parameter> {
    operation.parameters.iter().find(|parameter| parameter.name == name)
}

fn literal(value: Value, parameter: Option<&Parameter>) -> Literal {
    let ty = parameter.map(|parameter| &parameter.ty);
    Literal::of(value, ty.unwrap_or(&Type::Primitive(Primitive::Untyped)))
}

/// What stands behind `name=` in parentheses: a literal, or the alias of a value that has none.
fn argument(
    name: &str,
    value: Value,
    parameter: Option<&Parameter>,
    query: &mut QueryOptions,
) -> String {
    let has_literal = !matches!(value, Value::Collection(_) | Value::Complex(_) | Value::Json(_));
    match parameter {
        Some(parameter) if !has_literal => {
            let json = Dialect::new(Format::V4, Version::V4).value(&value, &parameter.ty);
            query.custom.push((format!("@{name}"), json));
            format!("@{name}")
        }
        _ => encode(&literal(value, parameter).to_string()),
    }
}

/// Percent-encodes what would end a segment or a parameter.
fn encode(literal: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'\'').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(literal, KEPT).to_string()
}

/// A request for a result that is no entity.
pub(crate) fn invoke<T>(
    service: &Service,
    base: &str,
    operation: &'static Operation,
    values: Values,
    decode: fn(Value) -> Result<T, TypeError>,
) -> Request<T> {
    let call = Invocation::new(base, operation, values).call(operation);
    Request::operation(service.clone(), call, operation, decode)
}

/// The methods by which generated code calls operations that are bound to something, or to
/// nothing: `$base` is its path.
macro_rules! invokes {
    ($owner:ident $(<$generic:ident>)?, |$this:ident| $service:expr, $base:expr) => {
        impl $(<$generic>)? $owner $(<$generic>)? {
            /// Calls an operation that returns nothing, or values that are no entities.
            ///
            /// `decode` makes the result of the value; [`nothing`](crate::nothing) where there is
            /// none. Generated code calls this.
            pub fn invoke<T>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
                decode: fn(edm::Value) -> Result<T, edm::TypeError>,
            ) -> crate::Request<T> {
                let $this = self;
                crate::operation::invoke($service, $base, operation, values, decode)
            }

            /// Calls an operation that returns one entity. Generated code calls this.
            pub fn invoke_entity<R: edm::EntityType>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Request<R> {
                let $this = self;
                let call = crate::operation::Invocation::new($base, operation, values);
                let decode = crate::request::decode_entity;
                crate::Request::new($service.clone(), call.call(operation), decode)
            }

            /// Calls an operation that returns entities. Generated code calls this.
            pub fn invoke_entities<R: edm::EntityType>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Request<crate::Page<R>> {
                let $this = self;
                let call = crate::operation::Invocation::new($base, operation, values);
                let decode = crate::page::decode_page;
                crate::Request::new($service.clone(), call.call(operation), decode)
            }

            /// Addresses the one entity that a function returns: it is read, or followed further,
            /// when that is asked for. Generated code calls this.
            pub fn compose_entity<R>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::EntityRequest<R> {
                let $this = self;
                let call = crate::operation::Invocation::new($base, operation, values);
                crate::EntityRequest::with_query($service.clone(), call.path, call.query)
            }

            /// Addresses the entities that a function returns: they can be filtered and paged like
            /// those of a set. Generated code calls this.
            pub fn compose_entities<R>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Collection<R> {
                let $this = self;
                let call = crate::operation::Invocation::new($base, operation, values);
                crate::Collection::with_query($service.clone(), call.path, call.query)
            }
        }
    };
}
pub(crate) use invokes;
