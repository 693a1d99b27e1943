use std::fmt;
use std::marker::PhantomData;

use edm::query::QueryOptions;
use edm::{DerivedFrom, Edm, EntityPath, EntityType, Many, Navigation, One, Property};

use crate::call::CallBody;
use crate::request::{decode_entity, decode_nothing};
use crate::{Call, Collection, Error, Merge, Reply, Request, Service, StreamRequest};

/// One entity, addressed by its key or by a navigation property: `Assets('nb:cid:UUID:…')`.
pub struct EntityRequest<E> {
    service: Service,
    path: String,
    /// Of a composed function: parameters that travel in the query.
    query: QueryOptions,
    marker: PhantomData<fn() -> E>,
}

/// An entity type that has a struct for requests of one entity; generated for every type.
pub trait Addressed: EntityType {
    /// The struct: what an [`EntityRequest`] can do, and what only entities of this type can.
    type Request: From<EntityRequest<Self>>;
}

impl<E> Clone for EntityRequest<E> {
    fn clone(&self) -> Self {
        Self::with_query(self.service.clone(), self.path.clone(), self.query.clone())
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
        Self { service, path, query, marker: PhantomData }
    }

    /// The path, to bind the entity in an insert or to link it.
    pub fn path(&self) -> EntityPath<E> {
        EntityPath::new(self.path.as_str())
    }

    fn below(&self, segment: &str) -> String {
        format!("{}/{segment}", self.path)
    }

    fn target(&self, path: &str) -> String {
        match self.query.to_query(edm::version::Version::V3) {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// The same entity as one of a derived type: a cast segment, such as `People(1)/Ns.Employee`.
    pub fn as_type<D: EntityType + DerivedFrom<E>>(&self) -> EntityRequest<D> {
        let path = self.below(&D::TYPE.qualified_name());
        EntityRequest::with_query(self.service.clone(), path, self.query.clone())
    }

    /// The stream that the entity describes.
    pub fn media(&self) -> StreamRequest {
        StreamRequest::new(self.service.clone(), self.below("$value"))
    }

    /// A named stream.
    pub fn stream(&self, name: &str) -> StreamRequest {
        StreamRequest::new(self.service.clone(), self.below(name))
    }
}

impl<E: EntityType> EntityRequest<E> {
    /// Reads the entity.
    pub fn get(&self) -> Request<E> {
        Request::new(self.service.clone(), Call::get(self.target(&self.path)), decode_entity)
    }

    /// Reads one property.
    pub fn read<T: Edm, A>(&self, property: Property<E, T, A>) -> Request<T> {
        let call = Call::get(self.target(&self.below(property.name())));
        match E::TYPE.property(property.name()) {
            Some((_, row)) => Request::value(self.service.clone(), call, &row.ty, T::from_value),
            // A constant without its row in the table: not made by the generator.
            None => Request::new(self.service.clone(), call, |_| {
                Err(Error::usage("the property is not in the table of its type"))
            }),
        }
    }

    /// Starts an update by MERGE: what is not set keeps its value.
    pub fn update(&self) -> Merge<E> {
        Merge::new(self.service.clone(), self.path.clone())
    }

    /// Deletes the entity.
    pub fn delete(&self) -> Request<()> {
        let call = Call::write("DELETE", self.path.as_str(), None);
        Request::new(self.service.clone(), call, decode_nothing)
    }

    /// What a navigation property to many leads to.
    pub fn follow<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Collection<T> {
        let path = self.below(navigation.name());
        Collection::with_query(self.service.clone(), path, self.query.clone())
    }

    /// What a navigation property to one leads to.
    pub fn follow_one<T, A>(&self, navigation: Navigation<E, One<T>, A>) -> EntityRequest<T> {
        let path = self.below(navigation.name());
        EntityRequest::with_query(self.service.clone(), path, self.query.clone())
    }

    /// The links of a navigation property to many.
    pub fn links<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Links<T> {
        let path = format!("{}/$links/{}", self.path, navigation.name());
        Links { service: self.service.clone(), path, marker: PhantomData }
    }
}

/// The links from one entity to others, without the entities: `$links`.
pub struct Links<T> {
    service: Service,
    path: String,
    marker: PhantomData<fn() -> T>,
}

impl<T> Links<T> {
    /// The URLs of the linked entities.
    pub fn list(&self) -> Request<Vec<String>> {
        fn decode(reply: &Reply) -> Result<Vec<String>, Error> {
            let links = reply.payload()?.links().map_err(Error::payload)?;
            Ok(links.0)
        }
        Request::new(self.service.clone(), Call::get(self.path.as_str()), decode)
    }

    /// Links an entity.
    pub fn add(&self, entity: &EntityPath<T>) -> Request<()> {
        let body = CallBody::Link(entity.as_str().to_owned());
        let call = Call::write("POST", self.path.as_str(), Some(body));
        Request::new(self.service.clone(), call, decode_nothing)
    }
}

impl<T: EntityType> Links<T> {
    /// Removes the link to the entity with this key; the entity stays.
    pub fn remove(&self, key: impl Into<T::Key>) -> Request<()> {
        use edm::Key as _;
        let key = edm::path::KeyPredicate::new(T::TYPE.key, key.into().literals());
        let call = Call::write("DELETE", format!("{}({key})", self.path), None);
        Request::new(self.service.clone(), call, decode_nothing)
    }
}

impl<T> fmt::Debug for Links<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}
