use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use edm::model::{Operation, Type};
use edm::{
    AtCreate, AtUpdate, EntityPath, EntityType, Insert, Many, Navigation, One, Operand, Property,
    TypeError, Update, Value,
};

use crate::call::CallBody;
use crate::{Call, Error, Reply, Service};

/// A future that calls the service; boxed, so that generated code has no state machines.
type Sending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// How an answer becomes a `T`.
enum Decode<T> {
    /// From the whole answer.
    Reply(fn(&Reply) -> Result<T, Error>),
    /// From the one value in it, of the type that the model says; no type, no value.
    Value(Option<&'static Type>, fn(Value) -> Result<T, TypeError>),
}

/// A call that is prepared, and sent when it is awaited.
#[must_use = "a request does nothing until it is awaited"]
pub struct Request<T> {
    service: Service,
    call: Call,
    decode: Decode<T>,
}

/// The decoder of what has no result.
///
/// # Errors
///
/// None.
pub fn nothing(_: Value) -> Result<(), TypeError> {
    Ok(())
}

impl<T> Request<T> {
    pub(crate) fn new(
        service: Service,
        call: Call,
        decode: fn(&Reply) -> Result<T, Error>,
    ) -> Self {
        Self { service, call, decode: Decode::Reply(decode) }
    }

    pub(crate) fn operation(
        service: Service,
        call: Call,
        operation: &'static Operation,
        decode: fn(Value) -> Result<T, TypeError>,
    ) -> Self {
        Self { service, call, decode: Decode::Value(operation.result.as_ref(), decode) }
    }

    pub(crate) fn value(
        service: Service,
        call: Call,
        ty: &'static Type,
        decode: fn(Value) -> Result<T, TypeError>,
    ) -> Self {
        Self { service, call, decode: Decode::Value(Some(ty), decode) }
    }

    /// The call, to look at or to send by other means.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Sends the call and returns the id of the operation that the service has started, if it
    /// answered 202 with one, along with the result.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says.
    pub async fn start(self) -> Result<(T, Option<String>), Error> {
        let reply = self.service.send(&self.call).await?;
        Ok((self.decode.decode(&reply)?, reply.operation_id))
    }
}

impl<T> Decode<T> {
    fn decode(&self, reply: &Reply) -> Result<T, Error> {
        match self {
            Self::Reply(decode) => decode(reply),
            Self::Value(None, decode) => decode(Value::Null).map_err(Error::payload),
            Self::Value(Some(ty), decode) => {
                let value = reply.payload()?.value(ty);
                decode(value.map_err(Error::payload)?).map_err(Error::payload)
            }
        }
    }
}

impl<T: 'static> IntoFuture for Request<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Sending<T>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let reply = self.service.send(&self.call).await?;
            self.decode.decode(&reply)
        })
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

pub(crate) fn decode_nothing(_: &Reply) -> Result<(), Error> {
    Ok(())
}

pub(crate) fn decode_entity<E: EntityType>(reply: &Reply) -> Result<E, Error> {
    let mut entity = E::default();
    reply.payload()?.entity(&mut entity).map_err(Error::payload)?;
    Ok(entity)
}

/// An insert: properties are set one by one, then it is awaited and gives the entity as the
/// service has made it.
#[must_use = "an insert does nothing until it is awaited"]
#[derive(Debug)]
pub struct Create<E> {
    service: Service,
    path: String,
    body: Insert<E>,
}

impl<E: EntityType> Create<E> {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self { service, path, body: Insert::new() }
    }

    /// Sets a property. What is not set is left to the service.
    pub fn set<T: Operand, A: AtCreate>(
        mut self,
        property: Property<E, T, A>,
        value: impl Into<T::Literal>,
    ) -> Self {
        self.body = self.body.set(property, value);
        self
    }

    /// Links an existing entity; the order of calls is kept.
    pub fn bind<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, Many<T>, A>,
        entity: &EntityPath<T>,
    ) -> Self {
        self.body = self.body.bind(navigation, entity);
        self
    }

    /// Links the existing entity that a navigation property to one leads to.
    pub fn bind_one<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, One<T>, A>,
        entity: &EntityPath<T>,
    ) -> Self {
        self.body = self.body.bind_one(navigation, entity);
        self
    }

    /// Creates another entity along with this one; the order of calls is kept.
    pub fn with<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, Many<T>, A>,
        entity: Insert<T>,
    ) -> Self {
        self.body = self.body.with(navigation, entity);
        self
    }

    /// The request as it will be sent.
    pub fn request(self) -> Request<E> {
        let body = CallBody::Draft(self.body.into_draft(), E::TYPE);
        Request::new(self.service, Call::write("POST", self.path, Some(body)), decode_entity)
    }
}

impl<E: EntityType> IntoFuture for Create<E> {
    type Output = Result<E, Error>;
    type IntoFuture = Sending<E>;

    fn into_future(self) -> Self::IntoFuture {
        self.request().into_future()
    }
}

/// An update: properties are set one by one, then it is awaited. What is not set keeps its value.
#[must_use = "an update does nothing until it is awaited"]
#[derive(Debug)]
pub struct Merge<E> {
    service: Service,
    path: String,
    body: Update<E>,
}

impl<E: EntityType> Merge<E> {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self { service, path, body: Update::new() }
    }

    /// Sets a property.
    pub fn set<T: Operand, A: AtUpdate>(
        mut self,
        property: Property<E, T, A>,
        value: impl Into<T::Literal>,
    ) -> Self {
        self.body = self.body.set(property, value);
        self
    }

    /// Sets a nullable property to null.
    pub fn clear<T, A: AtUpdate>(mut self, property: Property<E, Option<T>, A>) -> Self {
        self.body = self.body.clear(property);
        self
    }

    /// The request as it will be sent.
    pub fn request(self) -> Request<()> {
        let body = CallBody::Draft(self.body.into_draft(), E::TYPE);
        Request::new(self.service, Call::write("MERGE", self.path, Some(body)), decode_nothing)
    }
}

impl<E: EntityType> IntoFuture for Merge<E> {
    type Output = Result<(), Error>;
    type IntoFuture = Sending<()>;

    fn into_future(self) -> Self::IntoFuture {
        self.request().into_future()
    }
}
