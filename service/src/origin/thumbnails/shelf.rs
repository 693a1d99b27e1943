//! Where thumbnails are kept: a folder for each version of a film, as many as fit.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use moka::future::Cache;
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

/// Names a version of a film: by the container of its asset, and what tells it from others there.
pub(super) fn key(container: &str, digest: &str) -> String {
    format!("{container}.{digest}")
}

/// Whether a key is of a film in a container.
fn is_of(key: &str, container: &str) -> bool {
    key.rsplit_once('.').is_some_and(|(of, _)| of == container)
}

/// The thumbnails that were made. Clones share them.
#[derive(Clone)]
pub(in crate::origin) struct Shelf {
    folder: Arc<Path>,
    made: Cache<String, Arc<Made>>,
    failed: Cache<String, OriginError>,
    /// What is being made, for all who wait for it.
    running: Arc<Mutex<HashMap<String, Making>>>,
    making: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Ends when thumbnails are made, or cannot be.
type Making = Shared<BoxFuture<'static, Result<(), OriginError>>>;

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
            let key = name.to_str().and_then(|name| name.rsplit_once('.'));
            let key = key.filter(|(key, last)| key.contains('.') && *last != UNFINISHED);
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
            running: Arc::default(),
            making: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        })
    }

    /// A file of the thumbnails of a film; `None` if they are not made yet, or have no such file.
    pub(super) async fn read(&self, key: &str, name: &str) -> Result<Option<Bytes>, OriginError> {
        let Some(made) = self.made.get(key).await else { return Ok(None) };
        match fs::read(made.folder.join(name)).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // The folder may be emptied by hand: they are made again then.
                if !fs::try_exists(made.folder.join(INDEX)).await.unwrap_or(true) {
                    self.made.invalidate(key).await;
                }
                Ok(None)
            }
            Err(error) => Err(OriginError::internal(error)),
        }
    }

    /// Forgets and removes the thumbnails of all films in a container, which is gone.
    pub(in crate::origin) async fn forget(&self, container: &str) {
        let keys: Vec<_> = self.made.iter().map(|(key, _)| key).collect();
        for key in keys.iter().filter(|key| is_of(key, container)) {
            self.made.invalidate(key.as_str()).await;
        }
    }

    /// Has the thumbnails of a film made, unless they are. All who ask wait for one task, which
    /// goes on when they go away: others will ask.
    pub(super) async fn have_made(&self, app: &App, film: Film) -> Result<(), OriginError> {
        let key = film.key();
        if let Some(error) = self.failed.get(&key).await {
            return Err(error);
        }
        let making = {
            let mut running = self.running();
            let known = running.get(&key).cloned();
            known.unwrap_or_else(|| {
                let making = self.start(app.clone(), film);
                running.insert(key, making.clone());
                making
            })
        };
        making.await
    }

    fn start(&self, app: App, film: Film) -> Making {
        let running = Running { shelf: self.clone(), key: film.key() };
        let task = tokio::spawn(async move {
            let made = running.shelf.make(&app, &film).await;
            drop(running);
            made
        });
        task.map(|made| made.unwrap_or_else(|lost| Err(OriginError::internal(lost))))
            .boxed()
            .shared()
    }

    async fn make(&self, app: &App, film: &Film) -> Result<(), OriginError> {
        let key = film.key();
        let place = self.waiting.try_acquire();
        let _place = place.map_err(|_| busy("The thumbnails of other films are being made"))?;
        let _turn = self.making.acquire().await.map_err(OriginError::internal)?;
        if self.made.contains_key(&key) {
            return Ok(());
        }
        let made = self.make_folder(app, film).await?;
        self.made.insert(key.clone(), Arc::new(made)).await;
        // Looked for last: an asset that is deleted from now on has them forgotten.
        match film.is_there(app).await {
            Ok(true) => Ok(()),
            gone => {
                self.made.invalidate(&key).await;
                gone.and(Err(OriginError::not_found("The video is not there any more.")))
            }
        }
    }

    async fn make_folder(&self, app: &App, film: &Film) -> Result<Made, OriginError> {
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
        Ok(Made { folder, bytes })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Making>> {
        // Nothing in here can panic half-way through a change.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a task off the list when it ends, however it ends.
struct Running {
    shelf: Shelf,
    key: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shelf.running().remove(&self.key);
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
    async fn what_is_whole_is_found_again_and_goes_with_its_container() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["one.abc.1", "one.abd.1", "two.abc.1", "two.def.1.new", "ghi", "jkl.1"] {
            fs::create_dir(path(name)).await.unwrap();
            fs::write(path(name).join(INDEX), name).await.unwrap();
        }
        fs::write(path("one.mno.1"), "no folder").await.unwrap();
        let shelf = Shelf::open(folder.path()).await.unwrap();
        assert_eq!(shelf.read("one.abc", INDEX).await.unwrap().unwrap(), "one.abc.1");
        assert!(shelf.read("one.abc", &sheet(0)).await.unwrap().is_none());
        for key in ["two.def", "two.def.1", "ghi", "jkl", "one.mno"] {
            assert!(shelf.read(key, INDEX).await.unwrap().is_none(), "{key}");
        }
        let left = || {
            let names = std::fs::read_dir(folder.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(left(), of(&["one.abc.1", "one.abd.1", "one.mno.1", "two.abc.1"]));
        shelf.forget("on").await;
        shelf.forget("one").await;
        shelf.made.run_pending_tasks().await;
        assert_eq!(left(), of(&["one.mno.1", "two.abc.1"]));
        assert!(shelf.read("one.abd", INDEX).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_was_removed_by_hand_is_to_be_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("one.abc.1");
        fs::create_dir(&film).await.unwrap();
        fs::write(film.join(INDEX), "").await.unwrap();
        let shelf = Shelf::open(folder.path()).await.unwrap();
        assert!(shelf.read("one.abc", &sheet(7)).await.unwrap().is_none());
        assert!(shelf.made.contains_key("one.abc"), "there is no such sheet");
        fs::remove_dir_all(&film).await.unwrap();
        assert!(shelf.read("one.abc", &sheet(7)).await.unwrap().is_none());
        assert!(!shelf.made.contains_key("one.abc"));
    }
}
