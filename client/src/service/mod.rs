//! A service, and the one loop that sends a call to it.
//!
//! | file | what |
//! |---|---|
//! | `builder.rs` | how a service is called, decided once |
//! | `send.rs` | the loop: what is tried again, and when |
//! | `attempt.rs` | one request and its answer |
//! | `moved.rs` | a service that is elsewhere now |
//! | `session.rs` | cookies, and tokens against forgery |

mod attempt;
mod builder;
mod moved;
mod send;
mod session;

use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use edm::EntityType;
use edm::model::Model;
use edm::query::QueryOptions;
use edm::version::Version;
use url::Url;

pub use builder::ServiceBuilder;
pub(crate) use send::{inner_reply, service_error};

use crate::dialect::Dialect;
use crate::place::Place;
use crate::{Collection, EntityRequest, Format, Hook, RetryPolicy, TokenSource, Transport};
use session::Session;

/// A service: its root and how to call it. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
    dialect: Dialect,
    model: Option<&'static Model>,
}

struct Inner {
    /// Where the service is; it may say that it has moved.
    root: RwLock<Url>,
    /// What goes behind the question mark of every request to it.
    query: Option<String>,
    transport: Arc<dyn Transport>,
    token: Option<Arc<dyn TokenSource>>,
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
    hooks: Vec<Arc<dyn Hook>>,
    redirect_hosts: Vec<String>,
    retry: RetryPolicy,
    timeout: Duration,
    largest_answer: usize,
    tunnel: bool,
    session: Option<Session>,
    /// The version and format that the builder was told.
    version: Option<Version>,
    format: Option<Format>,
}

crate::operation::invokes!(Service);

impl Service {
    /// Starts to build a service from the URL of its root, such as `https://host/api/`.
    pub fn builder(root: impl Into<String>) -> ServiceBuilder {
        ServiceBuilder::new(root.into())
    }

    /// The same service, spoken to in the version of a model unless its builder was told another.
    /// Generated containers call this.
    #[must_use]
    pub fn with_model(mut self, model: &'static Model) -> Self {
        let version = self.inner.version.unwrap_or(model.version);
        self.dialect.version = version;
        self.dialect.format = self.inner.format.unwrap_or_else(|| Format::of_version(version));
        self.model = Some(model);
        self
    }

    /// The model, if a generated container gave it.
    pub fn model(&self) -> Option<&'static Model> {
        self.model
    }

    /// The version of the protocol that is spoken.
    pub fn version(&self) -> Version {
        self.dialect.version
    }

    /// The root, below which operations are.
    fn place(&self) -> Place {
        Place::new(self, String::new(), QueryOptions::default())
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Where the service is now, with a slash at the end and without its query.
    pub fn root(&self) -> Url {
        // A panic while the lock is held is not possible: it guards one assignment.
        self.inner
            .root
            .read()
            .map_or_else(|poisoned| poisoned.into_inner().clone(), |root| root.clone())
    }

    /// An entity set of the service.
    pub fn set<E: EntityType>(&self, name: &str) -> Collection<E> {
        Collection::at(Place::named(self, name))
    }

    /// A singleton of the service.
    pub fn singleton<E: EntityType>(&self, name: &str) -> EntityRequest<E> {
        EntityRequest::at(Place::named(self, name))
    }

    /// The entity at a URL that the service handed out: an edit link, an id, a `Location`.
    pub fn at<E: EntityType>(&self, url: impl Into<String>) -> EntityRequest<E> {
        EntityRequest::at(Place::new(self, url.into(), QueryOptions::default()))
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (OData {})", self.root(), self.dialect.version)
    }
}
