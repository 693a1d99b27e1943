//! `Jobs` and their `Tasks`: what is to be made of which assets.

use std::collections::BTreeSet;

use async_trait::async_trait;
use axum::http::StatusCode;
use azure_media::v2_19::JobState;
use edm::query::QueryOptions;
use edm::{DateTime, Draft, Record, Value};

use super::engine::stored;
use super::notification_end_point::check_subscriptions;
use super::task_body::{AssetRef, OutputAsset, TaskBody};
use super::{Effect, New, Plan, Rules, equals, set};
use crate::app::App;
use crate::error::ApiError;
use crate::jobs::processors::{self, Ability};
use crate::keys;
use crate::odata::linked_entity;
use crate::store::{AFTER, Change, Query, Source};

pub(super) struct Jobs;

/// All of `TaskOptions` together.
const MOST_OPTIONS: i64 = 7;

#[async_trait]
impl Rules for Jobs {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        check_subscriptions(app, &new.record).await?;
        let inputs = inputs(app, &new.draft).await?;
        let tasks = tasks(app, new, inputs.len()).await?;
        let bodies: Vec<_> = tasks.iter().map(|task| &task.body).collect();
        check_graph(&bodies, inputs.len())?;
        check_quotas(app, &bodies, inputs.len())?;
        let job_id = new.record.text("Id").to_owned();
        for key in &inputs {
            new.plan.before.push(super::still_there("Assets", key)?);
            let from = Source::new("Jobs", &job_id, "InputMediaAssets");
            new.plan.after.push(Change::Link(from, "Assets", key.clone()));
        }
        let outputs = make_outputs(app, new, &tasks).await?;
        let id_of = |asset: AssetRef| match asset {
            AssetRef::Input(n) => inputs.get(n).cloned(),
            AssetRef::Output(n) => outputs.iter().find(|o| o.0 == n).map(|o| o.1.clone()),
        };
        link_tasks(new, &tasks, id_of)?;
        new.plan.then.push(Effect::WakeWorkers);
        Ok(())
    }

    async fn update(
        &self,
        _: &App,
        old: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        let moved = new.value("Priority") != old.value("Priority");
        if moved && state(old) != JobState::Queued {
            let message = "Job's priority can only be changed if the job is in Queued state";
            return Err(ApiError::bad_request(message));
        }
        Ok(Plan::default())
    }

    /// A job that is not over cannot be deleted; its tasks go with it, its assets stay.
    async fn delete(&self, app: &App, job: &Record, _: &QueryOptions) -> Result<Plan, ApiError> {
        if !is_final(state(job)) {
            let message = "A job can be deleted once it is finished, failed or canceled.";
            return Err(ApiError::bad_request(message));
        }
        let tasks = app.store.links(&Source::new("Jobs", job.text("Id"), "Tasks")).await?;
        let set = set("Tasks")?;
        let before = tasks.into_iter().map(|task| Change::Delete(set, task)).collect();
        Ok(Plan { before, ..Plan::default() })
    }
}

/// The state of a job or task.
pub(crate) fn state(record: &Record) -> JobState {
    let number = record.value("State").as_integer().unwrap_or_default();
    JobState::from_number(i32::try_from(number).unwrap_or_default())
}

/// Whether a state is one that does not change any more.
pub(crate) fn is_final(state: JobState) -> bool {
    matches!(state, JobState::Finished | JobState::Error | JobState::Canceled)
}

