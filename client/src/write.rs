//! Inserts and updates: bodies built step by step, and what comes back.

use std::future::IntoFuture;

use edm::{
    AtCreate, AtUpdate, EntityPath, EntityType, Insert, Many, Navigation, One, Operand, Property,
    Structured, Update,
};

use crate::call::CallBody;
use crate::dialect::Preference;
use crate::place::Place;
use crate::request::{Sending, decode_entity, decode_nothing, decode_optional};
use crate::{Call, Error, Reply, Request, Service};

/// An insert: properties are set one by one, then it is awaited and gives the entity as the
/// service has made it.
#[must_use = "an insert does nothing until it is awaited"]
#[derive(Debug)]
pub struct Create<E> {
    service: Service,
    call: Call,
    body: Insert<E>,
}

/// What a service says of an entity that it has written and not sent back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// Where the entity is: [`Service::at`] takes it.
    pub location: Option<String>,
    /// The id of the entity.
    pub id: Option<String>,
    /// The ETag of its state now.
    pub etag: Option<String>,
}

fn decode_saved(reply: &Reply) -> Result<Saved, Error> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let location = reply.location().map(|url| reply.absolute(url, None));
    Ok(Saved { location, id: owned(reply.entity_id()), etag: owned(reply.etag()) })
}

impl<E: EntityType> Create<E> {
    pub(crate) fn new(set: &Place, body: Insert<E>) -> Self {
        Self { service: set.service.clone(), call: set.write("POST"), body }
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

    /// Sets a nullable property to null, which is not the same as leaving it out.
    pub fn clear<T, A: AtCreate>(mut self, property: Property<E, Option<T>, A>) -> Self {
        self.body = self.body.clear(property);
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

    fn finish(mut self) -> (Service, Call) {
        self.call.body = Some(CallBody::Draft(self.body.into_draft(), E::TYPE));
        (self.service, self.call)
    }

    /// The request as it will be sent.
    pub fn request(self) -> Request<E> {
        let (service, call) = self.finish();
        Request::new(&service, call, decode_entity)
    }

    /// The request, with the wish that the service does not send the entity back.
    pub fn minimal(self) -> Request<Saved> {
        let (service, mut call) = self.finish();
        call.wish(Preference::Minimal, service.dialect());
        Request::new(&service, call, decode_saved)
    }
}

impl<E: EntityType> From<Create<E>> for Request<E> {
    fn from(create: Create<E>) -> Self {
        create.request()
    }
}

impl<E: EntityType> IntoFuture for Create<E> {
    type Output = Result<E, Error>;
    type IntoFuture = Sending<E>;

    fn into_future(self) -> Self::IntoFuture {
        self.request().into_future()
    }
}

/// An update: properties are set one by one, then it is awaited. What is not set keeps its value,
/// unless the whole entity is replaced.
#[must_use = "an update does nothing until it is awaited"]
#[derive(Debug)]
pub struct Merge<E> {
    service: Service,
    call: Call,
    body: Update<E>,
}

impl<E: EntityType> Merge<E> {
    pub(crate) fn new(entity: &Place, body: Update<E>) -> Self {
        let service = entity.service.clone();
        let method = if service.version().is_v4() { "PATCH" } else { "MERGE" };
        Self { call: entity.write(method), service, body }
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

    /// Sends it as `PATCH`, which services of V4 and some of V3 know; it is the default of V4.
    pub fn patch(mut self) -> Self {
        self.call.method = "PATCH";
        self
    }

    /// Replaces the entity by `PUT`: what is not set gets its default.
    pub fn replace(mut self) -> Self {
        self.call.method = "PUT";
        self
    }

    /// Updates only while the entity is as it was when this was read.
    pub fn if_match(mut self, entity: &dyn Structured) -> Self {
        self.call.if_match(entity.extra().and_then(edm::Extra::etag));
        self
    }

    /// Updates whatever the state of the entity, but does not create one: a service of V4 creates
    /// what is not there (upsert).
    pub fn if_match_any(mut self) -> Self {
        self.call.if_match(Some("*"));
        self
    }

    /// Creates the entity, and fails if it is there: an upsert that only inserts.
    pub fn if_absent(mut self) -> Self {
        self.call.set_header("If-None-Match", "*");
        self
    }

    fn finish(mut self) -> (Service, Call) {
        self.call.body = Some(CallBody::Draft(self.body.into_draft(), E::TYPE));
        if self.call.method == "PATCH" {
            self.call.needs = edm::version::Version::V3;
        }
        (self.service, self.call)
    }

    /// The request as it will be sent.
    pub fn request(self) -> Request<()> {
        let (service, call) = self.finish();
        Request::new(&service, call, decode_nothing)
    }

    /// The request, which gives where the entity is and its ETag.
    pub fn saved(self) -> Request<Saved> {
        let (service, call) = self.finish();
        Request::new(&service, call, decode_saved)
    }

    /// The request, with the wish that the service sends the entity back as it is then; `None` if
    /// the service does not heed it.
    pub fn returning(self) -> Request<Option<E>> {
        let (service, mut call) = self.finish();
        call.wish(Preference::Representation, service.dialect());
        Request::new(&service, call, decode_optional)
    }
}

impl<E: EntityType> From<Merge<E>> for Request<()> {
    fn from(merge: Merge<E>) -> Self {
        merge.request()
    }
}

impl<E: EntityType> IntoFuture for Merge<E> {
    type Output = Result<(), Error>;
    type IntoFuture = Sending<()>;

    fn into_future(self) -> Self::IntoFuture {
        self.request().into_future()
    }
}
