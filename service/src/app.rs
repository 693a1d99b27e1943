//! Everything that the parts of the service share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use azure_media::v2_19::tables::MODEL;
use rustix::process::{Resource, getrlimit};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::Notify;
use url::Url;

use crate::blob::{
    BlobInfo, BlobService, BlobStore, Durability, Objects, SasAuthority, SasKey, SqliteBlobIndex,
    StoreLimits,
};
use crate::change_set::PendingEffects;
use crate::config::{Account, StorageOptions, StreamOptions, UrlOptions};
use crate::error::ApiError;
use crate::health::Readiness;
use crate::keys::ProtectionKey;
use crate::origin::Origin;
use crate::quotas::{Quotas, Throttle};
use crate::sample_index::{self, SampleIndexes};
use crate::sets::Effect;
use crate::store::{Outbox, Queue, Store, sqlite::SqliteStore};
use crate::token::Tokens;
use crate::urls::Urls;

/// How many names a page of a listing has.
const LIST_PAGE: usize = 1000;
/// How many files of blobs stay open, if the system lets the service have so many.
const MOST_OPEN: u64 = 4096;

/// The service, without its listener and its workers. Clones share everything.
#[derive(Clone)]
pub(crate) struct App {
    /// The account.
    pub(crate) account: Account,
    /// Hands out tokens and checks them.
    pub(crate) tokens: Tokens,
    /// Unwraps content keys.
    pub(crate) protection: Arc<ProtectionKey>,
    /// Entities.
    pub(crate) store: Arc<dyn Store>,
    /// Tasks for workers.
    pub(crate) queue: Arc<dyn Queue>,
    /// Notifications to deliver.
    pub(crate) outbox: Arc<dyn Outbox>,
    /// Blobs.
    pub(crate) blob_store: BlobStore,
    /// Blobs, for clients.
    pub(crate) blobs: BlobService,
    /// Signs SAS URLs.
    pub(crate) sas: SasAuthority,
    /// Streams.
    pub(crate) origin: Origin,
    /// Where the samples of files are.
    pub(crate) indexes: SampleIndexes,
    /// Where clients reach the service.
    pub(crate) urls: Urls,
    /// Whether webhooks may be at public addresses only.
    pub(crate) public_webhooks: bool,
    /// What the account may have at most.
    pub(crate) quotas: Quotas,
    /// Counts requests of the API.
    pub(crate) throttle: Arc<Throttle>,
    /// Rings when there may be work.
    pub(crate) work: Arc<Notify>,
    /// Rings when there is an operation to finish.
    pub(crate) operations: Arc<Notify>,
    /// Whether requests can be served, as it was last found.
    pub(crate) readiness: Arc<Readiness>,
    /// How streams are served.
    pub(crate) stream_options: StreamOptions,
    /// For what tasks read and write while they run.
    pub(crate) scratch: PathBuf,
    /// The change set in which [`App::store`] is a transaction.
    pub(crate) change_set: Option<Arc<PendingEffects>>,
}

impl App {
    /// Opens a data directory, and makes in it what is not there.
    pub(crate) async fn open(
        data: &Path,
        public: &Url,
        urls: &UrlOptions,
        storage: &StorageOptions,
        quotas: Quotas,
    ) -> anyhow::Result<Self> {
        let account = Account::open(data)?;
        let protection = Arc::new(ProtectionKey::open(data)?);
        let urls = Urls::new(public, urls, &account.name)?;
        let store = Arc::new(
            SqliteStore::open(&data.join("entities.db"), MODEL_REF)
                .await
                .context("opening the database of entities")?,
        );
        let blob_store = open_blobs(data, storage, &account.worker).await;
        let blob_store = blob_store.context("opening the blob store")?;
        let key = SasKey::new(account.storage_key()?);
        let sas = SasAuthority::new(account.name.clone(), key);
        let blobs = BlobService::new(blob_store.clone(), sas.clone(), &urls.blob(&account.name));
        let scratch = data.join("scratch");
        // What a crash has left there is nobody's.
        let _ = tokio::fs::remove_dir_all(&scratch).await;
        tokio::fs::create_dir_all(&scratch).await.context("making the scratch directory")?;
        Ok(Self {
            tokens: Tokens::new(&account),
            protection,
            store: Arc::clone(&store) as Arc<dyn Store>,
            queue: Arc::clone(&store) as Arc<dyn Queue>,
            outbox: store,
            origin: Origin::open(data).await.context("opening what is kept of streams")?,
            indexes: SampleIndexes::default(),
            throttle: Arc::new(Throttle::new(quotas.throttle)),
            public_webhooks: false,
            quotas,
            work: Arc::new(Notify::new()),
            operations: Arc::new(Notify::new()),
            readiness: Arc::default(),
            stream_options: StreamOptions::default(),
            account,
            blob_store,
            blobs,
            sas,
            urls,
            scratch,
            change_set: None,
        })
    }

