//! The run time of generated OData clients, for V1 to V4.01.
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
//!
//! | to… | see |
//! |---|---|
//! | say how a service is called | [`ServiceBuilder`], [`TokenSource`], [`Hook`], [`RetryPolicy`] |
//! | choose between JSON and Atom | [`Format`], [`ServiceBuilder::format`] |
//! | query, page and count | [`Collection`], [`Pages`] |
//! | read, change and delete one entity, with or without its ETag | [`EntityRequest`], [`Merge`] |
//! | create one, with others along with it | [`Create`] |
//! | read and write one property, or links alone | [`PropertyRequest`], [`Links`], [`Link`] |
//! | read and write media and named streams as they come | [`StreamRequest`], [`Body`] |
//! | read what has changed since a read | [`Collection::track_changes`], [`Delta`] |
//! | send several calls in one | [`Batch`] |
//! | wait for what takes long | [`Request::respond_async`], [`Monitor`] |
//! | know what went wrong | [`Error`] |
//! | carry requests by other means | [`Transport`] |
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
mod format;
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

pub use batch::{Batch, BatchHandle, BatchResults, ChangeSet};
pub use body::{Body, BodyError, Chunks};
pub use call::{Accept, Call, CallBody, Idempotency};
pub use collection::Collection;
pub use create::{Create, Saved};
pub use delta::Delta;
pub use dialect::Metadata;
pub use entity::{Addressed, EntityRequest};
pub use error::{Error, ErrorKind};
pub use format::{Format, Payload};
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

pub use bytes::Bytes;
pub use edm::json::DeltaLink;
pub use edm::version::Version;
