//! Service operations, functions and actions: how they are addressed, and how parameters travel.

use edm::literal::Literal;
use edm::model::{Operation, OperationKind, Primitive, Type};
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
    pub(crate) fn new(
        service: &Service,
        base: &str,
        operation: &'static Operation,
        values: Values,
    ) -> Self {
        let version = service.version();
        let mut query = QueryOptions::default();
        let mut segment = Segment::new(operation.name);
        let mut body = None;
        match operation.kind {
            OperationKind::Service => {
                // A parameter that is left out is null.
                for (name, literal) in literals(operation, values) {
                    if !literal.value.is_null() {
                        query.custom.push((name, literal.display(version).to_string()));
                    }
                }
            }
            OperationKind::Function => {
                (segment, query.custom) =
                    Segment::call(operation.name, literals(operation, values));
            }
            OperationKind::Action => {
                // A service of V4 wants an object, were it an empty one.
                let has_body = version.is_v4() || !operation.parameters.is_empty();
                body = has_body.then_some(CallBody::Parameters(values, operation));
            }
        }
        let slash = if base.is_empty() { "" } else { "/" };
        Self { path: format!("{base}{slash}{}", segment.display(version)), query, body }
    }

    /// The call, as it is sent where nothing is added to it.
    pub(crate) fn call(self, service: &Service, operation: &'static Operation) -> Call {
        let call = crate::collection::query(service, &self.path, &self.query);
        match (operation.kind, operation.method) {
            (OperationKind::Function, _) => call,
            // Service operations by GET may change things all the same: `CancelJob` does.
            (OperationKind::Service, "GET") => Call { idempotency: Idempotency::Write, ..call },
            (OperationKind::Service, method) => {
                let mut call = Call::write(method, call.target, None);
                // SAP's services of V2 read parameters of a POST only where it claims to be JSON,
                // as SAP's own clients do although it has no body.
                if service.version() < Version::V3 {
                    call.set_header("Content-Type", "application/json");
                }
                call
            }
            (_, method) => Call::write(method, call.target, self.body),
        }
    }
}

/// The literals of parameters, as the model types them.
fn literals(
    operation: &'static Operation,
    values: Values,
) -> impl Iterator<Item = (String, Literal)> {
    values.into_iter().map(|(name, value)| {
        let parameter = operation.parameters.iter().find(|parameter| parameter.name == name);
        let ty = parameter.map_or(&Type::Primitive(Primitive::Untyped), |parameter| &parameter.ty);
        (name.to_owned(), Literal::of(value, ty))
    })
}

/// A request for a result that is no entity.
pub(crate) fn invoke<T>(
    service: &Service,
    base: &str,
    operation: &'static Operation,
    values: Values,
    decode: fn(Value) -> Result<T, TypeError>,
) -> Request<T> {
    let call = Invocation::new(service, base, operation, values).call(service, operation);
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
                let call = crate::operation::Invocation::new($service, $base, operation, values);
                let decode = crate::request::decode_entity;
                crate::Request::new($service.clone(), call.call($service, operation), decode)
            }

            /// Calls an operation that returns entities. Generated code calls this.
            pub fn invoke_entities<R: edm::EntityType>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Request<crate::Page<R>> {
                let $this = self;
                let call = crate::operation::Invocation::new($service, $base, operation, values);
                let decode = crate::page::decode_page;
                crate::Request::new($service.clone(), call.call($service, operation), decode)
            }

            /// Addresses the one entity that a function returns: it is read, or followed further,
            /// when that is asked for. Generated code calls this.
            pub fn compose_entity<R>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::EntityRequest<R> {
                let $this = self;
                let call = crate::operation::Invocation::new($service, $base, operation, values);
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
                let call = crate::operation::Invocation::new($service, $base, operation, values);
                crate::Collection::with_query($service.clone(), call.path, call.query)
            }
        }
    };
}
pub(crate) use invokes;
