//! The blob store: bytes in an object store, metadata in a [`BlobIndex`].
//!
//! A blob is an ordered list of segments, each an object of its own. Put Blob
//! makes one segment, Put Block one per block, and a commit only rewrites rows
//! of the index: no bytes are copied, and a blob changes from one version to
//! the next in one transaction.

mod arrivals;
mod attachments;
mod files;
mod garbage;
mod list;
mod near;
mod open;
mod read;
mod readers;
mod upload;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use prometheus_client::registry::Registry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::block::BlockLists;
use super::condition::Conditions;
use super::error::{BlobError, Result};
use super::index::{BlobIndex, BlobRef, PropertyChange};
use super::model::{BlobInfo, ContainerInfo, Policy, check_policy_id};
use super::name::{check_blob, check_container};
use super::objects::{Objects, probe};
use crate::generation::{self, Generations, Mark};

pub(crate) use arrivals::{Arrivals, WATCHED};
pub(crate) use files::{LocalFiles, ObjectFiles};
pub(crate) use garbage::GarbageRules;
pub(crate) use list::ListQuery;
pub(crate) use open::{BlobFile, BlobVersion};
pub(crate) use read::{BlobReader, ReadGuard, ReadRange};
pub(crate) use write::{BlockUpload, Upload, file_stream};

use readers::Readers;

/// Numbers that tell whether blobs have changed; containers share them.
const GENERATIONS: usize = 4096;

/// Bounds on what the store does at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreLimits {
    /// Uploads that may run at once. Each holds at most two parts of 8 MiB in
    /// memory, so this bounds the memory of all uploads.
    pub(crate) concurrent_uploads: usize,
    /// How long an upload may wait for its turn.
    pub(crate) upload_wait: Duration,
    /// How long a sender may pause before its upload is dropped.
    pub(crate) stall: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            concurrent_uploads: 32,
            upload_wait: Duration::from_secs(30),
            stall: Duration::from_secs(60),
        }
    }
}

/// Containers and block blobs. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct BlobStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    index: Arc<dyn BlobIndex>,
    objects: Arc<dyn ObjectStore>,
    files: Arc<dyn ObjectFiles>,
    limits: StoreLimits,
    uploads: Arc<Semaphore>,
    readers: Readers,
    generations: Arc<Generations>,
    arrivals: Arrivals,
    local_root: Option<PathBuf>,
}

impl BlobStore {
    /// A store that keeps its bytes as `objects`.
    pub(crate) fn new(index: Arc<dyn BlobIndex>, objects: Objects, limits: StoreLimits) -> Self {
        Self {
            inner: Arc::new(Inner {
                index,
                objects: objects.store,
                files: objects.files,
                local_root: objects.local_root,
                limits,
                uploads: Arc::new(Semaphore::new(limits.concurrent_uploads)),
                readers: Readers::default(),
                generations: Generations::new(GENERATIONS),
                arrivals: Arrivals::default(),
            }),
        }
    }

    /// Makes a container.
    ///
    /// # Errors
    /// [`BlobError::InvalidContainerName`], [`BlobError::ContainerExists`].
    pub(crate) async fn create_container(&self, name: &str) -> Result<()> {
        check_container(name)?;
        let index = Arc::clone(&self.inner.index);
        let created = name.to_owned();
        let change = async move { Ok((index.create_container(&created).await?, Vec::new())) };
        self.settle(&[name], change).await
    }

    /// Deletes a container with its blobs, blocks and policies.
    ///
    /// # Errors
    /// [`BlobError::ContainerNotFound`].
    pub(crate) async fn delete_container(&self, name: &str) -> Result<()> {
        let index = Arc::clone(&self.inner.index);
        let deleted = name.to_owned();
        self.settle(&[name], async move { Ok(((), index.delete_container(&deleted).await?)) }).await
    }

    /// What is known about a container.
    pub(crate) async fn container(&self, name: &str) -> Result<Option<ContainerInfo>> {
        self.inner.index.container(name).await
    }

    /// Whether the container exists.
    pub(crate) async fn container_exists(&self, name: &str) -> Result<bool> {
        Ok(self.container(name).await?.is_some())
    }

    /// Adds or replaces the stored access policy `id` of a container.
    ///
    /// # Errors
    /// [`BlobError::ContainerNotFound`], [`BlobError::InvalidPolicyId`], and
    /// [`BlobError::TooManyPolicies`] for the sixth policy.
    pub(crate) async fn set_policy(
        &self,
        container: &str,
        id: &str,
        policy: &Policy,
    ) -> Result<()> {
        check_policy_id(id)?;
        self.inner.index.set_policy(container, id, policy).await
    }

