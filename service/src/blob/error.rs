//! What can go wrong in the blob store, as one typed error.
//!
//! The HTTP layer maps each variant to an Azure Storage error code
//! (`http/error.rs`); the rest of the service matches on the variants it cares
//! about.

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Any error a collaborator hands us whose type this module does not name.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Result of a blob store operation.
pub(crate) type Result<T, E = BlobError> = std::result::Result<T, E>;

/// Why a blob store operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlobError {
    /// The container name breaks the Azure naming rule.
    #[error(
        "container name {0:?} is not allowed: use 3 to 63 lower-case letters, digits and single hyphens"
    )]
    InvalidContainerName(String),
    /// The blob name is one this store refuses.
    #[error("blob name {name:?} is not allowed: {reason}")]
    InvalidBlobName {
        /// The refused name.
        name: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The id of a stored access policy is empty or longer than 64 characters.
    #[error("stored access policy id {0:?} must have 1 to 64 characters")]
    InvalidPolicyId(String),
    /// A block id is not base64 of 1 to 64 bytes.
    #[error("block id must be base64 of 1 to 64 bytes")]
    InvalidBlockId,
    /// A block must have at least one byte.
    #[error("a block must not be empty")]
    EmptyBlock,
    /// No such container.
    #[error("container {0} does not exist")]
    ContainerNotFound(String),
    /// The container is there already.
    #[error("container {0} already exists")]
    ContainerExists(String),
    /// No committed blob of that name.
    #[error("blob {container}/{name} does not exist")]
    BlobNotFound {
        /// Container that was searched.
        container: String,
        /// Name that is missing.
        name: String,
    },
    /// The caller asked not to overwrite, and the blob exists.
    #[error("the blob already exists")]
    BlobExists,
    /// An `If-Match`-like condition does not hold.
    #[error("the condition given with the request does not hold")]
    ConditionNotMet,
    /// A container holds at most five stored access policies.
    #[error("container {0} already has five stored access policies")]
    TooManyPolicies(String),
    /// A block list names a block that was never uploaded.
    #[error("the block list names block {0}, which was not uploaded")]
    UnknownBlock(String),
    /// More than 50 000 entries in a block list.
    #[error("a block list may name at most {limit} blocks")]
    BlockListTooLong {
        /// Most blocks a blob can be made of.
        limit: usize,
    },
    /// The body is longer than the operation allows.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// Longest allowed body in bytes.
        limit: u64,
    },
    /// The body ended early or went on past the announced length.
    #[error("the body has {actual} bytes where {announced} were announced")]
    LengthMismatch {
        /// Length from the request.
        announced: u64,
        /// Bytes seen when the mismatch was noticed.
        actual: u64,
    },
    /// The bytes do not have the MD5 the caller announced.
    #[error("the MD5 of the received bytes differs from the announced one")]
    Md5Mismatch,
    /// The bytes could not be decrypted.
    #[error(transparent)]
    Cipher(#[from] azure_media::encryption::CipherError),
    /// The sender failed while the body was read.
    #[error("the body could not be read: {0}")]
    Body(#[source] BoxError),
    /// The sender stopped sending.
    #[error("no bytes of the body arrived for {seconds} s")]
    BodyStalled {
        /// How long the store waited, in seconds.
        seconds: u64,
    },
    /// The range starts at or after the end of the blob.
    #[error("the range lies outside of the blob's {size} bytes")]
    RangeNotSatisfiable {
        /// Size of the blob in bytes.
        size: u64,
    },
    /// Too many uploads run at the same time.
    #[error("too many uploads at once; try again")]
    Busy,
    /// No room is left where the bytes or the index are kept.
    #[error("the storage is full: free some space ({0})")]
    StorageFull(#[source] BoxError),
    /// The object store failed.
    #[error("object store: {0}")]
    Objects(#[source] object_store::Error),
    /// A part of an object could not be fetched, for which several may have waited.
    #[error("object {object} cannot be fetched: {source}")]
    Fetch {
        /// Key of the object.
        object: String,
        /// Why.
        #[source]
        source: Arc<BlobError>,
    },
    /// What objects are to be kept in is no object store.
    #[error("objects can be kept at s3://, az:// or gs:// only")]
    NoObjectStore,
    /// The objects are those of another service.
    #[error(
        "the folder is that of another service, whose objects would be removed as garbage; it says so \
         in the object \"owner\", to be deleted if that service is gone for good"
    )]
    OtherOwner,
    /// The object store does not answer.
    #[error("the object store did not answer within {seconds} s")]
    Unreachable {
        /// How long it was waited for, in seconds.
        seconds: u64,
    },
    /// An object has fewer bytes than the index says.
    #[error("object {object} is shorter than recorded: restore it from a backup")]
    Damaged {
        /// Key of the object.
        object: String,
    },
    /// The metadata database failed.
    #[error("blob index: {0}")]
    Index(#[source] BoxError),
    /// A file of the caller could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The local file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A background task of the store was cut off, which happens only while the
    /// process ends.
    #[error("the blob store is shutting down")]
    Interrupted,
}

impl BlobError {
    /// A local file cannot be read or written.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.display().to_string();
        if is_full(&source) {
            Self::StorageFull(format!("{path}: {source}").into())
        } else {
            Self::File { path, source }
        }
    }

    /// Whether the same may well go right in a moment.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Busy | Self::Unreachable { .. } | Self::Interrupted | Self::StorageFull(_) => {
                true
            }
            // What object stores are asked is asked again a few times before it ends like this.
            Self::Objects(object_store::Error::Generic { .. }) => true,
            Self::Fetch { source, .. } => source.is_temporary(),
            _ => false,
        }
    }

    /// Whether bytes are gone that should be there.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Objects(object_store::Error::NotFound { .. }) => true,
            Self::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Fetch { source, .. } => source.is_loss(),
            _ => false,
        }
    }

    /// Whether the outcome in the index is unknown, so that the bytes which
    /// were to be recorded must be left for the garbage sweep to judge.
    pub(super) fn is_index_failure(&self) -> bool {
        matches!(self, Self::Index(_) | Self::Interrupted)
    }
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        if is_storage_full(&error) {
            Self::StorageFull(Box::new(error))
        } else {
            Self::Objects(error)
        }
    }
}

