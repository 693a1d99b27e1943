//! Writing blobs and blocks.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use object_store::ObjectStoreExt as _;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::super::block::{BlockId, BlockRef, MAX_BLOCKS};
use super::super::condition::Conditions;
use super::super::error::{BlobError, BoxError, Result};
use super::super::index::Content;
use super::super::model::{BlobInfo, BlobProperties, Md5, ObjectKey};
use super::upload::{Body, BodyRules, receive};
use super::{BlobStore, target};

/// Longest Put Blob in bytes: 5000 MiB (Azure: "Scalability targets for Blob
/// storage").
pub(crate) const MAX_PUT_BLOB: u64 = 5000 << 20;

/// Longest Put Block in bytes: 4000 MiB (same source).
pub(crate) const MAX_PUT_BLOCK: u64 = 4000 << 20;

/// Bytes read from a local file at once.
const FILE_CHUNK: usize = 1 << 20;

/// A whole blob to be written.
#[derive(Debug)]
pub(crate) struct Upload {
    /// Properties of the new blob. Its MD5 is a claim that is checked against
    /// the bytes; without one the MD5 is computed.
    pub(crate) properties: BlobProperties,
    /// Announced length in bytes.
    pub(crate) length: Option<u64>,
    /// Must hold for what the new blob replaces.
    pub(crate) conditions: Conditions,
}

/// A block to be written.
#[derive(Debug)]
pub(crate) struct BlockUpload {
    /// Its id.
    pub(crate) id: BlockId,
    /// Announced length in bytes.
    pub(crate) length: Option<u64>,
    /// Announced MD5; without one none is computed.
    pub(crate) md5: Option<Md5>,
}

/// The bytes of a local file.
///
/// # Errors
/// [`BlobError::File`] when the file cannot be opened.
pub(crate) async fn file_stream(path: &Path) -> Result<ReaderStream<File>> {
    let file = File::open(path).await.map_err(|source| BlobError::file(path, source))?;
    Ok(ReaderStream::with_capacity(file, FILE_CHUNK))
}

