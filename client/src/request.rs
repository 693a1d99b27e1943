use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use edm::model::{Operation, Type};
use edm::{EntityType, Structured, TypeError, Value};

use crate::{Call, Error, Reply, Service};

/// A future that calls the service; boxed, so that generated code has no state machines.
pub(crate) type Sending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// How an answer becomes a `T`.
pub(crate) enum Decode<T> {
    /// From the whole answer.
    Reply(fn(&Reply) -> Result<T, Error>),
    /// From the one value in it, of the type that the model says; no type, no value.
    Value(Option<&'static Type>, fn(Value) -> Result<T, TypeError>),
}

impl<T> Clone for Decode<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Decode<T> {}

/// A call that is prepared, and sent when it is awaited.
#[must_use = "a request does nothing until it is awaited"]
pub struct Request<T> {
    pub(crate) service: Service,
    pub(crate) call: Call,
    pub(crate) decode: Decode<T>,
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
        service: &Service,
        call: Call,
        decode: fn(&Reply) -> Result<T, Error>,
    ) -> Self {
        Self { service: service.clone(), call, decode: Decode::Reply(decode) }
    }

    pub(crate) fn operation(
        service: &Service,
        call: Call,
        operation: &'static Operation,
        decode: fn(Value) -> Result<T, TypeError>,
    ) -> Self {
        let decode = Decode::Value(operation.result.as_ref(), decode);
        Self { service: service.clone(), call, decode }
    }

    pub(crate) fn value(
        service: &Service,
        call: Call,
        ty: &'static Type,
        decode: fn(Value) -> Result<T, TypeError>,
    ) -> Self {
        Self { service: service.clone(), call, decode: Decode::Value(Some(ty), decode) }
    }

    /// The call, to look at or to send by other means.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Adds a header to this call alone. One that is no header is told when the call is sent.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.call.set_header(name, value);
        self
    }

    /// Lets the call be done only while the entity is as it was when this was read. Without an
    /// ETag in what was read, the call is not sent.
    pub fn if_match(mut self, entity: &dyn Structured) -> Self {
        self.call.if_match(entity.extra().and_then(edm::Extra::etag));
        self
    }

    /// Lets the call be done only while the entity has this ETag, quotes and all.
    pub fn if_match_etag(mut self, etag: &str) -> Self {
        self.call.if_match(Some(etag));
        self
    }

    /// Lets the call be done whatever the state of the entity, but only if there is one.
    pub fn if_match_any(self) -> Self {
        self.if_match_etag("*")
    }

    /// Sends the call and returns the id of the operation that the service has started, if it
    /// answered 202 with one, along with the result.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says.
    pub async fn start(self) -> Result<(T, Option<String>), Error> {
        let (result, reply) = self.with_reply().await?;
        Ok((result, reply.operation_id().map(str::to_owned)))
    }

    /// Sends the call and returns the result along with the answer that it is from: for headers,
    /// such as the new ETag of what was changed.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says.
    pub async fn with_reply(self) -> Result<(T, Reply), Error> {
        let reply = self.service.send(&self.call).await?;
        Ok((self.decode.decode(&reply)?, reply))
    }
}

impl<T> Decode<T> {
    /// Reads an answer; what is wrong with it is told with its start.
    pub(crate) fn decode(&self, reply: &Reply) -> Result<T, Error> {
        let result = match self {
            Self::Reply(decode) => decode(reply),
            Self::Value(ty, decode) => {
                read_value(*ty, reply).and_then(|value| decode(value).map_err(Error::payload))
            }
        };
        result.map_err(|error| reply.blame(error))
    }
}

/// The one value of an answer; null where it is empty.
fn read_value(ty: Option<&'static Type>, reply: &Reply) -> Result<Value, Error> {
    match ty {
        Some(ty) if !reply.is_empty() => reply.read(|body| body.value(ty)),
        Some(_) => Ok(Value::Null),
        None => decode_nothing(reply).map(|()| Value::Null),
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

/// Takes any answer that is not a page for people, such as one that wants them to sign in.
pub(crate) fn decode_nothing(reply: &Reply) -> Result<(), Error> {
    let content_type = reply.header("content-type").unwrap_or_default();
    match content_type.trim_start().to_ascii_lowercase().starts_with("text/html") {
        true => Err(Error::payload("a page of HTML")),
        false => Ok(()),
    }
}

/// Reads the entity of an answer.
pub(crate) fn decode_entity<E: EntityType>(reply: &Reply) -> Result<E, Error> {
    let mut entity = E::default();
    read_entity(reply, &mut entity)?;
    Ok(entity)
}

/// Reads the entity of an answer, if there is one: of a navigation property that leads to nothing
/// there is none.
pub(crate) fn decode_optional<E: EntityType>(reply: &Reply) -> Result<Option<E>, Error> {
    match reply.is_empty() || matches!(reply.status, 304 | 404) {
        true => Ok(None),
        false => decode_entity(reply).map(Some),
    }
}

fn read_entity(reply: &Reply, entity: &mut dyn Structured) -> Result<(), Error> {
    if reply.is_empty() {
        let made = reply.location().map_or_else(String::new, |url| format!("; it is at {url}"));
        return Err(Error::payload(format!("the service answered without the entity{made}")));
    }
    reply.read(|body| body.entity(entity))?;
    // The ETag of a single entity is in a header, and in the body only perhaps.
    if let (Some(etag), Some(extra)) = (reply.etag(), entity.extra_mut())
        && extra.etag().is_none()
    {
        extra.payload_mut().etag = Some(etag.to_owned());
    }
    Ok(())
}