/// Looks for "no space" or "over quota" anywhere in the chain of causes,
/// because object stores wrap the system's error several times.
fn is_storage_full(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return is_full(io);
        }
        cause = error.source();
    }
    false
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(kind: io::ErrorKind) -> BlobError {
        object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(io::Error::from(kind)),
        }
        .into()
    }

    #[test]
    fn failures_that_pass_are_told_from_losses() {
        let object = || "object".to_owned();
        let fetch = |source| BlobError::Fetch { object: object(), source: Arc::new(source) };
        let (down, denied) = (io::ErrorKind::TimedOut, io::ErrorKind::PermissionDenied);
        let gone = || {
            let (path, source) = (object(), "gone".into());
            BlobError::from(object_store::Error::NotFound { path, source })
        };
        let file = |kind: io::ErrorKind| BlobError::file(Path::new("file"), kind.into());
        for (error, temporary, loss) in [
            (wrapped(down), true, false),
            (fetch(wrapped(down)), true, false),
            (BlobError::Unreachable { seconds: 1 }, true, false),
            (file(io::ErrorKind::StorageFull), true, false),
            (gone(), false, true),
            (fetch(gone()), false, true),
            (fetch(BlobError::Damaged { object: object() }), false, true),
            (file(io::ErrorKind::NotFound), false, true),
            (file(denied), false, false),
        ] {
            assert_eq!((error.is_temporary(), error.is_loss()), (temporary, loss), "{error}");
        }
    }

    #[test]
    fn full_disk_is_told_from_other_failures() {
        assert!(matches!(wrapped(io::ErrorKind::StorageFull), BlobError::StorageFull(_)));
        assert!(matches!(wrapped(io::ErrorKind::PermissionDenied), BlobError::Objects(_)));
    }
}