/// The ids of the input assets, in the order in which they are linked.
async fn inputs(app: &App, draft: &Draft) -> Result<Vec<String>, ApiError> {
    let binding = draft.bindings.iter().find(|b| b.navigation == "InputMediaAssets");
    let urls = binding.map(|binding| binding.urls.as_slice()).unwrap_or_default();
    let most = app.quotas.assets_per_job;
    match urls.len() {
        0 => return Err(ApiError::bad_request("A job needs InputMediaAssets.")),
        found if found > most => return Err(ApiError::quota("input assets in a job", most)),
        _ => {}
    }
    let (assets, files) = (set("Assets")?, set("Files")?);
    let mut ids = Vec::with_capacity(urls.len());
    for url in urls {
        let (linked, id) = linked_entity(url)?;
        if linked.name != assets.name {
            return Err(ApiError::bad_request("InputMediaAssets must link Assets."));
        }
        if app.store.get(assets, &id).await?.is_none() {
            return Err(ApiError::no_entity("Asset"));
        }
        let of_asset = Query::all(files, equals("ParentAssetId", &id));
        let found = app.store.query(&of_asset).await?.records;
        let primary = primary_file(&found).ok_or_else(|| {
            let message = format!("The asset '{id}' has no file, or several and none is primary.");
            ApiError::bad_request(message)
        })?;
        super::reserved_unit::check_size(app, primary).await?;
        ids.push(id);
    }
    Ok(ids)
}

/// The file that is primary, or the only one.
pub(crate) fn primary_file(files: &[Record]) -> Option<&Record> {
    match files {
        [only] => Some(only),
        files => files.iter().find(|file| file.value("IsPrimary").as_bool() == Some(true)),
    }
}

/// A task that is being made, and its body.
struct NewTask {
    record: Record,
    body: TaskBody,
}

/// The tasks of a job: those in its body, or those of the template that it names.
async fn tasks(app: &App, new: &New, inputs: usize) -> Result<Vec<NewTask>, ApiError> {
    let inline = new.draft.inline.iter().find(|inline| inline.navigation == "Tasks");
    let inline = inline.map(|inline| inline.entities.as_slice()).unwrap_or_default();
    let drafts = match new.record.text("TemplateId") {
        "" => inline.to_vec(),
        _ if !inline.is_empty() => {
            let message = "A job has either a TemplateId or Tasks, not both.";
            return Err(ApiError::bad_request(message));
        }
        template => super::job_template::tasks(app, template, inputs).await?,
    };
    let most = app.quotas.tasks_per_job;
    match drafts.len() {
        0 => return Err(ApiError::bad_request("A job needs Tasks, or a TemplateId.")),
        found if found > most => return Err(ApiError::quota("tasks in a job", most)),
        _ => {}
    }
    let set = set("Tasks")?;
    let mut tasks = Vec::with_capacity(drafts.len());
    for (position, draft) in drafts.iter().enumerate() {
        let at = |error: ApiError| ApiError {
            message: format!("Tasks[{position}]: {}", error.message),
            ..error
        };
        let record = super::engine::prepare(set, draft).map_err(at)?;
        check_processor(record.text("MediaProcessorId")).map_err(at)?;
        check_options(&record).map_err(at)?;
        check_subscriptions(app, &record).await.map_err(at)?;
        let body = TaskBody::parse(record.text("TaskBody"))
            .map_err(|error| at(ApiError::bad_request(error.to_string())))?;
        tasks.push(NewTask { record, body });
    }
    Ok(tasks)
}

/// The processor is there, and can do something.
fn check_processor(id: &str) -> Result<(), ApiError> {
    let Some(processor) = processors::by_id(id) else {
        let message = format!("there is no media processor '{id}'; MediaProcessorId must be an id");
        return Err(ApiError::bad_request(message));
    };
    match processor.ability {
        Ability::Unavailable(why) => {
            let name = processor.name;
            let message = format!("the media processor '{name}' is not available: {why}.");
            Err(ApiError::new(StatusCode::FORBIDDEN, message))
        }
        _ => Ok(()),
    }
}

