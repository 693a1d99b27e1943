//! Objects as local files.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::future::Cache;
use prometheus_client::registry::Registry;

use super::super::error::{BlobError, Result};
use super::super::model::ObjectKey;
use crate::extent::Extent;

/// How long a file that nobody reads stays open.
const IDLE: Duration = Duration::from_secs(300);

/// Makes the bytes of objects available as stretches of local files.
///
/// Where objects are files, there is nothing to do but to open them. Where they are elsewhere, what
/// is asked for has to be fetched first.
#[async_trait]
pub(crate) trait ObjectFiles: fmt::Debug + Send + Sync {
    /// The stretches that a range of an object of `length` bytes consists of, in order. They can be
    /// read for as long as they are kept.
    async fn extents(
        &self,
        object: &ObjectKey,
        length: u64,
        range: Range<u64>,
    ) -> Result<Vec<Extent>>;

    /// The same, for a range that will be read as a whole: what is fetched for it is fetched in one
    /// piece, and nothing else is. `None` where nothing has to be fetched.
    async fn fetch(&self, object: &ObjectKey, range: Range<u64>) -> Result<Option<Extent>>;

    /// Gives up what is kept of objects that are removed.
    async fn forget(&self, objects: &[ObjectKey]);

    /// Names to a registry what is counted of all that, if anything is.
    fn register(&self, _: &mut Registry) {}

    /// Looks how much is kept.
    async fn measure(&self) {}
}

/// Objects that are local files. The files that were read last stay open.
#[derive(Debug)]
pub(crate) struct LocalFiles {
    root: PathBuf,
    open: Cache<ObjectKey, Arc<File>>,
}

impl LocalFiles {
    /// The files below a folder, of which so many may stay open.
    pub(crate) fn new(root: &Path, most_open: u64) -> Self {
        let open = Cache::builder().max_capacity(most_open).time_to_idle(IDLE).build();
        Self { root: root.to_owned(), open }
    }

    async fn open(&self, object: &ObjectKey) -> Result<Arc<File>> {
        if let Some(file) = self.open.get(object).await {
            return Ok(file);
        }
        let path = self.root.join(object.as_str());
        let opening = async move {
            let opened = tokio::task::spawn_blocking(move || File::open(path)).await;
            Ok(Arc::new(opened.map_err(io::Error::other)??))
        };
        // One opens it while others wait.
        let opened = self.open.try_get_with_by_ref(object, opening).await;
        opened.map_err(|error: Arc<io::Error>| BlobError::File {
            path: self.root.join(object.as_str()).display().to_string(),
            source: io::Error::new(error.kind(), error.to_string()),
        })
    }
}

#[async_trait]
impl ObjectFiles for LocalFiles {
    async fn extents(&self, object: &ObjectKey, _: u64, range: Range<u64>) -> Result<Vec<Extent>> {
        let damaged = || BlobError::Damaged { object: object.as_str().to_owned() };
        let length = usize::try_from(range.end - range.start).map_err(|_| damaged())?;
        Ok(vec![Extent { file: self.open(object).await?, start: range.start, length }])
    }

    async fn fetch(&self, _: &ObjectKey, _: Range<u64>) -> Result<Option<Extent>> {
        Ok(None)
    }

    async fn forget(&self, objects: &[ObjectKey]) {
        for object in objects {
            self.open.invalidate(object).await;
        }
    }
}
