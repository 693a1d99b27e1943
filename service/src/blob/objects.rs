//! Where the bytes of blobs are: in a local folder, or in an object store far away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use url::Url;

use super::error::{BlobError, Result};
use super::model::ObjectKey;
use super::range_cache::RangeCache;
use super::store::{LocalFiles, ObjectFiles};

/// How long an object store may take to answer first.
const PATIENCE: Duration = Duration::from_secs(15);
/// Variables of the environment that say how to reach an object store start with one of these.
const ENVIRONMENT: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

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
    /// files of the folder `cache`, which is emptied.
    ///
    /// # Errors
    /// [`BlobError::Objects`] when the URL cannot be read or the store refuses, and
    /// [`BlobError::Unreachable`].
    pub(crate) async fn remote(
        url: &Url,
        cache: &Path,
        cache_size: u64,
        most_open: u64,
    ) -> Result<Self> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| ENVIRONMENT.iter().any(|prefix| name.starts_with(prefix)));
        let (store, folder) = object_store::parse_url_opts(url, environment)?;
        let store: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(store, folder));
        // What is wrong with it is to be known now, and not with the first upload.
        let prefix = object_store::path::Path::from(ObjectKey::PREFIX);
        let mut listed = store.list(Some(&prefix));
        let answer = tokio::time::timeout(PATIENCE, listed.next()).await;
        answer.map_err(|_| BlobError::Unreachable { seconds: PATIENCE.as_secs() })?.transpose()?;
        let files = Arc::new(RangeCache::open(Arc::clone(&store), cache, cache_size, most_open)?);
        Ok(Self { store, local_root: None, files })
    }
}