    /// Removes a stored access policy, which revokes every SAS that names it.
    /// Tells whether there was one.
    pub(crate) async fn remove_policy(&self, container: &str, id: &str) -> Result<bool> {
        self.inner.index.remove_policy(container, id).await
    }

    /// One stored access policy.
    pub(crate) async fn policy(&self, container: &str, id: &str) -> Result<Option<Policy>> {
        self.inner.index.policy(container, id).await
    }

    /// The bytes of all blobs together.
    pub(crate) async fn bytes_used(&self) -> Result<u64> {
        self.inner.index.bytes_used().await
    }

    /// The committed blob of that name.
    pub(crate) async fn get(&self, container: &str, name: &str) -> Result<Option<BlobInfo>> {
        self.inner.index.blob(&target(container, name)?).await
    }

    /// Changes the properties or the metadata of a blob.
    ///
    /// # Errors
    /// [`BlobError::BlobNotFound`], [`BlobError::ConditionNotMet`].
    pub(crate) async fn update(
        &self,
        container: &str,
        name: &str,
        change: PropertyChange,
        conditions: Conditions,
    ) -> Result<BlobInfo> {
        let target = target(container, name)?;
        let index = Arc::clone(&self.inner.index);
        let change =
            async move { Ok((index.update(&target, change, &conditions).await?, Vec::new())) };
        self.settle(&[container], change).await
    }

    /// The committed and uncommitted blocks of a blob.
    pub(crate) async fn blocks(&self, container: &str, name: &str) -> Result<BlockLists> {
        self.inner.index.blocks(&target(container, name)?).await
    }

    /// Deletes a blob and its uncommitted blocks.
    ///
    /// # Errors
    /// [`BlobError::BlobNotFound`], [`BlobError::ConditionNotMet`].
    pub(crate) async fn delete(
        &self,
        container: &str,
        name: &str,
        conditions: Conditions,
    ) -> Result<()> {
        let target = target(container, name)?;
        let index = Arc::clone(&self.inner.index);
        let change = async move { Ok(((), index.delete_blob(&target, &conditions).await?)) };
        self.settle(&[container], change).await
    }

    /// Gives a blob another name, in the same container or another; no bytes are copied.
    ///
    /// # Errors
    /// [`BlobError::BlobNotFound`], [`BlobError::ContainerNotFound`], and
    /// [`BlobError::BlobExists`] when there is a blob of the new name.
    pub(crate) async fn rename(
        &self,
        container: &str,
        name: &str,
        new_container: &str,
        new_name: &str,
    ) -> Result<BlobInfo> {
        let (from, to) = (target(container, name)?, target(new_container, new_name)?);
        let index = Arc::clone(&self.inner.index);
        let change = async move { Ok((index.rename(&from, &to).await?, Vec::new())) };
        self.settle(&[container, new_container], change).await
    }

    /// Whether objects are local files: then nothing has to be fetched before it is read.
    pub(crate) fn is_local(&self) -> bool {
        self.inner.local_root.is_some()
    }

    /// Asks the index and what keeps the bytes whether they can be used.
    ///
    /// # Errors
    /// One of them cannot be used. There is no limit in time.
    pub(crate) async fn check(&self) -> Result<()> {
        self.container("").await?;
        let Some(root) = &self.inner.local_root else {
            return probe(self.inner.objects.as_ref()).await;
        };
        // A volume that is gone has no files either: only its folder tells.
        let listed = tokio::fs::read_dir(root).await.map(drop);
        listed.map_err(|source| BlobError::file(root, source))
    }

    /// Names what is counted of reads to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.inner.files.register(registry);
    }

    /// Looks how much is kept of what was read.
    pub(crate) async fn measure(&self) {
        self.inner.files.measure().await;
    }

    /// For who reads of a container's blobs: tells whether any of them has changed since.
    pub(crate) fn mark(&self, container: &str) -> Mark {
        self.inner.generations.mark(container_slot(container))
    }

    /// Watched containers that have got blobs.
    pub(crate) fn arrivals(&self) -> &Arrivals {
        &self.inner.arrivals
    }

    /// Waits for a turn to upload.
    async fn upload_permit(&self) -> Result<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.inner.uploads).acquire_owned();
        match tokio::time::timeout(self.inner.limits.upload_wait, turn).await {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed; a timeout is the only way here.
            Ok(Err(_)) | Err(_) => Err(BlobError::Busy),
        }
    }
}

/// The number that tells of a container.
fn container_slot(container: &str) -> usize {
    generation::slot(container, GENERATIONS)
}

/// Checks both names of a blob.
fn target(container: &str, name: &str) -> Result<BlobRef> {
    check_container(container)?;
    check_blob(name)?;
    Ok(BlobRef { container: container.to_owned(), name: name.to_owned() })
}
