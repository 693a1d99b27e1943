use std::fmt;
use std::marker::PhantomData;

use edm::query::QueryOptions;
use edm::version::Version;
use edm::{
    DerivedFrom, Edm, EntityPath, EntityType, Expansion, Extra, Many, Navigation, One, Property,
    Selection, Structured, Update,
};

use crate::request::{decode_entity, decode_nothing, decode_optional};
use crate::{
    Call, Collection, Error, Link, Links, Merge, PropertyRequest, Request, Service, StreamRequest,
};

/// One entity, addressed by its key or by a navigation property: `Assets('nb:cid:UUID:…')`.
pub struct EntityRequest<E> {
    service: Service,
    path: String,
    query: QueryOptions,
    /// The state that a change is for; `*` is any.
    etag: Option<String>,
    marker: PhantomData<fn() -> E>,
}

/// An entity type that has a struct for requests of one entity; generated for every type.
pub trait Addressed: EntityType {
    /// The struct: what an [`EntityRequest`] can do, and what only entities of this type can.
    type Request: From<EntityRequest<Self>>;
}

impl<E> Clone for EntityRequest<E> {
    fn clone(&self) -> Self {
        let (service, path) = (self.service.clone(), self.path.clone());
        let (query, etag) = (self.query.clone(), self.etag.clone());
        Self { service, path, query, etag, marker: PhantomData }
    }
}
impl<E> fmt::Debug for EntityRequest<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

crate::operation::invokes!(EntityRequest<E>, |this| &this.service, &this.path);

impl<E> EntityRequest<E> {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self::with_query(service, path, QueryOptions::default())
    }

    pub(crate) fn with_query(service: Service, path: String, query: QueryOptions) -> Self {
        Self { service, path, query, etag: None, marker: PhantomData }
    }

    pub(crate) fn with_etag(mut self, etag: Option<String>) -> Self {
        self.etag = etag;
        self
    }

    /// The path, to bind the entity in an insert or to link it.
    pub fn path(&self) -> EntityPath<E> {
        EntityPath::new(self.path.as_str())
    }

    fn below(&self, segment: &str) -> String {
        format!("{}/{segment}", self.path)
    }

    /// The parameters of a composed function, which what is below it needs as well.
    fn aliases(&self) -> QueryOptions {
        QueryOptions { custom: self.query.custom.clone(), ..QueryOptions::default() }
    }

    /// Changes and deletes the entity only while it is as it was when this was read. Without an
    /// ETag in what was read, a change is not sent.
    #[must_use]
    pub fn if_match(&self, entity: &dyn Structured) -> Self {
        let etag = entity.extra().and_then(Extra::etag).unwrap_or_default();
        self.clone().with_etag(Some(etag.to_owned()))
    }

    /// Changes and deletes the entity whatever its state, but only if it is there.
    #[must_use]
    pub fn if_match_any(&self) -> Self {
        self.clone().with_etag(Some("*".to_owned()))
    }

    /// Only this property or path, and others so named; the rest keeps its default.
    #[must_use]
    pub fn select(&self, selection: impl Into<Selection<E>>) -> Self {
        let mut request = self.clone();
        request.query.select.push(selection.into().into_item());
        request
    }

    /// Brings along what a navigation property leads to, in the field `extra` of the entity; with a
    /// query of its own if it has one: `Person::TRIPS.expand().top(3)`.
    #[must_use]
    pub fn expand(&self, expansion: impl Into<Expansion<E>>) -> Self {
        let mut request = self.clone();
        request.query.expand.push(expansion.into().into_item());
        request
    }

    /// The same entity as one of a derived type: a cast segment, such as `People(1)/Ns.Employee`.
    pub fn as_type<D: EntityType + DerivedFrom<E>>(&self) -> EntityRequest<D> {
        let path = self.below(&D::TYPE.qualified_name());
        EntityRequest::with_query(self.service.clone(), path, self.aliases())
            .with_etag(self.etag.clone())
    }

    /// The stream that the entity describes.
    pub fn media(&self) -> StreamRequest {
        StreamRequest::new(self.service.clone(), self.below("$value"), Version::V1)
    }

    /// A named stream.
    pub fn stream(&self, name: &str) -> StreamRequest {
        StreamRequest::new(self.service.clone(), self.below(name), Version::V3)
    }

    /// What a navigation property to many leads to.
    pub fn follow<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Collection<T> {
        let path = self.below(navigation.name());
        Collection::with_query(self.service.clone(), path, self.aliases())
    }

    /// What a navigation property to one leads to.
    pub fn follow_one<T, A>(&self, navigation: Navigation<E, One<T>, A>) -> EntityRequest<T> {
        let path = self.below(navigation.name());
        EntityRequest::with_query(self.service.clone(), path, self.aliases())
    }

    /// The links of a navigation property to many.
    pub fn links<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Links<T> {
        Links::new(self.service.clone(), self.path.clone(), navigation.name())
    }

    /// The link of a navigation property to one.
    pub fn link<T, A>(&self, navigation: Navigation<E, One<T>, A>) -> Link<T> {
        Link::new(self.service.clone(), self.path.clone(), navigation.name())
    }
}

impl<E: EntityType> EntityRequest<E> {
    fn read_call(&self) -> Call {
        crate::collection::query(&self.service, &self.path, &self.query)
    }

    /// Reads the entity.
    pub fn get(&self) -> Request<E> {
        Request::new(self.service.clone(), self.read_call(), decode_entity)
    }

    /// Reads the entity; `None` where there is none, as behind a navigation property.
    pub fn find(&self) -> Request<Option<E>> {
        Request::new(self.service.clone(), self.read_call(), decode_optional)
    }

    /// Reads the entity if it is no longer as it was when this was read (`If-None-Match`); `None`
    /// if it still is.
    pub fn get_if_changed(&self, known: &E) -> Request<Option<E>> {
        let mut call = self.read_call();
        match known.extra().and_then(Extra::etag) {
            Some(etag) => call.set_header("If-None-Match", etag),
            None => call.problem = Some("the entity was read without an ETag".to_owned()),
        }
        Request::new(self.service.clone(), call, decode_optional)
    }

    /// One property, to read and write by itself.
    pub fn property<T: Edm, A>(&self, property: Property<E, T, A>) -> PropertyRequest<T, A> {
        let row = E::TYPE.property(property.name()).map(|(_, row)| row);
        let path = self.below(property.name());
        PropertyRequest::new(self.service.clone(), path, self.etag.clone(), row)
    }

    /// Reads one property.
    pub fn read<T: Edm, A>(&self, property: Property<E, T, A>) -> Request<T> {
        self.property(property).get()
    }

    /// Starts an update, by MERGE up to V3 and by PATCH since V4: what is not set keeps its value.
    pub fn update(&self) -> Merge<E> {
        self.update_with(Update::new())
    }

    /// Starts an update with a body that is there already.
    pub fn update_with(&self, body: Update<E>) -> Merge<E> {
        Merge::new(self.service.clone(), self.path.clone(), self.etag.as_deref(), body)
    }

    /// Deletes the entity.
    pub fn delete(&self) -> Request<()> {
        let mut call = Call::write("DELETE", self.path.as_str(), None);
        call.guard(self.etag.as_deref());
        Request::new(self.service.clone(), call, decode_nothing)
    }
}

/// The error of a constant without its row in the table: not made by the generator.
pub(crate) fn undeclared() -> Error {
    Error::usage("the property is not in the table of its type")
}
