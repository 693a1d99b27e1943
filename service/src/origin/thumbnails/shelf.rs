//! Where thumbnails are kept: a folder for each version of a film, as many as fit.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moka::future::{Cache, FutureExt as _};
use moka::notification::RemovalCause;
use tokio::fs;
use tokio::sync::Semaphore;

use super::busy;
use super::make::Film;
use crate::app::App;
use crate::origin::OriginError;

/// Bytes of all thumbnails together; those that nobody asks for go first.
const CAPACITY: u64 = 1 << 30;
/// Films whose thumbnails are made at one time.
const AT_ONCE: usize = 1;
/// Films that may wait for that; more are refused.
const WAITING: usize = 16;
/// How long it is remembered that there can be none.
const FAILED: Duration = Duration::from_secs(60);
/// Films of which that is remembered.
const MOST_FAILED: u64 = 1000;
/// Ends the name of a folder that is not whole.
const UNFINISHED: &str = "new";

/// The file of the index.
pub(super) const INDEX: &str = "index.vtt";

/// The file of a sheet.
pub(super) fn sheet(number: u64) -> String {
    format!("{number}.jpg")
}

/// The thumbnails that were made. Clones share them.
#[derive(Clone)]
pub(in crate::origin) struct Shelf {
    folder: Arc<Path>,
    made: Cache<String, Arc<Made>>,
    failed: Cache<String, OriginError>,
    making: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// The thumbnails of a version of a film.
#[derive(Debug)]
struct Made {
    folder: PathBuf,
    bytes: u64,
}

impl Shelf {
    /// Opens a folder, and finds again what is in it.
    pub(in crate::origin) async fn open(folder: &Path) -> std::io::Result<Self> {
        fs::create_dir_all(folder).await?;
        let made = Cache::builder()
            .max_capacity(CAPACITY)
            .weigher(|_, made: &Arc<Made>| u32::try_from(made.bytes).unwrap_or(u32::MAX))
            .async_eviction_listener(|_, made: Arc<Made>, cause| {
                async move {
                    if cause != RemovalCause::Replaced {
                        remove(&made.folder).await;
                    }
                }
                .boxed()
            })
            .build();
        let mut entries = fs::read_dir(folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let (path, name) = (entry.path(), entry.file_name());
            let key = name.to_str().and_then(|name| name.split_once('.'));
            let key = key.filter(|(_, version)| !version.ends_with(UNFINISHED));
            match (key, size(&path).await) {
                (Some((key, _)), Ok(bytes)) => {
                    made.insert(key.to_owned(), Arc::new(Made { folder: path, bytes })).await;
                }
                _ => remove(&path).await,
            }
        }
        let failed = Cache::builder().max_capacity(MOST_FAILED).time_to_live(FAILED).build();
        Ok(Self {
            folder: folder.into(),
            made,
            failed,
            making: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        })
    }

    /// A file of the thumbnails of a film; `None` if they are not made yet, or have no such file.
    pub(super) async fn read(&self, key: &str, name: &str) -> Result<Option<Bytes>, OriginError> {
        let Some(made) = self.made.get(key).await else { return Ok(None) };
        match fs::read(made.folder.join(name)).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OriginError::internal(error)),
        }
    }

    /// Has the thumbnails of a film made, unless they are. Of several requests, one does it.
    pub(super) async fn get_or_make(&self, app: &App, film: Film) -> Result<(), OriginError> {
        let key = film.key();
        if let Some(error) = self.failed.get(&key).await {
            return Err(error);
        }
        let make = Box::pin(self.make(app, &film));
        match self.made.try_get_with(key, make).await {
            Ok(_) => Ok(()),
            Err(error) => Err((*error).clone()),
        }
    }

    async fn make(&self, app: &App, film: &Film) -> Result<Arc<Made>, OriginError> {
        let place = self.waiting.try_acquire();
        let _place = place.map_err(|_| busy("The thumbnails of other films are being made"))?;
        let _turn = self.making.acquire().await.map_err(OriginError::internal)?;
        let name = format!("{}.{}", film.key(), uuid::Uuid::new_v4().simple());
        let folder = self.folder.join(&name);
        let unfinished = self.folder.join(format!("{name}.{UNFINISHED}"));
        fs::create_dir(&unfinished).await.map_err(OriginError::internal)?;
        if let Err(error) = film.make(app, &unfinished).await {
            remove(&unfinished).await;
            self.failed.insert(film.key(), error.clone()).await;
            return Err(error);
        }
        fs::rename(&unfinished, &folder).await.map_err(OriginError::internal)?;
        let bytes = size(&folder).await.map_err(OriginError::internal)?;
        Ok(Arc::new(Made { folder, bytes }))
    }
}

/// How much the files of a folder take.
async fn size(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        bytes += entry.metadata().await?.len();
    }
    Ok(bytes)
}

async fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder).await {
        tracing::warn!(%error, folder = %folder.display(), "thumbnails were not removed");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn what_is_whole_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["abc.1", "def.1.new", "ghi"] {
            fs::create_dir(path(name)).await.unwrap();
            fs::write(path(name).join(INDEX), name).await.unwrap();
        }
        fs::write(path("jkl.1"), "no folder").await.unwrap();
        let shelf = Shelf::open(folder.path()).await.unwrap();
        assert_eq!(shelf.read("abc", INDEX).await.unwrap().unwrap(), "abc.1");
        assert!(shelf.read("abc", &sheet(0)).await.unwrap().is_none());
        for key in ["def", "ghi", "jkl"] {
            assert!(shelf.read(key, INDEX).await.unwrap().is_none(), "{key}");
        }
        assert!(path("abc.1").exists());
        assert!(!path("def.1.new").exists() && !path("ghi").exists());
        // What goes is gone from the disk as well.
        shelf.made.invalidate("abc").await;
        shelf.made.run_pending_tasks().await;
        assert!(!path("abc.1").exists());
    }
}
