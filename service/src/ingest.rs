//! Bulk uploads: what arrives in the container of a manifest goes into the asset it is meant for.
//!
//! The blob is moved, not copied: only the index of blobs changes. Entities and blobs are in two
//! databases, so a file that is being moved is marked first, and one that a crash left marked is
//! taken up where it was left.

use std::sync::Arc;
use std::time::Duration;

use azure_media::v2_19::{IngestManifestFileState, IngestManifestState};
use edm::filter::BinaryOp;
use edm::{DateTime, Expr, Record, Scalar as _, Value};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::blob::{BlobError, WATCHED};
use crate::error::ApiError;
use crate::sets::{self, asset, asset_file, both, equals, ingest_manifest, still_there};
use crate::store::{Change, Query, Source, StoreError};

/// The link from a manifest to files that are being moved. It is not in the model: no client sees
/// it.
const MOVING: &str = "#moving";
/// After what time a container is looked at again that could not be.
const PAUSE: Duration = Duration::from_secs(5);
/// How many blobs are looked at together.
const PAGE: usize = 1000;

/// Moves what arrives, until told to stop.
pub(crate) async fn run(app: Arc<App>, stop: CancellationToken) {
    if let Err(error) = look_everywhere(&app).await {
        tracing::error!(%error, "uploads of an earlier run were not looked for");
    }
    loop {
        let container = tokio::select! {
            container = app.blob_store.arrivals().next() => container,
            () = stop.cancelled() => return,
        };
        if let Err(error) = look(&app, &container).await {
            tracing::error!(%error, container, "an upload was not taken into its asset");
            let app = Arc::clone(&app);
            tokio::spawn(async move {
                tokio::time::sleep(PAUSE).await;
                app.blob_store.arrivals().note(&container);
            });
        }
    }
}

/// What arrived while nobody looked: before a crash, say.
async fn look_everywhere(app: &App) -> Result<(), ApiError> {
    let active = Expr::Literal(IngestManifestState::Active.to_literal());
    let filter = Expr::binary(BinaryOp::Eq, Expr::property("State"), active);
    let manifests = Query::all(sets::set("IngestManifests")?, filter);
    for manifest in app.store.query(&manifests).await?.records {
        app.blob_store.arrivals().note(&ingest_manifest::container_of(manifest.text("Id")));
    }
    Ok(())
}

/// Looks for blobs in the container of a manifest that its files wait for.
async fn look(app: &App, container: &str) -> Result<(), ApiError> {
    let Some(guid) = container.strip_prefix(WATCHED) else { return Ok(()) };
    let manifest = format!("nb:mid:UUID:{guid}");
    let files = sets::set("IngestManifestFiles")?;
    for id in app.store.links(&Source::new("IngestManifests", &manifest, MOVING)).await? {
        if let Some(file) = app.store.get(files, &id).await? {
            take(app, &file, container).await?;
        }
    }
    let mut marker = None;
    loop {
        let page = app.blob_store.list(container, "", marker, PAGE).await;
        let page = match page {
            // The manifest was deleted.
            Err(BlobError::ContainerNotFound(_)) => return Ok(()),
            page => page?,
        };
        for blob in page.blobs {
            if let Some(file) = waiting(app, &manifest, &blob.name).await? {
                take(app, &file, container).await?;
            }
        }
        marker = page.next;
        if marker.is_none() {
            return Ok(());
        }
    }
}

/// That a file still waits for its blob.
fn pending() -> Expr {
    let state = Expr::Literal(IngestManifestFileState::Pending.to_literal());
    Expr::binary(BinaryOp::Eq, Expr::property("State"), state)
}

async fn waiting(app: &App, manifest: &str, name: &str) -> Result<Option<Record>, ApiError> {
    let named = both(equals("ParentIngestManifestId", manifest), equals("Name", name));
    let query =
        Query { top: 1, ..Query::all(sets::set("IngestManifestFiles")?, both(named, pending())) };
    Ok(app.store.query(&query).await?.records.pop())
}

/// Takes a file into its asset, or says in the entity why that is not possible.
async fn take(app: &App, file: &Record, container: &str) -> Result<(), ApiError> {
    match Box::pin(try_take(app, file, container)).await {
        Ok(()) => Ok(()),
        Err(Problem::OfFile(detail)) => {
            tracing::warn!(file = file.text("Id"), detail, "an upload was refused");
            let mut changes = settle(file, IngestManifestFileState::Error, Some(&detail))?;
            changes.extend(unmark(app, file).await?);
            commit_if_waiting(app, changes).await
        }
        Err(Problem::OfService(error)) => Err(error),
    }
}

/// Why a file was not taken.
enum Problem {
    /// It cannot be: for the client to see.
    OfFile(String),
    /// It could not be now.
    OfService(ApiError),
}

