//! What becomes of tasks, and of their job with them.

use std::time::Duration;

use azure_media::v2_19::{JobState, TaskOptions};
use edm::filter::BinaryOp;
use edm::{DateTime, Expr, Record, Scalar as _, Value};

use super::events::{error_details, event, performance};
use crate::app::App;
use crate::encode::TaskError;
use crate::error::ApiError;
use crate::sets::{self, Effect, asset, equals, is_final, state};
use crate::store::{AFTER, Change, Claim, Source, StoreError};

/// Why a task failed, in the words of the service: a code that clients know, and a message.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The task was canceled, rather than failed.
    pub(super) fn canceled() -> Self {
        TaskError::canceled().into()
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self::new(error.code.as_str(), error.message)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new("ErrorProcessingTask", error.message)
    }
}

fn to(state: JobState) -> (&'static str, Value) {
    ("State", Value::Integer(state.value().into()))
}

fn now() -> Value {
    Value::DateTime(DateTime::now().truncated_to_millis())
}

/// That the task is not over: nobody has canceled it.
fn still_wanted(claim: &Claim) -> Result<Change, ApiError> {
    let running = Expr::binary(
        BinaryOp::Lt,
        Expr::property("State"),
        Expr::Literal(JobState::Finished.to_literal()),
    );
    Ok(Change::Require {
        set: sets::set("Tasks")?,
        filter: sets::both(equals("Id", &claim.lease.task), running),
        otherwise: "the task is over".to_owned(),
    })
}