/// The options are known, and a configuration that is encrypted says how.
fn check_options(task: &Record) -> Result<(), ApiError> {
    let number = task.value("Options").as_integer().unwrap_or_default();
    if !(0..=MOST_OPTIONS).contains(&number) {
        let message = format!("Options is {number}; it must be a sum of 1, 2 and 4");
        return Err(ApiError::bad_request(message));
    }
    if number & 1 == 0 {
        return Ok(());
    }
    for property in ["EncryptionKeyId", "EncryptionScheme", "InitializationVector"] {
        if task.text(property).is_empty() {
            let message = format!("{property} is required for Options 1, ProtectedConfiguration");
            return Err(ApiError::bad_request(message));
        }
    }
    keys::check_configuration_scheme(task)
}

/// Every reference leads somewhere, no output is made twice, and no task waits for itself.
pub(super) fn check_graph(bodies: &[&TaskBody], inputs: usize) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::bad_request(message));
    let mut made = BTreeSet::new();
    for output in bodies.iter().flat_map(|body| &body.outputs) {
        if !made.insert(output.index) {
            return refuse(format!("JobOutputAsset({}) is made by two tasks.", output.index));
        }
    }
    for reference in bodies.iter().flat_map(|body| &body.inputs) {
        match reference {
            AssetRef::Input(n) if *n >= inputs => {
                return refuse(format!("JobInputAsset({n}) is not among the InputMediaAssets."));
            }
            AssetRef::Output(n) if !made.contains(n) => {
                return refuse(format!("JobOutputAsset({n}) is not made by any task."));
            }
            _ => {}
        }
    }
    // Take tasks away whose inputs are there; what is left waits for itself.
    let mut there = BTreeSet::new();
    let mut waiting: Vec<_> = bodies.to_vec();
    loop {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|body| {
            body.inputs.iter().all(|input| match input {
                AssetRef::Input(_) => true,
                AssetRef::Output(n) => there.contains(n),
            })
        });
        match (ready.is_empty(), rest.is_empty()) {
            (_, true) => return Ok(()),
            (true, false) => return refuse("The tasks form a cycle.".to_owned()),
            _ => {}
        }
        there.extend(ready.iter().flat_map(|body| &body.outputs).map(|output| output.index));
        waiting = rest;
    }
}

/// Neither the job nor one of its tasks has more assets than it may have.
fn check_quotas(app: &App, bodies: &[&TaskBody], inputs: usize) -> Result<(), ApiError> {
    let (of_task, of_job) = (app.quotas.assets_per_task, app.quotas.assets_per_job);
    if bodies.iter().any(|body| body.inputs.len() + body.outputs.len() > of_task) {
        return Err(ApiError::quota("assets in a task", of_task));
    }
    let outputs: usize = bodies.iter().map(|body| body.outputs.len()).sum();
    if inputs.max(outputs) > of_job {
        return Err(ApiError::quota("assets in a job", of_job));
    }
    Ok(())
}

/// Makes the output assets, so that clients find them at once; returns index and id of each, in
/// the order of the index, which is the order of `OutputMediaAssets`.
async fn make_outputs(
    app: &App,
    new: &mut New,
    tasks: &[NewTask],
) -> Result<Vec<(usize, String)>, ApiError> {
    let assets = set("Assets")?;
    let mut outputs: Vec<&OutputAsset> = tasks.iter().flat_map(|task| &task.body.outputs).collect();
    outputs.sort_by_key(|output| output.index);
    let job = match new.record.text("Name") {
        "" => new.record.text("Id").to_owned(),
        name => name.to_owned(),
    };
    let job_id = new.record.text("Id").to_owned();
    let mut made = Vec::with_capacity(outputs.len());
    for output in outputs {
        let default_name = || format!("JobOutputAsset({})_{job}", output.index);
        let draft = Draft {
            members: vec![
                ("Name".into(), output.name.clone().unwrap_or_else(default_name).into()),
                ("Options".into(), Value::Integer(output.options)),
                ("FormatOption".into(), Value::Integer(output.format_option)),
                (
                    "StorageAccountName".into(),
                    output.storage_account.clone().map_or(Value::Null, Value::from),
                ),
            ],
            ..Draft::default()
        };
        let mut asset = super::engine::prepare(assets, &draft)?;
        super::asset::complete(app, &mut asset, &mut new.plan).await?;
        let id = asset.text("Id").to_owned();
        new.plan.after.push(Change::Insert(assets, stored(&asset)));
        let from = Source::new("Jobs", &job_id, "OutputMediaAssets");
        new.plan.after.push(Change::Link(from, "Assets", id.clone()));
        made.push((output.index, id));
    }
    Ok(made)
}

