//! The run time of generated OData clients.
//!
//! Generated code describes calls; everything that happens to a call happens here, once: one loop
//! authorises it, sends it, follows a service that has moved, and tries again what may be tried
//! again ([`Service`]). What comes back is typed again by [`Request`], [`Collection`] and
//! [`EntityRequest`].
//!
//! ```no_run
//! # use edm::{EntityType, Property};
//! # async fn f<Product: EntityType>(name: Property<Product, String>) -> Result<(), odata_client::Error> {
//! let service = odata_client::Service::builder("https://host/odata/").build()?;
//! let products = service.set::<Product>("Products");
//! for product in products.filter(name.starts_with("B")).top(20).list().await? { /* … */ }
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod batch;
mod body;
mod call;
mod collection;
mod create;
mod delta;
mod dialect;
mod entity;
mod error;
mod hook;
mod links;
mod monitor;
mod operation;
mod page;
mod place;
mod property;
mod reply;
mod request;
mod retry;
mod service;
mod setters;
mod stream;
mod token;
mod transport;
mod update;

pub use batch::{Batch, ChangeSet, Handle, Results};
pub use body::{Body, BodyError, Chunks};
pub use call::{Accept, Call, CallBody, Idempotency};
pub use collection::Collection;
pub use create::{Create, Saved};
pub use delta::Delta;
pub use dialect::Metadata;
pub use entity::{Addressed, EntityRequest};
pub use error::{Error, ErrorKind};
pub use hook::Hook;
pub use links::{Link, Links};
pub use monitor::{Monitor, Started};
pub use page::{Page, Pages};
pub use property::PropertyRequest;
pub use reply::Reply;
pub use request::{Request, nothing};
pub use retry::RetryPolicy;
pub use service::{Service, ServiceBuilder};
pub use stream::{Download, StreamRequest, Upload};
pub use token::{AccessToken, StaticToken, TokenSource};
pub use transport::{HttpTransport, Transport, TransportError};
pub use update::Merge;

pub use edm::json::{DeltaLink, Format};
pub use edm::version::Version;
