//! One task, from its inputs to its outputs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use azure_media::v2_19::JobState;
use edm::{Record, Value};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::LEASE;
use super::outcome::{self, Failure};
use crate::app::App;
use crate::encode::{self, EncodeSettings, Encoded, InputFile, Request};
use crate::error::ApiError;
use crate::sets::{self, asset};
use crate::store::{Change, Claim, Lease, Query, Source};

/// How often progress is written, and cancellation noticed.
const BEAT: Duration = Duration::from_secs(1);

/// A task that was begun so often and never ended has what it takes to bring the service down.
const MOST_ATTEMPTS: i64 = 10;

/// Runs a claimed task to its end, and records that.
pub(super) async fn run(
    app: &Arc<App>,
    settings: &EncodeSettings,
    claim: Claim,
    stop: &CancellationToken,
) -> Result<(), ApiError> {
    let (task, attempt) = (&claim.lease.task, claim.lease.attempt);
    let span = tracing::info_span!("task", task, attempt, job = claim.job);
    run_in_span(app, settings, &claim, stop).instrument(span).await
}

async fn run_in_span(
    app: &Arc<App>,
    settings: &EncodeSettings,
    claim: &Claim,
    stop: &CancellationToken,
) -> Result<(), ApiError> {
    let started = Instant::now();
    tracing::info!("task claimed");
    if !outcome::scheduled(app, claim).await? {
        return Ok(());
    }
    let cancel = stop.child_token();
    let (progress, seen) = watch::channel(0.0);
    let heart = tokio::spawn(beat(Arc::clone(app), claim.clone(), seen, cancel.clone()));
    let result = Box::pin(make_files(app, settings, claim, progress, &cancel)).await;
    heart.abort();
    match result {
        _ if stop.is_cancelled() => Ok(()),
        Ok(files) => outcome::finished(app, claim, files, started.elapsed()).await,
        Err(_) if outcome::is_canceling(app, &claim.job).await? => {
            outcome::settle_canceled(app, &claim.job).await
        }
        // The lease is another's by now: so is the task.
        Err(_) if cancel.is_cancelled() => Ok(()),
        Err(failure) => outcome::failed(app, claim, &failure, started.elapsed()).await,
    }
}

/// Encodes and stores the outputs; returns the files to record.
async fn make_files(
    app: &App,
    settings: &EncodeSettings,
    claim: &Claim,
    progress: watch::Sender<f64>,
    cancel: &CancellationToken,
) -> Result<Vec<Record>, Failure> {
    if claim.lease.attempt > MOST_ATTEMPTS {
        let message = format!("The task was begun {MOST_ATTEMPTS} times and never ended.");
        return Err(Failure::new("ErrorProcessingTask", message));
    }
    let scratch = Scratch::make(app, &claim.lease).await?;
    let encoded = Box::pin(encode(app, settings, claim, &scratch.0, progress, cancel)).await?;
    upload(app, claim, encoded).await
}

/// A directory of one attempt, gone when it is over.
struct Scratch(PathBuf);

impl Scratch {
    async fn make(app: &App, lease: &Lease) -> Result<Self, ApiError> {
        let guid = lease.task.rsplit(':').next().unwrap_or_default();
        let path = app.scratch.join(format!("{guid}-{}", lease.attempt));
        tokio::fs::create_dir_all(path.join("out")).await.map_err(ApiError::internal)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.0);
        // Removing large files takes time: not on a thread that others wait for.
        tokio::task::spawn_blocking(move || std::fs::remove_dir_all(path));
    }
}

/// Renews the lease and writes the progress; cancels the work if the job is canceled or the lease
/// is another's.
async fn beat(
    app: Arc<App>,
    claim: Claim,
    progress: watch::Receiver<f64>,
    cancel: CancellationToken,
) {
    let mut written = 0.0;
    loop {
        tokio::time::sleep(BEAT).await;
        let held = app.queue.renew(&claim.lease, LEASE).await;
        let job = match sets::set("Jobs") {
            Ok(jobs) => app.store.get(jobs, &claim.job).await,
            Err(_) => return,
        };
        let gone = matches!(held, Ok(false)) || matches!(job, Ok(None));
        let canceling = matches!(&job, Ok(Some(job)) if sets::state(job) == JobState::Canceling);
        if gone || canceling {
            return cancel.cancel();
        }
        let percent = *progress.borrow();
        if percent > written
            && let Ok(tasks) = sets::set("Tasks")
        {
            written = percent;
            let values = vec![("Progress", Value::Double(percent))];
            let change = Change::Set(tasks, claim.lease.task.clone(), values);
            if let Err(error) = app.store.commit(vec![change]).await {
                tracing::warn!(%error, "progress was not written");
            }
        }
    }
}