/// Adds the tasks, their links to the job, to assets, and to the tasks they wait for.
fn link_tasks(
    new: &mut New,
    tasks: &[NewTask],
    id_of: impl Fn(AssetRef) -> Option<String>,
) -> Result<(), ApiError> {
    let set = set("Tasks")?;
    let job_id = new.record.text("Id").to_owned();
    let missing = || ApiError::internal("a task refers to an asset that the job has not");
    for task in tasks {
        let task_id = task.record.text("Id");
        new.plan.after.push(Change::Insert(set, stored(&task.record)));
        let from = Source::new("Jobs", &job_id, "Tasks");
        new.plan.after.push(Change::Link(from, "Tasks", task_id.to_owned()));
        let from = |navigation| Source::new("Tasks", task_id, navigation);
        let mut inputs = Vec::with_capacity(task.body.inputs.len());
        for input in &task.body.inputs {
            let id = id_of(*input).ok_or_else(missing)?;
            new.plan.after.push(Change::Link(from("InputMediaAssets"), "Assets", id.clone()));
            inputs.push(id);
            let makes = |other: &&NewTask| {
                other.body.outputs.iter().any(|o| AssetRef::Output(o.index) == *input)
            };
            if let Some(earlier) = tasks.iter().find(makes) {
                let id = earlier.record.text("Id").to_owned();
                new.plan.after.push(Change::Link(from(AFTER), "Tasks", id));
            }
        }
        for output in &task.body.outputs {
            let id = id_of(AssetRef::Output(output.index)).ok_or_else(missing)?;
            new.plan.after.push(Change::Link(from("OutputMediaAssets"), "Assets", id.clone()));
            for parent in &inputs {
                let from = Source::new("Assets", &id, "ParentAssets");
                new.plan.after.push(Change::Link(from, "Assets", parent.clone()));
            }
        }
    }
    Ok(())
}

/// Starts to cancel a job: tasks that nobody works on are canceled at once, the others when their
/// workers notice.
pub(crate) async fn cancel(app: &App, job_id: &str) -> Result<(), ApiError> {
    let (jobs, tasks) = (set("Jobs")?, set("Tasks")?);
    let job = app.store.get(jobs, job_id).await?.ok_or_else(|| ApiError::no_entity("Job"))?;
    if is_final(state(&job)) || state(&job) == JobState::Canceling {
        let message = format!("The job is {:?} and cannot be canceled.", state(&job));
        return Err(ApiError::bad_request(message));
    }
    let now = Value::DateTime(DateTime::now().truncated_to_millis());
    let to = |state: JobState| ("State", Value::Integer(state.value().into()));
    let mut changes = vec![Change::Set(
        jobs,
        job_id.to_owned(),
        vec![to(JobState::Canceling), ("LastModified", now.clone())],
    )];
    for task in app.store.links(&Source::new("Jobs", job_id, "Tasks")).await? {
        let found = app.store.get(tasks, &task).await?;
        match found.as_ref().map(state) {
            Some(JobState::Queued) => {
                let values = vec![to(JobState::Canceled), ("EndTime", now.clone())];
                changes.push(Change::Set(tasks, task, values));
            }
            Some(JobState::Scheduled | JobState::Processing) => {
                changes.push(Change::Set(tasks, task, vec![to(JobState::Canceling)]));
            }
            _ => {}
        }
    }
    app.store.commit(changes).await?;
    app.carry_out(&[Effect::WakeWorkers]).await;
    Ok(())
}