/// Commits what a worker records of its task; returns whether the task was still wanted. One that
/// was canceled meanwhile stays as it is.
async fn record(app: &App, claim: &Claim, mut changes: Vec<Change>) -> Result<bool, ApiError> {
    changes.insert(0, still_wanted(claim)?);
    match app.store.commit(changes).await {
        Ok(()) => Ok(true),
        Err(StoreError::Unmet(_)) => {
            tracing::info!("the task was canceled before this was recorded");
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

fn set_task(task: &str, values: Vec<(&'static str, Value)>) -> Result<Change, ApiError> {
    Ok(Change::Set(sets::set("Tasks")?, task.to_owned(), values))
}

fn set_job(job: &str, mut values: Vec<(&'static str, Value)>) -> Result<Change, ApiError> {
    values.push(("LastModified", now()));
    Ok(Change::Set(sets::set("Jobs")?, job.to_owned(), values))
}

async fn job(app: &App, id: &str) -> Result<Record, ApiError> {
    let found = app.store.get(sets::set("Jobs")?, id).await?;
    found.ok_or_else(|| ApiError::no_entity("Job"))
}

async fn task(app: &App, claim: &Claim) -> Result<Record, ApiError> {
    let found = app.store.get(sets::set("Tasks")?, &claim.lease.task).await?;
    found.ok_or_else(|| ApiError::no_entity("Task"))
}

/// Whether the job of a task is being canceled.
pub(super) async fn job_is_canceling(app: &App, claim: &Claim) -> Result<bool, ApiError> {
    Ok(state(&job(app, &claim.job).await?) == JobState::Canceling)
}

/// The tasks of a job.
async fn tasks(app: &App, job: &str) -> Result<Vec<Record>, ApiError> {
    let set = sets::set("Tasks")?;
    let mut tasks = Vec::new();
    for id in app.store.links(&Source::new("Jobs", job, "Tasks")).await? {
        tasks.extend(app.store.get(set, &id).await?);
    }
    Ok(tasks)
}

/// A worker has the task and fetches its inputs.
pub(super) async fn scheduled(app: &App, claim: &Claim) -> Result<bool, ApiError> {
    let said = event(&task(app, claim).await?, "Scheduled", "The inputs are being fetched.");
    let values = vec![to(JobState::Scheduled), ("Progress", Value::Double(0.0)), said];
    let mut changes = vec![set_task(&claim.lease.task, values)?];
    if state(&job(app, &claim.job).await?) == JobState::Queued {
        changes.push(set_job(&claim.job, vec![to(JobState::Scheduled)])?);
    }
    record(app, claim, changes).await
}

/// The inputs are there and the encoder starts.
pub(super) async fn processing(app: &App, claim: &Claim) -> Result<bool, ApiError> {
    let said = event(&task(app, claim).await?, "Processing", "The media processor has started.");
    let values = vec![to(JobState::Processing), ("StartTime", now()), said];
    let mut changes = vec![set_task(&claim.lease.task, values)?];
    let job = job(app, &claim.job).await?;
    if matches!(state(&job), JobState::Queued | JobState::Scheduled) {
        let mut values = vec![to(JobState::Processing)];
        if job.value("StartTime").is_null() {
            values.push(("StartTime", now()));
        }
        changes.push(set_job(&claim.job, values)?);
    }
    record(app, claim, changes).await
}

/// The outputs are stored: they and the end of the task are recorded in one step.
pub(super) async fn finished(
    app: &App,
    claim: &Claim,
    files: Vec<Record>,
    running: Duration,
) -> Result<(), ApiError> {
    let set = sets::set("Files")?;
    let mut changes = Vec::new();
    if let Some(first) = files.first() {
        let of_asset = equals("ParentAssetId", first.text("ParentAssetId"));
        changes.push(Change::DeleteWhere(set, of_asset));
    }
    let performance = performance(&files, running);
    changes.extend(files.into_iter().map(|file| Change::Insert(set, file)));
    let values = vec![
        to(JobState::Finished),
        ("Progress", Value::Double(100.0)),
        ("EndTime", now()),
        ("RunningDuration", millis(running)),
        performance,
        event(&task(app, claim).await?, "Finished", "The outputs are stored."),
    ];
    changes.push(set_task(&claim.lease.task, values)?);
    if record(app, claim, changes).await? {
        tracing::info!("task finished");
    }
    settle(app, &claim.job).await
}

/// The task failed: tasks that wait for it cannot run, others of the job are not to, and what it
/// was to make is removed, unless it says otherwise.
pub(super) async fn failed(
    app: &App,
    claim: &Claim,
    failure: &Failure,
    running: Duration,
) -> Result<(), ApiError> {
    tracing::warn!(
        task = claim.lease.task,
        code = failure.code,
        message = failure.message,
        "task failed"
    );
    let values = vec![
        to(JobState::Error),
        error_details(failure),
        ("EndTime", now()),
        ("RunningDuration", millis(running)),
        event(&task(app, claim).await?, "Error", failure.code),
    ];
    let mut changes = vec![set_task(&claim.lease.task, values)?];
    let mut effects = Vec::new();
    for task in tasks(app, &claim.job).await? {
        let id = task.text("Id");
        let number = task.value("Options").as_integer().unwrap_or_default();
        let options = TaskOptions::from_number(i32::try_from(number).unwrap_or_default());
        if id == claim.lease.task {
            if !options.contains(TaskOptions::DO_NOT_DELETE_OUTPUT_ASSET_ON_FAILURE) {
                remove_outputs(app, id, &mut changes, &mut effects).await?;
            }
            continue;
        }
        let spared = options.contains(TaskOptions::DO_NOT_CANCEL_ON_JOB_FAILURE);
        match state(&task) {
            JobState::Queued if !spared || waits_for(app, id, &claim.lease.task).await? => {
                changes.push(canceled(&task, "Another task of the job has failed.")?);
            }
            // Its worker notices.
            JobState::Scheduled | JobState::Processing if !spared => {
                changes.push(set_task(id, vec![to(JobState::Canceling)])?);
            }
            _ => {}
        }
    }
    if record(app, claim, changes).await? {
        app.carry_out(&effects).await;
    }
    settle(app, &claim.job).await
}

/// Ends a task that is canceled.
fn canceled(task: &Record, why: &str) -> Result<Change, ApiError> {
    let values = vec![to(JobState::Canceled), ("EndTime", now()), event(task, "Canceled", why)];
    set_task(task.text("Id"), values)
}

async fn remove_outputs(
    app: &App,
    task: &str,
    changes: &mut Vec<Change>,
    effects: &mut Vec<Effect>,
) -> Result<(), ApiError> {
    let (assets, files) = (sets::set("Assets")?, sets::set("Files")?);
    for id in app.store.links(&Source::new("Tasks", task, "OutputMediaAssets")).await? {
        effects.push(Effect::DeleteContainer(asset::container_of(&id)));
        changes.push(Change::DeleteWhere(files, equals("ParentAssetId", &id)));
        changes.push(Change::Delete(assets, id));
    }
    Ok(())
}

/// Whether a task waits for another, be it by way of others. There are no cycles.
async fn waits_for(app: &App, task: &str, other: &str) -> Result<bool, ApiError> {
    let mut open = vec![task.to_owned()];
    while let Some(task) = open.pop() {
        for earlier in app.store.links(&Source::new("Tasks", &task, AFTER)).await? {
            if earlier == other {
                return Ok(true);
            }
            open.push(earlier);
        }
    }
    Ok(false)
}

/// Ends what is being canceled of a job of which nobody works on a task: all of it, or the tasks
/// that another task's failure has stopped.
pub(super) async fn settle_canceled(app: &App, job_id: &str) -> Result<(), ApiError> {
    let all = state(&job(app, job_id).await?) == JobState::Canceling;
    let mut changes = Vec::new();
    for task in tasks(app, job_id).await? {
        let state = state(&task);
        if state == JobState::Canceling || (all && !is_final(state)) {
            changes.push(canceled(&task, "The task was stopped.")?);
        }
    }
    app.store.commit(changes).await?;
    settle(app, job_id).await
}

/// Sets the state of a job whose tasks are all over.
async fn settle(app: &App, job_id: &str) -> Result<(), ApiError> {
    let job = job(app, job_id).await?;
    let tasks = tasks(app, job_id).await?;
    if is_final(state(&job)) || !tasks.iter().all(|task| is_final(state(task))) {
        app.carry_out(&[Effect::WakeWorkers]).await;
        return Ok(());
    }
    let any = |wanted| tasks.iter().any(|task| state(task) == wanted);
    let end = if any(JobState::Error) {
        JobState::Error
    } else if any(JobState::Canceled) {
        JobState::Canceled
    } else {
        JobState::Finished
    };
    let running: f64 =
        tasks.iter().filter_map(|task| task.value("RunningDuration").as_double()).sum();
    let values = vec![to(end), ("EndTime", now()), ("RunningDuration", Value::Double(running))];
    app.store.commit(vec![set_job(job_id, values)?]).await?;
    tracing::info!(job = job_id, state = ?end, "job over");
    Ok(())
}

/// Durations are milliseconds on the wire.
fn millis(duration: Duration) -> Value {
    Value::Double((duration.as_secs_f64() * 1000.0).round())
}
