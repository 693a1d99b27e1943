//! What the service makes of a version of a blob and keeps beside it.
//!
//! Attachments are objects like the bytes of blobs. They go when their version goes, and clients
//! do not see them.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStoreExt as _;

use super::super::error::{BlobError, Result};
use super::super::model::{Attachment, AttachmentKind, BlobInfo, ObjectKey};
use super::BlobStore;
use super::read::ReadGuard;
use crate::extent;

impl BlobStore {
    /// Keeps bytes beside a version of a blob, in place of what was there of that kind.
    ///
    /// # Errors
    /// [`BlobError::BlobNotFound`] if the version is not the blob's any more, and the failures of
    /// the store; nothing is kept then.
    pub(crate) async fn attach(
        &self,
        container: &str,
        blob: &BlobInfo,
        kind: AttachmentKind,
        bytes: Bytes,
    ) -> Result<Attachment> {
        let object = ObjectKey::fresh();
        let attachment = Attachment { object: object.clone(), length: bytes.len() as u64 };
        // Whole or not at all: what a crash leaves without an owner is swept.
        self.inner.objects.put(&object.path(), bytes.into()).await?;
        let index = Arc::clone(&self.inner.index);
        let (version, name, container) = (blob.version, blob.name.clone(), container.to_owned());
        let recorded = attachment.clone();
        let change = async move {
            match index.attach(version, kind, &recorded).await? {
                Some(replaced) => Ok((recorded, replaced)),
                None => Err(BlobError::BlobNotFound { container, name }),
            }
        };
        self.settle_upload(&[], Some(object), change).await
    }

    /// What is kept of a kind beside these versions.
    ///
    /// # Errors
    /// The failures of the index.
    pub(crate) async fn attachments(
        &self,
        versions: &[i64],
        kind: AttachmentKind,
    ) -> Result<BTreeMap<i64, Attachment>> {
        self.inner.index.attachments(versions, kind).await
    }

    /// Reads a part of an attachment.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if it is shorter, and the failures of the objects, one of which is
    /// that the attachment is gone.
    pub(crate) async fn read_attachment(
        &self,
        attachment: &Attachment,
        range: Range<u64>,
    ) -> Result<Bytes> {
        let damaged = || BlobError::Damaged { object: attachment.object.as_str().to_owned() };
        if range.start > range.end || range.end > attachment.length {
            return Err(damaged());
        }
        let _guard = ReadGuard::new(self);
        let extents =
            self.inner.files.extents(&attachment.object, attachment.length, range).await?;
        let read = extent::read(extents).await.map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => damaged(),
            _ => BlobError::File { path: attachment.object.as_str().to_owned(), source },
        });
        Ok(read?.into())
    }
}
