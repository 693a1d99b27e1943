//! The metadata side of the store, as a trait so that another database can
//! take SQLite's place.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use jiff::Timestamp;

use super::block::{BlockId, BlockLists, BlockRef};
use super::condition::Conditions;
use super::error::Result;
use super::model::{
    Attachment, AttachmentKind, BlobInfo, BlobProperties, ContainerInfo, ObjectKey, PlacedSegment,
    Policy, Segment,
};

/// The name of a blob together with its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlobRef {
    /// Container name.
    pub(crate) container: String,
    /// Name within the container.
    pub(crate) name: String,
}

/// What a commit makes the blob consist of.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// The bytes of one upload; `None` for an empty blob.
    Whole(Option<Segment>),
    /// Uploaded blocks.
    Blocks(Vec<BlockRef>),
}

/// A change of a blob that leaves its bytes alone.
#[derive(Clone, Debug)]
pub(crate) enum PropertyChange {
    /// Replaces all but the metadata.
    Properties(BlobProperties),
    /// Replaces the metadata.
    Metadata(BTreeMap<String, String>),
}

/// Metadata of containers, stored access policies, blobs and blocks.
///
/// Every change is atomic: it happens as a whole or not at all, and survives a
/// crash once the call returned. A change that leaves objects without an owner
/// records them as garbage in the same transaction and returns their keys, so
/// that a crash before their removal loses none of them.
#[async_trait]
pub(crate) trait BlobIndex: fmt::Debug + Send + Sync {
    /// Adds a container; it is an error if it exists.
    async fn create_container(&self, name: &str) -> Result<()>;
    /// Removes a container with all it holds; returns the new garbage.
    async fn delete_container(&self, name: &str) -> Result<Vec<ObjectKey>>;
    /// What is known about a container.
    async fn container(&self, name: &str) -> Result<Option<ContainerInfo>>;

    /// Adds or replaces a stored access policy; a container holds at most five.
    async fn set_policy(&self, container: &str, id: &str, policy: &Policy) -> Result<()>;
    /// Removes a policy; tells whether there was one.
    async fn remove_policy(&self, container: &str, id: &str) -> Result<bool>;
    /// One policy.
    async fn policy(&self, container: &str, id: &str) -> Result<Option<Policy>>;

    /// The committed blob of that name.
    async fn blob(&self, target: &BlobRef) -> Result<Option<BlobInfo>>;
    /// The segments of one version of a blob that overlap `range`, in order.
    /// Empty once that version was replaced or deleted.
    async fn segments(&self, version: i64, range: Range<u64>) -> Result<Vec<PlacedSegment>>;
    /// At most `limit` blobs with names at or after `from`, in byte order.
    async fn list(&self, container: &str, from: &str, limit: u32) -> Result<Vec<BlobInfo>>;
    /// At most `limit` blobs whose names end with `ending`, which is in lower case, whatever their
    /// own is; in byte order.
    async fn list_ending(&self, container: &str, ending: &str, limit: u32)
    -> Result<Vec<BlobInfo>>;
    /// Makes `content` the blob, replacing what was there, and drops its
    /// uncommitted blocks. Returns the blob and the new garbage.
    async fn commit(
        &self,
        target: &BlobRef,
        content: Content,
        properties: BlobProperties,
        conditions: &Conditions,
    ) -> Result<(BlobInfo, Vec<ObjectKey>)>;
    /// Changes properties or metadata.
    async fn update(
        &self,
        target: &BlobRef,
        change: PropertyChange,
        conditions: &Conditions,
    ) -> Result<BlobInfo>;
    /// Gives a blob another name, which must be free.
    async fn rename(&self, from: &BlobRef, to: &BlobRef) -> Result<BlobInfo>;
    /// Deletes the blob and its uncommitted blocks; returns the new garbage.
    async fn delete_blob(
        &self,
        target: &BlobRef,
        conditions: &Conditions,
    ) -> Result<Vec<ObjectKey>>;

    /// Records an uploaded block; returns the object of an earlier block with
    /// the same id as garbage.
    async fn record_block(
        &self,
        target: &BlobRef,
        id: &BlockId,
        segment: Segment,
    ) -> Result<Vec<ObjectKey>>;
    /// The committed and the uncommitted blocks of a blob.
    async fn blocks(&self, target: &BlobRef) -> Result<BlockLists>;

    /// Makes an object an attachment of a version, in place of another of its
    /// kind; returns the new garbage, or `None` once the version was replaced
    /// or deleted.
    async fn attach(
        &self,
        version: i64,
        kind: AttachmentKind,
        attachment: &Attachment,
    ) -> Result<Option<Vec<ObjectKey>>>;
    /// The attachments of a kind that these versions have.
    async fn attachments(
        &self,
        versions: &[i64],
        kind: AttachmentKind,
    ) -> Result<BTreeMap<i64, Attachment>>;

    /// The bytes of all blobs together.
    async fn bytes_used(&self) -> Result<u64>;

    /// Makes blocks that were uploaded before `limit` and never committed
    /// garbage.
    async fn expire_blocks(&self, limit: Timestamp) -> Result<()>;
    /// All recorded garbage.
    async fn garbage(&self) -> Result<Vec<ObjectKey>>;
    /// Forgets garbage whose objects are gone.
    async fn forget_garbage(&self, keys: &[ObjectKey]) -> Result<()>;
    /// Those of `keys` that nothing in the index mentions, garbage included.
    async fn unknown_objects(&self, keys: Vec<ObjectKey>) -> Result<Vec<ObjectKey>>;
}