    /// Carries out what a commit has brought along: at once, or when the change set is committed
    /// of which the commit is a part.
    pub(crate) async fn carry_out(&self, effects: &[Effect]) {
        match &self.change_set {
            Some(pending) => pending.then(effects),
            None => self.carry_out_now(effects).await,
        }
    }

    /// Remembers what to undo of a commit, should the change set fail of which it is a part.
    pub(crate) fn undo_later(&self, effects: &[Effect]) {
        if let Some(pending) = &self.change_set {
            pending.otherwise(effects);
        }
    }

    /// Carries out effects. A failure is logged and no more: the entities are what counts, and
    /// garbage is collected.
    pub(crate) async fn carry_out_now(&self, effects: &[Effect]) {
        for effect in effects {
            let result = match effect {
                Effect::DeleteContainer(name) => {
                    let deleted = self.blob_store.delete_container(name).await;
                    self.origin.forget(name).await;
                    deleted
                }
                Effect::RemovePolicy { container, id } => {
                    self.blob_store.remove_policy(container, id).await.map(drop)
                }
                Effect::LookForUploads(container) => {
                    self.blob_store.arrivals().note(container);
                    Ok(())
                }
                Effect::PrepareStreams(asset) => {
                    let (app, asset) = (self.clone(), asset.clone());
                    tokio::spawn(async move {
                        Box::pin(sample_index::prepare_asset(&app, &asset)).await;
                    });
                    Ok(())
                }
                Effect::WatchOperations => {
                    self.operations.notify_one();
                    Ok(())
                }
                Effect::WakeWorkers => {
                    self.work.notify_waiters();
                    self.work.notify_one();
                    Ok(())
                }
            };
            if let Err(error) = result {
                tracing::warn!(?effect, %error, "a change was committed, but not carried out in full");
            }
        }
    }

    /// All blobs of a container.
    pub(crate) async fn list_blobs(&self, container: &str) -> Result<Vec<BlobInfo>, ApiError> {
        let mut blobs = Vec::new();
        let mut marker = None;
        loop {
            let page = self.blob_store.list(container, "", marker, LIST_PAGE).await?;
            blobs.extend(page.blobs);
            marker = page.next;
            if marker.is_none() {
                return Ok(blobs);
            }
        }
    }
}

const MODEL_REF: &edm::model::Model = &MODEL;

async fn open_blobs(
    data: &Path,
    storage: &StorageOptions,
    owner: &str,
) -> anyhow::Result<BlobStore> {
    let (durability, synchronous) = match storage.fsync {
        true => (Durability::PowerCut, SqliteSynchronous::Full),
        false => (Durability::ProcessCrash, SqliteSynchronous::Normal),
    };
    let options = SqliteConnectOptions::new()
        .filename(data.join("blobs.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(std::time::Duration::from_secs(10));
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    let index = Arc::new(SqliteBlobIndex::open(pool).await?);
    // Connections need most of the descriptors that there are.
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let most_open = (descriptors / 4).min(MOST_OPEN);
    let objects = match &storage.objects {
        Some(url) => {
            let (cache, size) = (data.join("cache"), storage.object_cache << 20);
            let opened = Objects::remote(url, owner, &cache, size, most_open).await;
            opened.with_context(|| format!("opening the object store {url}"))?
        }
        None => {
            let folder = data.join("blobs");
            tokio::fs::create_dir_all(&folder).await?;
            Objects::local(&folder, durability, most_open)?
        }
    };
    Ok(BlobStore::new(index, objects, StoreLimits::default()))
}
