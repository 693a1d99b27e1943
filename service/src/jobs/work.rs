//! The work of a task: what its media processor makes of its inputs.

use std::path::Path;
use std::sync::Arc;

use azure_media::v2_19::TaskOptions;
use edm::Record;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Workshop;
use super::inputs::{self, Wanted};
use super::outcome::{self, Failure};
use super::processors::{self, Ability};
use crate::app::App;
use crate::encode::{
    self, Configuration, InputAsset, OutputFile, PackageTask, Request, Role, TaskError, Team,
};
use crate::error::ApiError;
use crate::keys;
use crate::sets;
use crate::store::{Claim, Source};

/// What a worker needs for a task.
pub(super) struct Work<'a> {
    pub(super) app: &'a App,
    pub(super) workshop: &'a Workshop,
    pub(super) claim: &'a Claim,
    /// A folder of this attempt's own, with a folder `out` in it.
    pub(super) scratch: &'a Path,
    pub(super) cancel: &'a CancellationToken,
}

impl Work<'_> {
    /// Makes the files of the task.
    pub(super) async fn make(
        &self,
        progress: watch::Sender<f64>,
    ) -> Result<Vec<OutputFile>, Failure> {
        let task = self.task().await?;
        let id = task.text("MediaProcessorId");
        let processor =
            processors::by_id(id).ok_or_else(|| ApiError::no_entity("MediaProcessor"))?;
        match processor.ability {
            Ability::Encode => self.encode(&task, progress).await,
            Ability::Decrypt => self.decrypt(&task).await,
            Ability::Package => self.package(&task).await,
            Ability::Unavailable(why) => {
                let name = processor.name;
                let message = format!("The media processor '{name}' is not available: {why}.");
                Err(Failure::new("ErrorProcessingTask", message))
            }
        }
    }

    async fn task(&self) -> Result<Record, Failure> {
        let set = sets::set("Tasks")?;
        let found = self.app.store.get(set, &self.claim.lease.task).await;
        Ok(found.map_err(ApiError::from)?.ok_or_else(|| ApiError::no_entity("Task"))?)
    }

    async fn encode(
        &self,
        task: &Record,
        progress: watch::Sender<f64>,
    ) -> Result<Vec<OutputFile>, Failure> {
        let configuration = self.configured(task, Configuration::parse).await?;
        let inputs = self.inputs(Wanted::Primary(&configuration.overlays())).await?;
        self.begin().await?;
        let output_dir = self.scratch.join("out");
        let request = Request { configuration, inputs, output_dir };
        let report = move |percent| {
            progress.send_replace(percent);
        };
        let Workshop { settings, crew } = self.workshop;
        let team = Team::new(Arc::clone(crew), sets::task_slots(self.app).await?);
        Ok(encode::run(settings, &team, &request, report, self.cancel).await?.files)
    }

    /// Reads the task's configuration, which may be encrypted. What is wrong with it is found
    /// before anything is fetched; the task is seen to run all the same.
    async fn configured<T>(
        &self,
        task: &Record,
        read: fn(&str) -> Result<T, TaskError>,
    ) -> Result<T, Failure> {
        let number = task.value("Options").as_integer().unwrap_or_default();
        let options = TaskOptions::from_number(i32::try_from(number).unwrap_or_default());
        let read = if options.contains(TaskOptions::PROTECTED_CONFIGURATION) {
            let clear = keys::clear_configuration(self.app, task).await;
            clear.map_err(|error| TaskError::configuration(error.message)).and_then(|c| read(&c))
        } else {
            read(task.text("Configuration"))
        };
        if read.is_err() {
            self.begin().await?;
        }
        Ok(read?)
    }

    async fn inputs(&self, wanted: Wanted<'_>) -> Result<Vec<InputAsset>, Failure> {
        let source = Source::new("Tasks", &self.claim.lease.task, "InputMediaAssets");
        let ids = self.app.store.links(&source).await.map_err(ApiError::from)?;
        let mut inputs = Vec::with_capacity(ids.len());
        for (position, id) in ids.iter().enumerate() {
            let fetching = inputs::fetch(self.app, id, position, wanted, self.scratch);
            let fetched = self.cancel.run_until_cancelled(fetching).await;
            inputs.push(fetched.ok_or_else(Failure::canceled)??);
        }
        Ok(inputs)
    }

    /// The inputs are there.
    async fn begin(&self) -> Result<(), Failure> {
        match outcome::processing(self.app, self.claim).await? {
            true => Ok(()),
            false => Err(Failure::canceled()),
        }
    }

    /// Copies all files as they are once they are fetched, which is without storage encryption.
    async fn decrypt(&self, task: &Record) -> Result<Vec<OutputFile>, Failure> {
        let empty = |text: &str| match text.trim() {
            "" => Ok(()),
            _ => {
                let what = "Storage Decryption has no configuration; leave it empty";
                Err(TaskError::configuration(what))
            }
        };
        self.configured(task, empty).await?;
        let inputs = self.inputs(Wanted::All).await?;
        self.begin().await?;
        let mut outputs: Vec<OutputFile> = Vec::new();
        for file in inputs.into_iter().flat_map(|input| input.files) {
            if outputs.iter().any(|other| other.name == file.name) {
                let message = format!("Two input assets have a file called {}.", file.name);
                return Err(Failure::new("ErrorProcessingTask", message));
            }
            let size = tokio::fs::metadata(&file.path).await.map_err(ApiError::internal)?.len();
            let primary = file.role == Role::Primary && !outputs.iter().any(|other| other.primary);
            let mime_type = encode::mime_type_of(&file.name);
            let (name, path) = (file.name, file.path);
            outputs.push(OutputFile { name, path, mime_type, primary, size });
        }
        Ok(outputs)
    }

    async fn package(&self, task: &Record) -> Result<Vec<OutputFile>, Failure> {
        let configured = self.configured(task, PackageTask::parse).await?;
        let inputs = self.inputs(Wanted::All).await?;
        self.begin().await?;
        let files = inputs.into_iter().flat_map(|input| input.files).collect();
        Ok(encode::package(configured, files, &self.scratch.join("out")).await?)
    }
}
