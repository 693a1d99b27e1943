use std::future::IntoFuture;

use edm::version::Version;
use edm::{EntityType, Structured, Update};

use crate::call::CallBody;
use crate::create::decode_saved;
use crate::dialect::Preference;
use crate::place::Place;
use crate::request::{Sending, decode_nothing, decode_optional};
use crate::setters::setters;
use crate::{Call, Error, Request, Saved, Service};

/// An update: properties are set one by one, then it is awaited. What is not set keeps its value,
/// unless the whole entity is replaced.
#[must_use = "an update does nothing until it is awaited"]
#[derive(Debug)]
pub struct Merge<E> {
    service: Service,
    call: Call,
    body: Update<E>,
}

setters!(Merge, Update, AtUpdate);

impl<E: EntityType> Merge<E> {
    pub(crate) fn new(entity: &Place, body: Update<E>) -> Self {
        let service = entity.service.clone();
        let method = if service.version().is_v4() { "PATCH" } else { "MERGE" };
        Self { call: entity.write(method), service, body }
    }

    /// Sends it as `PATCH`, which services of V4 and some of V3 know; it is the default of V4.
    pub fn by_patch(mut self) -> Self {
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
            self.call.needs = Version::V3;
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
