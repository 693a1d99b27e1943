//! Links from one entity to others, without the entities: `$links` up to V3, `$ref` since V4.

use std::fmt;
use std::marker::PhantomData;

use edm::path::KeyPredicate;
use edm::{EntityPath, EntityType, Key as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::call::{CallBody, is_absolute};
use crate::place::Place;
use crate::request::decode_nothing;
use crate::{Call, Error, Reply, Request, Service};

/// Where the links of a navigation property are.
#[derive(Clone)]
struct Address {
    service: Service,
    /// The entity.
    owner: String,
    navigation: &'static str,
}

impl Address {
    fn new(owner: &Place, navigation: &'static str) -> Self {
        Self { service: owner.service.clone(), owner: owner.path.clone(), navigation }
    }

    /// The path of the links, or of the one to the entity with this key.
    fn path(&self, key: &str) -> String {
        let Self { service, owner, navigation } = self;
        match service.version().is_v4() {
            true => format!("{owner}/{navigation}{key}/$ref"),
            false => format!("{owner}/$links/{navigation}{key}"),
        }
    }

    fn write(&self, method: &'static str, entity: &str) -> Request<()> {
        let body = CallBody::Link(entity.to_owned());
        self.nothing(Call::write(method, self.path(""), Some(body)))
    }

    fn remove(&self, key: &str) -> Request<()> {
        self.nothing(Call::write("DELETE", self.path(key), None))
    }

    fn remove_entity(&self, entity: &str) -> Request<()> {
        let mut call = Call::write("DELETE", self.path(""), None);
        if self.service.version().is_v4() {
            let root = match is_absolute(entity) {
                true => String::new(),
                false => self.service.root().into(),
            };
            let url = format!("{root}{entity}");
            call.target.push_str("?$id=");
            call.target.extend(utf8_percent_encode(&url, NON_ALPHANUMERIC));
        } else {
            call.problem = Some("up to V3, a link is removed by its key".to_owned());
        }
        self.nothing(call)
    }

    fn nothing(&self, call: Call) -> Request<()> {
        Request::new(&self.service, call, decode_nothing)
    }
}

fn decode_links(reply: &Reply) -> Result<Vec<String>, Error> {
    if reply.is_empty() {
        return Ok(Vec::new());
    }
    reply.read(|body| body.links()).map(|(links, _)| links)
}

/// The links of a navigation property to many.
pub struct Links<T> {
    address: Address,
    marker: PhantomData<fn() -> T>,
}

/// The link of a navigation property to one.
pub struct Link<T> {
    address: Address,
    marker: PhantomData<fn() -> T>,
}

impl<T> Links<T> {
    pub(crate) fn new(owner: &Place, navigation: &'static str) -> Self {
        Self { address: Address::new(owner, navigation), marker: PhantomData }
    }

    /// The URLs of the linked entities.
    pub fn list(&self) -> Request<Vec<String>> {
        Request::new(&self.address.service, Call::get(self.address.path("")), decode_links)
    }

    /// Links an entity.
    pub fn add(&self, entity: &EntityPath<T>) -> Request<()> {
        self.address.write("POST", entity.as_str())
    }

    /// Removes the link to an entity of a service of V4; the entity stays.
    pub fn remove_path(&self, entity: &EntityPath<T>) -> Request<()> {
        self.address.remove_entity(entity.as_str())
    }
}

impl<T: EntityType> Links<T> {
    /// Removes the link to the entity with this key; the entity stays.
    pub fn remove(&self, key: impl Into<T::Key>) -> Request<()> {
        let key = KeyPredicate::new(T::TYPE.key, key.into().literals());
        self.address.remove(&format!("({})", key.display(self.address.service.version())))
    }
}

impl<T> Link<T> {
    pub(crate) fn new(owner: &Place, navigation: &'static str) -> Self {
        Self { address: Address::new(owner, navigation), marker: PhantomData }
    }

    /// The URL of the linked entity, if there is one.
    pub fn get(&self) -> Request<Option<String>> {
        fn decode(reply: &Reply) -> Result<Option<String>, Error> {
            Ok(decode_links(reply)?.into_iter().next())
        }
        Request::new(&self.address.service, Call::get(self.address.path("")), decode)
    }

    /// Links an entity, in place of the one before.
    pub fn set(&self, entity: &EntityPath<T>) -> Request<()> {
        self.address.write("PUT", entity.as_str())
    }

    /// Removes the link; the entity stays.
    pub fn remove(&self) -> Request<()> {
        self.address.remove("")
    }
}

impl<T> fmt::Debug for Links<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address.path(""))
    }
}

impl<T> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address.path(""))
    }
}
