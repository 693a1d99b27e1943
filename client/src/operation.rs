//! Service operations, functions and actions: how they are addressed, and how parameters travel.

use bytes::Bytes;
use edm::literal::Literal;
use edm::model::{Operation, OperationKind, Primitive, Type};
use edm::path::Segment;
use edm::version::Version;
use edm::{TypeError, Value};

use crate::call::{Accept, CallBody};
use crate::place::Place;
use crate::{Call, Error, Idempotency, Reply, Request};

/// What parameters are given: name and value.
pub(crate) type Values = Vec<(&'static str, Value)>;

/// An operation with its parameters, before it is sent or composed with a query.
pub(crate) struct Invocation {
    operation: &'static Operation,
    /// Its path, with parameters that travel in parentheses; and those that travel in the query:
    /// all of a service operation, and aliases.
    pub(crate) place: Place,
    body: Option<CallBody>,
}

impl Invocation {
    /// Puts an operation behind what it is bound to.
    pub(crate) fn new(base: &Place, operation: &'static Operation, values: Values) -> Self {
        let version = base.service.version();
        let mut segment = Segment::new(operation.name);
        let mut query = Vec::new();
        let mut body = None;
        match operation.kind {
            OperationKind::Service => {
                // A parameter that is left out is null.
                let given = literals(operation, values).filter(|(_, it)| !it.value.is_null());
                query.extend(given.map(|(name, it)| (name, it.display(version).to_string())));
            }
            OperationKind::Function => {
                (segment, query) = Segment::call(operation.name, literals(operation, values));
            }
            OperationKind::Action => {
                // A service of V4 wants an object, were it an empty one.
                let has_body = version.is_v4() || !operation.parameters.is_empty();
                body = has_body.then_some(CallBody::Parameters(values, operation));
            }
        }
        let mut place = base.below(&segment.display(version).to_string());
        place.query.custom.extend(query);
        if operation.kind == OperationKind::Action {
            // What it does, it does to the entity that it is bound to.
            place.etag.clone_from(&base.etag);
        }
        Self { operation, place, body }
    }

    /// The call, as it is sent where nothing is added to it.
    fn call(self) -> Call {
        let call = self.place.read();
        match (self.operation.kind, self.operation.method) {
            (OperationKind::Function, _) => call,
            // Service operations by GET may change things all the same: `CancelJob` does.
            (OperationKind::Service, "GET") => Call { idempotency: Idempotency::Write, ..call },
            (OperationKind::Service, method) => {
                let mut call = Call::write(method, call.target, None);
                // SAP's services of V2 read parameters of a POST only where it claims to be JSON,
                // as SAP's own clients do although it has no body.
                if self.place.service.version() < Version::V3 {
                    call.set_header("Content-Type", "application/json");
                }
                call
            }
            (OperationKind::Action, method) => {
                let mut call = Call::write(method, call.target, self.body);
                call.guard(self.place.etag.as_deref());
                call
            }
        }
    }

    /// A request for a result that is no entity.
    pub(crate) fn value<T>(self, decode: fn(Value) -> Result<T, TypeError>) -> Request<T> {
        let (service, operation) = (self.place.service.clone(), self.operation);
        Request::operation(&service, self.call(), operation, decode)
    }

    /// A request for a result that is a stream of bytes.
    pub(crate) fn bytes(self) -> Request<Bytes> {
        let service = self.place.service.clone();
        let call = Call { accept: Accept::Any, ..self.call() };
        Request::new(&service, call, |reply| Ok(reply.body.clone()))
    }

    /// A request for an answer as a whole.
    pub(crate) fn reply<T>(self, decode: fn(&Reply) -> Result<T, Error>) -> Request<T> {
        let service = self.place.service.clone();
        Request::new(&service, self.call(), decode)
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

/// The methods by which generated code calls operations that are bound to something, or to
/// nothing.
macro_rules! invokes {
    ($owner:ident $(<$generic:ident>)?) => {
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
                crate::operation::Invocation::new(&self.place(), operation, values).value(decode)
            }

            /// Calls an operation that returns one entity. Generated code calls this.
            pub fn invoke_entity<R: edm::EntityType>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Request<R> {
                crate::operation::Invocation::new(&self.place(), operation, values)
                    .reply(crate::request::decode_entity)
            }

            /// Calls an operation that returns entities. Generated code calls this.
            pub fn invoke_entities<R: edm::EntityType>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Request<crate::Page<R>> {
                crate::operation::Invocation::new(&self.place(), operation, values)
                    .reply(crate::page::decode_page)
            }

            /// Calls an operation that returns a stream, and reads the whole of it into memory.
            /// Generated code calls this.
            pub fn invoke_stream(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Request<bytes::Bytes> {
                crate::operation::Invocation::new(&self.place(), operation, values).bytes()
            }

            /// Addresses the one entity that a function returns: it is read, or followed further,
            /// when that is asked for. Generated code calls this.
            pub fn compose_entity<R>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::EntityRequest<R> {
                let call = crate::operation::Invocation::new(&self.place(), operation, values);
                crate::EntityRequest::at(call.place)
            }

            /// Addresses the entities that a function returns: they can be filtered and paged like
            /// those of a set. Generated code calls this.
            pub fn compose_entities<R>(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::Collection<R> {
                let call = crate::operation::Invocation::new(&self.place(), operation, values);
                crate::Collection::at(call.place)
            }

            /// Addresses the stream that a function returns: it is read at once, or as it comes.
            /// Generated code calls this.
            pub fn compose_stream(
                &self,
                operation: &'static edm::model::Operation,
                values: Vec<(&'static str, edm::Value)>,
            ) -> crate::StreamRequest {
                let call = crate::operation::Invocation::new(&self.place(), operation, values);
                crate::StreamRequest::at(call.place)
            }
        }
    };
}
pub(crate) use invokes;
