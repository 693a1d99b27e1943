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

mod call;
mod collection;
mod entity;
mod error;
mod operation;
mod page;
mod request;
mod retry;
mod service;
mod stream;
mod token;
mod transport;

pub use call::{Accept, Call, CallBody, Idempotency, Reply};
pub use collection::Collection;
pub use entity::{Addressed, EntityRequest, Links};
pub use error::{Error, ErrorKind};
pub use page::Page;
pub use request::{Create, Merge, Request, nothing};
pub use retry::RetryPolicy;
pub use service::{Service, ServiceBuilder};
pub use stream::StreamRequest;
pub use token::{AccessToken, StaticToken, TokenSource};
pub use transport::{HttpTransport, Transport, TransportError};

pub use edm::json::Format;