impl BlobStore {
    /// Writes a blob of unknown length from a stream, over any blob of that
    /// name. For the rest of the service, hence without a length limit.
    ///
    /// # Errors
    /// [`BlobError::ContainerNotFound`], [`BlobError::Body`] when the stream
    /// fails, and the failures of the store.
    pub(crate) async fn put_stream<S, E>(
        &self,
        container: &str,
        name: &str,
        content_type: &str,
        stream: S,
    ) -> Result<BlobInfo>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let upload = Upload {
            properties: BlobProperties::of_type(content_type),
            length: None,
            conditions: Conditions::default(),
        };
        let body = stream.map(|chunk| chunk.map_err(Into::into)).boxed();
        self.write_blob(container, name, upload, body, u64::MAX).await
    }

    /// Writes a blob from a local file.
    ///
    /// # Errors
    /// [`BlobError::File`] when the file cannot be opened, else as
    /// [`put_stream`](Self::put_stream).
    pub(crate) async fn write_from_file(
        &self,
        container: &str,
        name: &str,
        content_type: &str,
        path: &Path,
    ) -> Result<BlobInfo> {
        self.put_stream(container, name, content_type, file_stream(path).await?).await
    }

    /// Put Blob: writes a whole blob of at most 5000 MiB.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], [`BlobError::LengthMismatch`],
    /// [`BlobError::Md5Mismatch`], [`BlobError::ConditionNotMet`],
    /// [`BlobError::BlobExists`], [`BlobError::Busy`] and the failures of the
    /// store; nothing becomes visible then.
    pub(crate) async fn put_blob<S, E>(
        &self,
        container: &str,
        name: &str,
        upload: Upload,
        stream: S,
    ) -> Result<BlobInfo>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let body = stream.map(|chunk| chunk.map_err(Into::into)).boxed();
        self.write_blob(container, name, upload, body, MAX_PUT_BLOB).await
    }

    async fn write_blob(
        &self,
        container: &str,
        name: &str,
        upload: Upload,
        body: Body<'_>,
        max_length: u64,
    ) -> Result<BlobInfo> {
        let target = target(container, name)?;
        let Upload { mut properties, length, conditions } = upload;
        // Tells the sender early; the commit checks again, and that counts.
        self.require_container(container).await?;
        conditions.check_write(self.inner.index.blob(&target).await?.as_ref())?;

        let _turn = self.upload_permit().await?;
        let rules = BodyRules {
            length,
            max_length,
            md5: properties.content_md5,
            hash: true,
            stall: self.inner.limits.stall,
        };
        let received = receive(&self.inner.objects, body, rules).await?;
        properties.content_md5 = received.md5;
        let segment = received.segment;
        let uploaded = segment.as_ref().map(|segment| segment.object.clone());
        let index = Arc::clone(&self.inner.index);
        let written = self
            .settle_upload(&[container], uploaded, async move {
                let content = Content::Whole(segment);
                index.commit(&target, content, properties, &conditions).await
            })
            .await?;
        self.inner.arrivals.note(container);
        Ok(written)
    }

    /// Put Block: stores a block of at most 4000 MiB until a block list names
    /// it. Returns the MD5 when one was announced.
    ///
    /// # Errors
    /// As [`put_blob`](Self::put_blob), without the conditions, and
    /// [`BlobError::EmptyBlock`].
    pub(crate) async fn put_block<S, E>(
        &self,
        container: &str,
        name: &str,
        block: BlockUpload,
        stream: S,
    ) -> Result<Option<Md5>>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let target = target(container, name)?;
        self.require_container(container).await?;
        let _turn = self.upload_permit().await?;
        let rules = BodyRules {
            length: block.length,
            max_length: MAX_PUT_BLOCK,
            md5: block.md5,
            hash: false,
            stall: self.inner.limits.stall,
        };
        let body = stream.map(|chunk| chunk.map_err(Into::into)).boxed();
        let received = receive(&self.inner.objects, body, rules).await?;
        let Some(mut segment) = received.segment else {
            return Err(BlobError::EmptyBlock);
        };
        segment.block = Some(block.id.as_str().to_owned());
        let uploaded = Some(segment.object.clone());
        let index = Arc::clone(&self.inner.index);
        self.settle_upload(&[container], uploaded, async move {
            let garbage = index.record_block(&target, &block.id, segment).await?;
            Ok((received.md5, garbage))
        })
        .await
    }

    /// Put Block List: makes the named blocks the blob.
    ///
    /// # Errors
    /// [`BlobError::UnknownBlock`], [`BlobError::BlockListTooLong`],
    /// [`BlobError::ContainerNotFound`], [`BlobError::ConditionNotMet`],
    /// [`BlobError::BlobExists`] and the failures of the index.
    pub(crate) async fn put_block_list(
        &self,
        container: &str,
        name: &str,
        list: Vec<BlockRef>,
        properties: BlobProperties,
        conditions: Conditions,
    ) -> Result<BlobInfo> {
        if list.len() > MAX_BLOCKS {
            return Err(BlobError::BlockListTooLong { limit: MAX_BLOCKS });
        }
        let target = target(container, name)?;
        let index = Arc::clone(&self.inner.index);
        let written = self
            .settle(&[container], async move {
                let content = Content::Blocks(list);
                index.commit(&target, content, properties, &conditions).await
            })
            .await?;
        self.inner.arrivals.note(container);
        Ok(written)
    }

    async fn require_container(&self, container: &str) -> Result<()> {
        if self.container_exists(container).await? {
            Ok(())
        } else {
            Err(BlobError::ContainerNotFound(container.to_owned()))
        }
    }

    /// Runs a change of the index of containers to its end even when the caller goes away,
    /// and then removes the garbage it made: a change cut off in the middle
    /// could be committed without anybody knowing.
    pub(super) async fn settle<T: Send + 'static>(
        &self,
        containers: &[&str],
        change: impl Future<Output = Result<(T, Vec<ObjectKey>)>> + Send + 'static,
    ) -> Result<T> {
        let store = self.clone();
        let slots: Vec<_> = containers.iter().map(|name| super::container_slot(name)).collect();
        let change = async move {
            let changed = change.await;
            // Before anything is removed that readers of the old state know of.
            slots.iter().for_each(|at| store.inner.generations.bump(*at));
            let (done, garbage) = changed?;
            store.retire(garbage);
            Ok(done)
        };
        tokio::spawn(change).await.unwrap_or(Err(BlobError::Interrupted))
    }

    /// As [`settle`](Self::settle) for a change that gives the object
    /// `uploaded` an owner; removes the object when the change is refused.
    pub(super) async fn settle_upload<T: Send + 'static>(
        &self,
        containers: &[&str],
        uploaded: Option<ObjectKey>,
        change: impl Future<Output = Result<(T, Vec<ObjectKey>)>> + Send + 'static,
    ) -> Result<T> {
        let objects = Arc::clone(&self.inner.objects);
        self.settle(containers, async move {
            let outcome = change.await;
            let refused = outcome.as_ref().err().is_some_and(|error| !error.is_index_failure());
            if refused
                && let Some(key) = uploaded
                && let Err(error) = objects.delete(&key.path()).await
            {
                tracing::warn!(key = key.as_str(), %error, "cannot remove a refused upload");
            }
            outcome
        })
        .await
    }
}
