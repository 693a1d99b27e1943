//! `JobTemplates` and their `TaskTemplates`: jobs that are made often, but for their inputs.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use axum::http::StatusCode;
use azure_media::v2_19::JobTemplateType;
use edm::query::QueryOptions;
use edm::{Draft, Record, Value};

use super::engine::{prepare, stored};
use super::job::check_graph;
use super::task_body::{AssetRef, TaskBody};
use super::template_body::{self, TemplateTask};
use super::{New, Plan, Rules, set};
use crate::app::App;
use crate::error::ApiError;
use crate::store::{Change, Source};

pub(super) struct JobTemplates;

/// The properties that a task has from its template.
const SHARED: &[&str] = &[
    "Configuration",
    "MediaProcessorId",
    "Name",
    "Options",
    "EncryptionKeyId",
    "EncryptionScheme",
    "EncryptionVersion",
    "InitializationVector",
];

#[async_trait]
impl Rules for JobTemplates {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        check_type(&new.record)?;
        let tasks = read_body(&new.record)?;
        let templates = task_templates(app, &new.draft).await?;
        check_pairs(&tasks, &templates)?;
        let bodies: Vec<_> = tasks.iter().map(|task| &task.body).collect();
        let inputs = inputs_used(&tasks);
        check_graph(&bodies, inputs)?;
        match number(&new.record, "NumberofInputAssets") {
            0 => {
                let inputs = i64::try_from(inputs).unwrap_or(i64::MAX);
                new.record.put("NumberofInputAssets", inputs);
            }
            said if said < inputs => {
                let message = format!(
                    "NumberofInputAssets is {said}, and the JobTemplateBody takes {inputs} assets."
                );
                return Err(ApiError::bad_request(message));
            }
            _ => {}
        }
        let set = set("TaskTemplates")?;
        let from = Source::new("JobTemplates", new.record.text("Id"), "TaskTemplates");
        for template in &templates {
            let id = template.text("Id").to_owned();
            new.plan.after.push(Change::Insert(set, stored(template)));
            new.plan.after.push(Change::Link(from.clone(), "TaskTemplates", id));
        }
        Ok(())
    }

    /// The task templates go with it.
    async fn delete(
        &self,
        app: &App,
        template: &Record,
        _: &QueryOptions,
    ) -> Result<Plan, ApiError> {
        let from = Source::new("JobTemplates", template.text("Id"), "TaskTemplates");
        let set = set("TaskTemplates")?;
        let tasks = app.store.links(&from).await?;
        let before = tasks.into_iter().map(|task| Change::Delete(set, task)).collect();
        Ok(Plan { before, ..Plan::default() })
    }

    /// Documentation calls the type required, and leaves it out in its samples.
    fn default(&self, property: &str) -> Option<Value> {
        let account = i64::from(JobTemplateType::AccountLevel.value());
        (property == "TemplateType").then_some(Value::Integer(account))
    }
}

fn check_type(template: &Record) -> Result<(), ApiError> {
    let number = template.value("TemplateType").as_integer().unwrap_or_default();
    match JobTemplateType::from_number(i32::try_from(number).unwrap_or(i32::MAX)) {
        JobTemplateType::AccountLevel => Ok(()),
        JobTemplateType::SystemLevel => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "TemplateType 0 (SystemLevel) is reserved to the service: it must be 1.",
        )),
        _ => Err(ApiError::bad_request("TemplateType must be 1 (AccountLevel).")),
    }
}

fn read_body(template: &Record) -> Result<Vec<TemplateTask>, ApiError> {
    let body = template_body::parse(template.text("JobTemplateBody"));
    body.map_err(|error| ApiError::bad_request(error.to_string()))
}

