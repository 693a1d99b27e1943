//! Links from one entity to others, without the entities: `$links` up to V3, `$ref` since V4.

use std::fmt;
use std::marker::PhantomData;

use edm::path::KeyPredicate;
use edm::{EntityPath, EntityType, Key as _};

use crate::call::CallBody;
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

    fn nothing(&self, call: Call) -> Request<()> {
        Request::new(self.service.clone(), call, decode_nothing)
    }
}

fn decode_links(reply: &Reply) -> Result<Vec<String>, Error> {
    if reply.is_empty() {
        return Ok(Vec::new());
    }
    reply.read(|body| body.links()).map(|(links, _)| links)
}

/// The links of a navigation property to many.
#[derive(Clone)]
pub struct Links<T> {
    address: Address,
    marker: PhantomData<fn() -> T>,
}

/// The link of a navigation property to one.
#[derive(Clone)]
pub struct Link<T> {
    address: Address,
    marker: PhantomData<fn() -> T>,
}

impl<T> Links<T> {
    pub(crate) fn new(service: Service, owner: String, navigation: &'static str) -> Self {
        Self { address: Address { service, owner, navigation }, marker: PhantomData }
    }

    /// The URLs of the linked entities.
    pub fn list(&self) -> Request<Vec<String>> {
        let Address { service, .. } = &self.address;
        Request::new(service.clone(), Call::get(self.address.path("")), decode_links)
    }

    /// Links an entity.
    pub fn add(&self, entity: &EntityPath<T>) -> Request<()> {
        self.address.write("POST", entity.as_str())
    }

    /// Removes the link to an entity of a service of V4; the entity stays.
    pub fn remove_path(&self, entity: &EntityPath<T>) -> Request<()> {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let mut call = Call::write("DELETE", "", None);
        if self.address.service.version().is_v4() {
            let root = match entity.as_str().contains("://") {
                true => String::new(),
                false => self.address.service.root().into(),
            };
            let url = format!("{root}{}", entity.as_str());
            let id = utf8_percent_encode(&url, NON_ALPHANUMERIC);
            call.target = format!("{}?$id={id}", self.address.path(""));
        } else {
            call.problem = Some("up to V3, a link is removed by its key".to_owned());
        }
        self.address.nothing(call)
    }
}

impl<T: EntityType> Links<T> {
    /// Removes the link to the entity with this key; the entity stays.
    pub fn remove(&self, key: impl Into<T::Key>) -> Request<()> {
        let key = KeyPredicate::new(T::TYPE.key, key.into().literals());
        let path = self.address.path(&format!("({})", key.display(self.address.service.version())));
        self.address.nothing(Call::write("DELETE", path, None))
    }
}

impl<T> Link<T> {
    pub(crate) fn new(service: Service, owner: String, navigation: &'static str) -> Self {
        Self { address: Address { service, owner, navigation }, marker: PhantomData }
    }

    /// The URL of the linked entity, if there is one.
    pub fn get(&self) -> Request<Option<String>> {
        fn decode(reply: &Reply) -> Result<Option<String>, Error> {
            Ok(decode_links(reply)?.into_iter().next())
        }
        let Address { service, .. } = &self.address;
        Request::new(service.clone(), Call::get(self.address.path("")), decode)
    }

    /// Links an entity, in place of the one before.
    pub fn set(&self, entity: &EntityPath<T>) -> Request<()> {
        self.address.write("PUT", entity.as_str())
    }

    /// Removes the link; the entity stays.
    pub fn remove(&self) -> Request<()> {
        self.address.nothing(Call::write("DELETE", self.address.path(""), None))
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