async fn encode(
    app: &App,
    settings: &EncodeSettings,
    claim: &Claim,
    scratch: &Path,
    progress: watch::Sender<f64>,
    cancel: &CancellationToken,
) -> Result<Encoded, Failure> {
    let task = read(app, "Tasks", &claim.lease.task).await?;
    let processor = read(app, "MediaProcessors", task.text("MediaProcessorId")).await?;
    let processor = processor.text("Name").to_owned();
    if !encode::processor_supported(&processor) {
        let message = format!("The media processor '{processor}' is not available.");
        return Err(Failure::new("ErrorProcessingTask", message));
    }
    let source = Source::new("Tasks", &claim.lease.task, "InputMediaAssets");
    let inputs = app.store.links(&source).await.map_err(ApiError::from)?;
    let mut files = Vec::new();
    for (position, input) in inputs.iter().enumerate() {
        let path = scratch.join(format!("input-{position}"));
        files.push(InputFile {
            name: download(app, input, &path).await?,
            path,
            primary: position == 0,
        });
    }
    if !outcome::processing(app, claim).await? {
        return Err(Failure::new("ErrorCancelingTask", "The task was canceled."));
    }
    let request = Request {
        processor,
        configuration: task.text("Configuration").to_owned(),
        inputs: files,
        input_asset_id: inputs.first().cloned().unwrap_or_default(),
        output_dir: scratch.join("out"),
    };
    let report = move |percent| {
        progress.send_replace(percent);
    };
    Ok(encode::run(settings, &request, report, cancel).await?)
}

async fn read(app: &App, set: &'static str, key: &str) -> Result<Record, Failure> {
    let set = sets::set(set)?;
    let found = app.store.get(set, key).await.map_err(ApiError::from)?;
    Ok(found.ok_or_else(|| ApiError::no_entity(set.entity_type.name))?)
}

/// Fetches the primary file of an asset; returns its name.
async fn download(app: &App, asset_id: &str, path: &Path) -> Result<String, Failure> {
    let malformed = "ErrorDownloadingInputAssetMalformedContent";
    let files = sets::set("Files")?;
    let query = Query::all(files, sets::equals("ParentAssetId", asset_id));
    let found = app.store.query(&query).await.map_err(ApiError::from)?.records;
    let file = sets::primary_file(&found).ok_or_else(|| {
        let message = format!("The asset {asset_id} has no file, or several and none is primary.");
        Failure::new(malformed, message)
    })?;
    let (container, name) = (asset::container_of(asset_id), file.text("Name"));
    match app.blob_store.read_to_file(&container, name, path).await {
        Ok(_) => Ok(name.to_owned()),
        Err(crate::blob::BlobError::BlobNotFound { .. }) => {
            let message = format!("The file {name} was never uploaded: there is no such blob.");
            Err(Failure::new(malformed, message))
        }
        Err(error) => {
            tracing::error!(%error, "an input could not be read");
            let code = "ErrorDownloadingInputAssetServiceFailure";
            Err(Failure::new(code, format!("The file {name} could not be read.")))
        }
    }
}

/// Puts the outputs into the task's first output asset; returns the files to record. What is there
/// already, from an attempt that was lost, is replaced.
async fn upload(app: &App, claim: &Claim, encoded: Encoded) -> Result<Vec<Record>, Failure> {
    let source = Source::new("Tasks", &claim.lease.task, "OutputMediaAssets");
    let outputs = app.store.links(&source).await.map_err(ApiError::from)?;
    let asset_id = outputs.first().ok_or_else(|| ApiError::no_entity("Asset"))?;
    let container = asset::container_of(asset_id);
    let mut files = Vec::new();
    for output in encoded.files {
        let written = app
            .blob_store
            .write_from_file(&container, &output.name, output.mime_type, &output.path)
            .await;
        if let Err(error) = written {
            tracing::error!(%error, "an output could not be stored");
            let message = format!("The file {} could not be stored.", output.name);
            return Err(Failure::new("ErrorUploadingOutputAsset", message));
        }
        let size = i64::try_from(output.size).unwrap_or(i64::MAX);
        let mut file = sets::new_file(asset_id, &output.name, size);
        file.put("MimeType", output.mime_type);
        file.put("IsPrimary", output.primary);
        files.push(file);
    }
    Ok(files)
}