impl<E: Into<ApiError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::OfService(error.into())
    }
}

async fn try_take(app: &App, file: &Record, container: &str) -> Result<(), Problem> {
    let parent = file.text("ParentIngestManifestAssetId");
    let link = Source::new("IngestManifestAssets", parent, "Asset");
    let gone = || Problem::OfFile("The asset was deleted.".to_owned());
    let asset = app.store.links(&link).await?.pop().ok_or_else(gone)?;
    let name = file.text("Name");
    let target = asset::container_of(&asset);

    let mut made = sets::new_file(&asset, name, 0);
    for property in [
        "MimeType",
        "IsPrimary",
        "EncryptionVersion",
        "EncryptionScheme",
        "IsEncrypted",
        "EncryptionKeyId",
        "InitializationVector",
    ] {
        made.put(property, file.value(property).clone());
    }
    let marked = !unmark(app, file).await?.is_empty();
    if !marked {
        let mut changes = conditions(file, &made)?;
        changes.push(mark(file));
        commit(app, changes).await?;
    }
    match app.blob_store.rename(container, name, &target, name).await {
        Ok(_) => {}
        // It was moved before a crash.
        Err(BlobError::BlobExists | BlobError::BlobNotFound { .. }) if marked => {}
        Err(BlobError::BlobExists) => {
            let detail = format!("The container of the asset has a blob named '{name}' already.");
            return Err(Problem::OfFile(detail));
        }
        Err(BlobError::ContainerNotFound(_)) => return Err(gone()),
        // It was deleted again: the file goes on waiting.
        Err(BlobError::BlobNotFound { .. }) => {
            return Ok(app.store.commit(unmark(app, file).await?).await?);
        }
        Err(error) => return Err(error.into()),
    }
    let Some(blob) = app.blob_store.get(&target, name).await? else { return Err(gone()) };
    made.put("ContentFileSize", i64::try_from(blob.size).unwrap_or(i64::MAX));
    let mut changes = conditions(file, &made)?;
    changes.push(Change::Insert(sets::set("Files")?, made));
    changes.extend(settle(file, IngestManifestFileState::Finished, None)?);
    changes.extend(unmark(app, file).await?);
    commit(app, changes).await
}

/// That the file waits, its asset is there, and has room for it.
fn conditions(file: &Record, made: &Record) -> Result<Vec<Change>, ApiError> {
    let mut changes =
        vec![still_waiting(file)?, still_there("Assets", made.text("ParentAssetId"))?];
    changes.extend(asset_file::conditions(made)?);
    Ok(changes)
}

/// Commits; a conflict with what the asset has is the file's problem.
async fn commit(app: &App, changes: Vec<Change>) -> Result<(), Problem> {
    match app.store.commit(changes).await {
        Ok(()) => Ok(()),
        Err(StoreError::Conflict(detail) | StoreError::Unmet(detail)) => {
            Err(Problem::OfFile(detail))
        }
        Err(error) => Err(error.into()),
    }
}

/// Commits, unless the file was deleted meanwhile.
async fn commit_if_waiting(app: &App, changes: Vec<Change>) -> Result<(), ApiError> {
    match app.store.commit(changes).await {
        Ok(()) | Err(StoreError::Unmet(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn still_waiting(file: &Record) -> Result<Change, ApiError> {
    Ok(Change::Require {
        set: sets::set("IngestManifestFiles")?,
        filter: both(equals("Id", file.text("Id")), pending()),
        otherwise: "The file does not wait for its upload any more.".to_owned(),
    })
}

/// Ends the waiting of a file.
fn settle(
    file: &Record,
    state: IngestManifestFileState,
    detail: Option<&str>,
) -> Result<Vec<Change>, ApiError> {
    let values = vec![
        ("State", Value::Integer(state.value().into())),
        ("ErrorDetail", detail.map_or(Value::Null, Value::from)),
        ("LastModified", Value::DateTime(DateTime::now().truncated_to_millis())),
    ];
    let set = sets::set("IngestManifestFiles")?;
    Ok(vec![still_waiting(file)?, Change::Set(set, file.text("Id").to_owned(), values)])
}

fn moving(file: &Record) -> Source {
    Source::new("IngestManifests", file.text("ParentIngestManifestId"), MOVING)
}

fn mark(file: &Record) -> Change {
    Change::Link(moving(file), "IngestManifestFiles", file.text("Id").to_owned())
}

/// What takes the mark off a file again; nothing if it has none.
async fn unmark(app: &App, file: &Record) -> Result<Vec<Change>, ApiError> {
    let id = file.text("Id");
    let marked = app.store.links(&moving(file)).await?;
    let marked = marked.iter().any(|other| other == id);
    Ok(marked.then(|| Change::Unlink(moving(file), id.to_owned())).into_iter().collect())
}
