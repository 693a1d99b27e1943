use std::fmt;
use std::marker::PhantomData;

use edm::version::Version;
use edm::{
    DerivedFrom, Edm, EntityPath, EntityType, Expansion, Extra, Many, Navigation, One, Property,
    Selection, Structured, Update,
};

use crate::place::Place;
use crate::request::{decode_entity, decode_nothing, decode_optional};
use crate::{Call, Collection, Link, Links, Merge, PropertyRequest, Request, StreamRequest};

/// One entity, addressed by its key or by a navigation property: `Assets('nb:cid:UUID:…')`.
pub struct EntityRequest<E> {
    place: Place,
    marker: PhantomData<fn() -> E>,
}

/// An entity type that has a struct for requests of one entity; generated for every type.
pub trait Addressed: EntityType {
    /// The struct: what an [`EntityRequest`] can do, and what only entities of this type can.
    type Request: From<EntityRequest<Self>>;
}

impl<E> Clone for EntityRequest<E> {
    fn clone(&self) -> Self {
        Self::at(self.place.clone())
    }
}
impl<E> fmt::Debug for EntityRequest<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.path)
    }
}

crate::operation::invokes!(EntityRequest<E>);

impl<E> EntityRequest<E> {
    pub(crate) const fn at(place: Place) -> Self {
        Self { place, marker: PhantomData }
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// The path, to bind the entity in an insert or to link it.
    pub fn path(&self) -> EntityPath<E> {
        EntityPath::new(self.place.path.as_str())
    }

    /// The stream that the entity describes.
    pub fn media(&self) -> StreamRequest {
        StreamRequest::new(&self.place, "$value", Version::V1)
    }

    /// A named stream.
    pub fn stream(&self, name: &str) -> StreamRequest {
        StreamRequest::new(&self.place, name, Version::V3)
    }

    /// What a navigation property to many leads to.
    pub fn follow<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Collection<T> {
        Collection::at(self.place.below(navigation.name()))
    }

    /// What a navigation property to one leads to.
    pub fn follow_one<T, A>(&self, navigation: Navigation<E, One<T>, A>) -> EntityRequest<T> {
        EntityRequest::at(self.place.below(navigation.name()))
    }

    /// The links of a navigation property to many.
    pub fn links<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Links<T> {
        Links::new(&self.place, navigation.name())
    }

    /// The link of a navigation property to one.
    pub fn link<T, A>(&self, navigation: Navigation<E, One<T>, A>) -> Link<T> {
        Link::new(&self.place, navigation.name())
    }
}

impl<E: Addressed> EntityRequest<E> {
    /// Changes and deletes the entity, and calls its actions, only while it is as it was when this
    /// was read. Without an ETag in what was read, such a call is not sent.
    #[must_use]
    pub fn if_match(&self, entity: &dyn Structured) -> E::Request {
        let mut place = self.place.clone();
        place.guard(entity);
        Self::at(place).into()
    }

    /// Changes and deletes the entity, and calls its actions, whatever its state, but only if it is
    /// there.
    #[must_use]
    pub fn if_match_any(&self) -> E::Request {
        Self::at(Place { etag: Some("*".to_owned()), ..self.place.clone() }).into()
    }

    /// Only this property or path, and others so named; the rest keeps its default.
    #[must_use]
    pub fn select(&self, selection: impl Into<Selection<E>>) -> E::Request {
        let mut place = self.place.clone();
        place.query.select.push(selection.into().into_item());
        Self::at(place).into()
    }

    /// Brings along what a navigation property leads to, in the field `extra` of the entity; with a
    /// query of its own if it has one: `Person::TRIPS.expand().top(3)`.
    #[must_use]
    pub fn expand(&self, expansion: impl Into<Expansion<E>>) -> E::Request {
        let mut place = self.place.clone();
        place.query.expand.push(expansion.into().into_item());
        Self::at(place).into()
    }

    /// The same entity as one of a derived type: a cast segment, such as `People(1)/Ns.Employee`.
    #[must_use]
    pub fn as_type<D: Addressed + DerivedFrom<E>>(&self) -> D::Request {
        EntityRequest::at(self.place.clone().cast(&D::TYPE.qualified_name())).into()
    }
}

impl<E: EntityType> EntityRequest<E> {
    /// Reads the entity.
    pub fn get(&self) -> Request<E> {
        Request::new(&self.place.service, self.place.read(), decode_entity)
    }

    /// Reads the entity; `None` where there is none: with that key, or behind a navigation
    /// property.
    pub fn find(&self) -> Request<Option<E>> {
        let call = Call { may_be_absent: true, ..self.place.read() };
        Request::new(&self.place.service, call, decode_optional)
    }

    /// Reads the entity if it is no longer as it was when this was read (`If-None-Match`); `None`
    /// if it still is.
    pub fn get_if_changed(&self, known: &E) -> Request<Option<E>> {
        let mut call = self.place.read();
        call.if_none_match(known.extra().and_then(Extra::etag));
        Request::new(&self.place.service, call, decode_optional)
    }

    /// One property, to read and write by itself.
    pub fn property<T: Edm, A>(&self, property: Property<E, T, A>) -> PropertyRequest<T, A> {
        let row = E::TYPE.property(property.name()).map(|(_, row)| row);
        PropertyRequest::new(&self.place, property.name(), row)
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
        Merge::new(&self.place, body)
    }

    /// Deletes the entity.
    pub fn delete(&self) -> Request<()> {
        Request::new(&self.place.service, self.place.write("DELETE"), decode_nothing)
    }
}
