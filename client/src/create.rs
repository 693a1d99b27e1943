use std::future::IntoFuture;

use edm::{AtCreate, EntityType, Insert, Many, Navigation, One};

use crate::call::CallBody;
use crate::dialect::Preference;
use crate::place::Place;
use crate::request::{Sending, decode_entity};
use crate::setters::setters;
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

pub(crate) fn decode_saved(reply: &Reply) -> Result<Saved, Error> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let location = reply.location().map(|url| reply.absolute(url, None));
    Ok(Saved { location, id: owned(reply.entity_id()), etag: owned(reply.etag()) })
}

setters!(Create, Insert, AtCreate);

impl<E: EntityType> Create<E> {
    pub(crate) fn new(set: &Place, body: Insert<E>) -> Self {
        Self { service: set.service.clone(), call: set.write("POST"), body }
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

    /// Creates the entity that a navigation property to one leads to along with this one.
    pub fn with_one<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, One<T>, A>,
        entity: Insert<T>,
    ) -> Self {
        self.body = self.body.with_one(navigation, entity);
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
