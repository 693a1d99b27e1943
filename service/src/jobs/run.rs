//! One task, from its inputs to its outputs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use azure_media::v2_19::JobState;
use edm::{Record, Value};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::outcome::{self, Failure};
use super::work::Work;
use super::{LEASE, Workshop, outputs};
use crate::app::App;
use crate::error::ApiError;
use crate::sets;
use crate::store::{Change, Claim, Lease};

/// How often progress is written, and cancellation noticed.
const BEAT: Duration = Duration::from_secs(1);

/// A task that was begun so often and never ended has what it takes to bring the service down.
const MOST_ATTEMPTS: i64 = 10;

/// Runs a claimed task to its end, and records that.
pub(super) async fn run(
    app: &Arc<App>,
    workshop: &Workshop,
    claim: Claim,
    stop: &CancellationToken,
) -> Result<(), ApiError> {
    let (task, attempt) = (&claim.lease.task, claim.lease.attempt);
    let span = tracing::info_span!("task", task, attempt, job = claim.job);
    run_in_span(app, workshop, &claim, stop).instrument(span).await
}

async fn run_in_span(
    app: &Arc<App>,
    workshop: &Workshop,
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
    let beating = beat(Arc::clone(app), claim.clone(), seen, cancel.clone());
    let heart = AbortOnDropHandle::new(tokio::spawn(beating));
    let result = Box::pin(make_files(app, workshop, claim, progress, &cancel)).await;
    drop(heart);
    match result {
        _ if stop.is_cancelled() => Ok(()),
        Ok(files) => outcome::finished(app, claim, files, started.elapsed()).await,
        // Either the lease is another's by now, and so is the task; or it is canceled, and ends
        // when nobody works on any of its job's.
        Err(_) if cancel.is_cancelled() || outcome::job_is_canceling(app, claim).await? => Ok(()),
        Err(failure) => outcome::failed(app, claim, &failure, started.elapsed()).await,
    }
}

/// Makes and stores the outputs; returns the files to record.
async fn make_files(
    app: &App,
    workshop: &Workshop,
    claim: &Claim,
    progress: watch::Sender<f64>,
    cancel: &CancellationToken,
) -> Result<Vec<Record>, Failure> {
    if claim.lease.attempt > MOST_ATTEMPTS {
        let message = format!("The task was begun {MOST_ATTEMPTS} times and never ended.");
        return Err(Failure::new("ErrorProcessingTask", message));
    }
    let scratch = Scratch::make(app, &claim.lease).await?;
    let work = Work { app, workshop, claim, scratch: &scratch.0, cancel };
    let made = Box::pin(work.make(progress)).await?;
    outputs::store(app, claim, made, cancel).await
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
        tokio::task::spawn_blocking(move || {
            if let Err(error) = std::fs::remove_dir_all(&path) {
                tracing::warn!(%error, path = %path.display(), "a task's files were not removed");
            }
        });
    }
}

/// Whether the job or the task is being canceled, or gone. What cannot be read goes on.
async fn stopped(app: &App, claim: &Claim) -> bool {
    for (set, key) in [("Jobs", &claim.job), ("Tasks", &claim.lease.task)] {
        let Ok(set) = sets::set(set) else { return false };
        match app.store.get(set, key).await {
            Ok(None) => return true,
            Ok(Some(record)) if sets::state(&record) == JobState::Canceling => return true,
            _ => {}
        }
    }
    false
}

/// Renews the lease and writes the progress; cancels the work if it is canceled or the lease is
/// another's.
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
        if matches!(held, Ok(false)) || stopped(&app, &claim).await {
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
