//! Block blobs behind SAS URLs.
//!
//! This is the storage account of the service: assets are containers, the
//! files of an asset are blobs, and a SAS locator is a container SAS with a
//! stored access policy. Any Azure Storage client can upload and download
//! through [`router`]; the service itself uses [`BlobStore`].
//!
//! Bytes are kept in an `object_store`, metadata in a [`BlobIndex`](index::BlobIndex). Both are
//! traits, so a cluster can use S3 or Azure and another database.

mod block;
mod condition;
mod error;
mod http;
mod index;
mod model;
mod name;
mod objects;
mod query;
mod range_cache;
mod sas;
mod sqlite;
mod store;

#[cfg(test)]
mod tests;

pub(crate) use condition::{Conditions, ReadVerdict, TagMatch};
pub(crate) use error::BlobError;
pub(crate) use http::{BlobService, http_date, parse_http_date, router};
pub(crate) use model::{Attachment, AttachmentKind, BlobInfo, Permissions, Policy};
pub(crate) use objects::{Durability, Objects};
pub(crate) use sas::{SasAuthority, SasKey};
pub(crate) use sqlite::SqliteBlobIndex;
pub(crate) use store::{
    BlobFile, BlobReader, BlobStore, BlobVersion, GarbageRules, ReadGuard, ReadRange, StoreLimits,
    WATCHED, file_stream,
};
