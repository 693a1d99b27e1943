use std::fmt;
use std::marker::PhantomData;

use edm::model::Operation;
use edm::{Edm, EntityPath, EntityType, Many, Navigation, One, Property, json};

use crate::call::CallBody;
use crate::request::{decode_entity, decode_nothing};
use crate::{Call, Collection, Error, Merge, Reply, Request, Service};

/// One entity, addressed by its key or by a navigation property: `Assets('nb:cid:UUID:…')`.
pub struct EntityRequest<E> {
    service: Service,
    path: String,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for EntityRequest<E> {
    fn clone(&self) -> Self {
        Self::new(self.service.clone(), self.path.clone())
    }
}
impl<E> fmt::Debug for EntityRequest<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl<E> EntityRequest<E> {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self { service, path, marker: PhantomData }
    }

    /// The path, to bind the entity in an insert or to link it.
    pub fn path(&self) -> EntityPath<E> {
        EntityPath::new(self.path.as_str())
    }

    fn below(&self, segment: &str) -> String {
        format!("{}/{segment}", self.path)
    }
}

impl<E: EntityType> EntityRequest<E> {
    /// Reads the entity.
    pub fn get(&self) -> Request<E> {
        Request::new(self.service.clone(), Call::get(self.path.as_str()), decode_entity)
    }

    /// Reads one property.
    pub fn read<T: Edm, A>(&self, property: Property<E, T, A>) -> Request<T> {
        let call = Call::get(self.below(property.name()));
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
        Collection::new(self.service.clone(), self.below(navigation.name()))
    }

    /// What a navigation property to one leads to.
    pub fn follow_one<T, A>(&self, navigation: Navigation<E, One<T>, A>) -> EntityRequest<T> {
        EntityRequest::new(self.service.clone(), self.below(navigation.name()))
    }

    /// The links of a navigation property to many.
    pub fn links<T, A>(&self, navigation: Navigation<E, Many<T>, A>) -> Links<T> {
        let path = format!("{}/$links/{}", self.path, navigation.name());
        Links { service: self.service.clone(), path, marker: PhantomData }
    }

    /// Calls an operation that is bound to the entity; generated code does so.
    pub fn action<T>(
        &self,
        operation: &'static Operation,
        values: Vec<(&'static str, edm::Value)>,
        decode: fn(edm::Value) -> Result<T, edm::TypeError>,
    ) -> Request<T> {
        let has_body = !operation.parameters.is_empty();
        let body = has_body.then_some(CallBody::Parameters(values, operation));
        let call = Call::write(operation.method, self.below(operation.name), body);
        Request::operation(self.service.clone(), call, operation, decode)
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
            json::read_links(reply.json()?, reply.format).map_err(Error::payload)
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
