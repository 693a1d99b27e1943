//! Where the bytes of blobs are: in a local folder, or in an object store far away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, ObjectStoreScheme};
use url::Url;

use super::error::{BlobError, Result};
use super::model::ObjectKey;
use super::range_cache::RangeCache;
use super::store::{LocalFiles, ObjectFiles};

/// How long an object store may take to answer, and from one piece of its answer to the next.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// Variables of the environment that say how to reach an object store start with one of these. The
/// last is where Azure's services find their managed identity.
const ENVIRONMENT: [&str; 4] = ["AWS_", "AZURE_", "GOOGLE_", "IDENTITY_ENDPOINT"];
/// The object that says whose the others are.
const OWNER: &str = "owner";

/// When written bytes count as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Once the system has them: they survive a crash of this process.
    ProcessCrash,
    /// Once they are on disk: they survive a power cut, at the price of an
    /// `fsync` per object.
    PowerCut,
}

/// The objects of a store.
#[derive(Debug)]
pub(crate) struct Objects {
    /// Reads and writes them.
    pub(super) store: Arc<dyn ObjectStore>,
    /// Folder of a local object store, whose half-written files the object
    /// store itself does not list.
    pub(super) local_root: Option<PathBuf>,
    /// Makes local files of them.
    pub(super) files: Arc<dyn ObjectFiles>,
}

impl Objects {
    /// Objects as files below the folder `root`, which must exist. So many may stay open after they
    /// were read.
    ///
    /// # Errors
    /// [`BlobError::Objects`] when `root` is not an accessible folder.
    pub(crate) fn local(root: &Path, durability: Durability, most_open: u64) -> Result<Self> {
        let store =
            LocalFileSystem::new_with_prefix(root)?.with_fsync(durability == Durability::PowerCut);
        let files = Arc::new(LocalFiles::new(root, most_open));
        Ok(Self { store: Arc::new(store), local_root: Some(root.to_owned()), files })
    }

    /// Objects in the store that a URL leads to, such as `s3://bucket/folder`, `az://container` or
    /// `gs://bucket`. How to get in is in the environment, under the names that the command line
    /// tools of the three clouds use. At most `cache_size` bytes of what was read are kept in
    /// files of the folder `cache`.
    ///
    /// A folder has one owner: to all others its objects would be garbage.
    ///
    /// # Errors
    /// [`BlobError::NoObjectStore`] or [`BlobError::Objects`] when the URL cannot be read or the
    /// store refuses, [`BlobError::OtherOwner`] and [`BlobError::Unreachable`].
    pub(crate) async fn remote(
        url: &Url,
        owner: &str,
        cache: &Path,
        cache_size: u64,
        most_open: u64,
    ) -> Result<Self> {
        let (scheme, _) = ObjectStoreScheme::parse(url).map_err(object_store::Error::from)?;
        if !matches!(
            scheme,
            ObjectStoreScheme::AmazonS3
                | ObjectStoreScheme::MicrosoftAzure
                | ObjectStoreScheme::GoogleCloudStorage
        ) {
            return Err(BlobError::NoObjectStore);
        }
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| ENVIRONMENT.iter().any(|prefix| name.starts_with(prefix)));
        let (store, folder) = object_store::parse_url_opts(url, environment)?;
        let store: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(store, folder));
        // What is wrong with it is to be known now, and not with the first upload or sweep.
        let prefix = ObjectPath::from(ObjectKey::PREFIX);
        answered(PATIENCE, store.list(Some(&prefix)).try_next()).await?;
        claim(store.as_ref(), owner).await?;
        let files = Arc::new(RangeCache::open(Arc::clone(&store), cache, cache_size, most_open)?);
        Ok(Self { store, local_root: None, files })
    }
}

/// Makes the objects of a store this owner's, if they are nobody's yet.
async fn claim(store: &dyn ObjectStore, owner: &str) -> Result<()> {
    let found = async {
        match store.get(&ObjectPath::from(OWNER)).await {
            Ok(found) => found.bytes().await.map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    };
    match answered(PATIENCE, found).await? {
        None => answered(PATIENCE, store.put(&ObjectPath::from(OWNER), owner.to_owned().into()))
            .await
            .map(drop),
        Some(found) if found == owner.as_bytes() => Ok(()),
        Some(_) => Err(BlobError::OtherOwner),
    }
}

/// Asks a store whether it can be used.
pub(super) async fn probe(store: &dyn ObjectStore) -> Result<()> {
    store.head(&ObjectPath::from(OWNER)).await?;
    Ok(())
}

/// An answer of an object store that must not take for ever: others wait for what it holds
/// meanwhile.
pub(super) async fn answered<T>(
    patience: Duration,
    answer: impl Future<Output = object_store::Result<T>>,
) -> Result<T> {
    let answer = tokio::time::timeout(patience, answer).await;
    Ok(answer.map_err(|_| BlobError::Unreachable { seconds: patience.as_secs() })??)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn objects_have_one_owner() {
        let store = InMemory::new();
        assert!(probe(&store).await.is_err());
        for owner in ["one", "one"] {
            claim(&store, owner).await.unwrap();
        }
        assert!(matches!(claim(&store, "other").await, Err(BlobError::OtherOwner)));
        probe(&store).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_no_object_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for url in ["memory:///", "file:///tmp", "https://example.com/bucket"] {
            let url = Url::parse(url).unwrap();
            let opened = Objects::remote(&url, "one", folder.path(), 1 << 30, 8).await;
            assert!(matches!(opened, Err(BlobError::NoObjectStore)), "{url}");
        }
    }
}