/// The task templates that are made along, in their order.
async fn task_templates(app: &App, draft: &Draft) -> Result<Vec<Record>, ApiError> {
    let inline = draft.inline.iter().find(|inline| inline.navigation == "TaskTemplates");
    let drafts = inline.map(|inline| inline.entities.as_slice()).unwrap_or_default();
    let most = app.quotas.tasks_per_job;
    if drafts.is_empty() || drafts.len() > most {
        let message = format!("A job template needs 1 to {most} TaskTemplates.");
        return Err(ApiError::bad_request(message));
    }
    let (set, processors) = (set("TaskTemplates")?, set("MediaProcessors")?);
    let (mut templates, mut ids) = (Vec::with_capacity(drafts.len()), BTreeSet::new());
    for (position, draft) in drafts.iter().enumerate() {
        let at = |error: ApiError| ApiError {
            message: format!("TaskTemplates[{position}]: {}", error.message),
            ..error
        };
        let template = prepare(set, draft).map_err(at)?;
        let processor = template.text("MediaProcessorId");
        if !processor.is_empty() && app.store.get(processors, processor).await?.is_none() {
            let message = format!("there is no media processor '{processor}'");
            return Err(at(ApiError::bad_request(message)));
        }
        if !ids.insert(template.text("Id").to_ascii_lowercase()) {
            return Err(at(ApiError::bad_request("its Id is that of another task template")));
        }
        templates.push(template);
    }
    Ok(templates)
}

/// Each task of the body has a template of its own, and takes and makes as many assets as that
/// says.
fn check_pairs(tasks: &[TemplateTask], templates: &[Record]) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::bad_request(message));
    let mut seen = BTreeSet::new();
    for task in tasks {
        let id = task.template.to_ascii_lowercase();
        let of_task = |template: &&Record| template.text("Id").eq_ignore_ascii_case(&task.template);
        let Some(template) = templates.iter().find(of_task) else {
            return refuse(format!(
                "JobTemplateBody: taskTemplateId '{}' is not the Id of one of the TaskTemplates.",
                task.template
            ));
        };
        if !seen.insert(id) {
            return refuse(format!(
                "JobTemplateBody: two taskBody elements have the taskTemplateId '{}'.",
                task.template
            ));
        }
        for (property, found) in [
            ("NumberofInputAssets", task.body.inputs.len()),
            ("NumberofOutputAssets", task.body.outputs.len()),
        ] {
            let said = number(template, property);
            if said != found {
                return refuse(format!(
                    "{property} of the TaskTemplate '{}' is {said}, and its taskBody has {found}.",
                    task.template
                ));
            }
        }
    }
    if tasks.len() != templates.len() {
        return refuse(format!(
            "JobTemplateBody has {} taskBody elements for {} TaskTemplates.",
            tasks.len(),
            templates.len()
        ));
    }
    Ok(())
}

fn number(record: &Record, property: &str) -> usize {
    let number = record.value(property).as_integer().unwrap_or_default();
    usize::try_from(number).unwrap_or_default()
}

/// How many assets a job must have for these tasks.
fn inputs_used(tasks: &[TemplateTask]) -> usize {
    let inputs = |body: &TaskBody| {
        let used = body.inputs.iter().filter_map(|input| match input {
            AssetRef::Input(n) => Some(n.saturating_add(1)),
            AssetRef::Output(_) => None,
        });
        used.max().unwrap_or_default()
    };
    tasks.iter().map(|task| inputs(&task.body)).max().unwrap_or_default()
}

/// The tasks of a job that is made from a template and has this many input assets.
pub(super) async fn tasks(app: &App, id: &str, inputs: usize) -> Result<Vec<Draft>, ApiError> {
    let (job_templates, task_templates) = (set("JobTemplates")?, set("TaskTemplates")?);
    let template = app.store.get(job_templates, id).await?;
    let template = template.ok_or_else(|| ApiError::no_entity("JobTemplate"))?;
    let wanted = number(&template, "NumberofInputAssets");
    if wanted != inputs {
        let message = format!(
            "The JobTemplate '{id}' takes {wanted} InputMediaAssets; the job has {inputs}."
        );
        return Err(ApiError::bad_request(message));
    }
    let mut templates = BTreeMap::new();
    for id in app.store.links(&Source::new("JobTemplates", id, "TaskTemplates")).await? {
        let found = app.store.get(task_templates, &id).await?;
        let found = found.ok_or_else(|| ApiError::internal("a task template is gone"))?;
        templates.insert(id.to_ascii_lowercase(), found);
    }
    let draft = |task: TemplateTask| {
        let template = templates.get(&task.template.to_ascii_lowercase());
        let template =
            template.ok_or_else(|| ApiError::internal("a task template does not fit its body"))?;
        let mut members: Vec<_> =
            SHARED.iter().map(|name| ((*name).into(), template.value(name).clone())).collect();
        members.push(("TaskBody".into(), task.text.into()));
        Ok(Draft { members, ..Draft::default() })
    };
    read_body(&template)?.into_iter().map(draft).collect()
}
