//! Encodes an asset: a job with one task, and waiting for it.

mod task_body;
mod wait;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use edm::Insert;

pub use self::wait::{Encoded, Wait};
use crate::error::{AtStep as _, EncodeError, Step};
use crate::{AssetId, Job, JobId, MediaProcessor, MediaServices, Task};

/// An encoding, prepared by [`MediaServices::encode`]; awaited, it starts and gives a
/// [`RunningJob`].
#[must_use = "an encoding does nothing until it is awaited"]
pub struct Encode {
    media: MediaServices,
    input: AssetId,
    preset: String,
    processor: String,
    job_name: Option<String>,
    output_name: Option<String>,
    priority: Option<i32>,
}

impl MediaServices {
    /// Prepares the encoding of an asset: by default with Media Encoder Standard and the preset
    /// "Adaptive Streaming", which fits the bitrates to the source.
    pub fn encode(&self, input: impl Into<AssetId>) -> Encode {
        Encode {
            media: self.clone(),
            input: input.into(),
            preset: "Adaptive Streaming".to_owned(),
            processor: "Media Encoder Standard".to_owned(),
            job_name: None,
            output_name: None,
            priority: None,
        }
    }

    /// A job that was created before, to wait for it or to cancel it.
    pub fn running_job(&self, job: impl Into<JobId>) -> RunningJob {
        RunningJob { media: self.clone(), id: job.into() }
    }
}

impl Encode {
    /// What the processor shall do: the name of a preset, or a preset in XML or JSON.
    pub fn preset(mut self, preset: impl Into<String>) -> Self {
        self.preset = preset.into();
        self
    }

    /// The name of the media processor; of several versions, the newest is taken.
    pub fn processor(mut self, name: impl Into<String>) -> Self {
        self.processor = name.into();
        self
    }

    /// Names the job.
    pub fn job_name(mut self, name: impl Into<String>) -> Self {
        self.job_name = Some(name.into());
        self
    }

    /// Names the output asset; by default the service does, after the job.
    pub fn output_name(mut self, name: impl Into<String>) -> Self {
        self.output_name = Some(name.into());
        self
    }

    /// The priority of the job: higher runs first, 0 by default.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    async fn start(self) -> Result<RunningJob, EncodeError> {
        let body = task_body::one_to_one(self.output_name.as_deref())?;
        let processor = newest_processor(&self.media, &self.processor).await?;
        let task = Insert::new()
            .set(Task::CONFIGURATION, self.preset)
            .set(Task::MEDIA_PROCESSOR_ID, processor.id)
            .set(Task::TASK_BODY, body);
        let mut job = self.media.jobs().create();
        if let Some(name) = self.job_name {
            job = job.set(Job::NAME, name);
        }
        if let Some(priority) = self.priority {
            job = job.set(Job::PRIORITY, priority);
        }
        let job = job
            .bind(Job::INPUT_MEDIA_ASSETS, &self.media.asset(self.input).path())
            .with(Job::TASKS, task)
            .await
            .at(Step::CreateJob)?;
        tracing::debug!(job.id = %job.id, "job created");
        Ok(RunningJob { media: self.media, id: job.id })
    }
}

async fn newest_processor(
    media: &MediaServices,
    name: &str,
) -> Result<MediaProcessor, EncodeError> {
    let named = media.media_processors().filter(MediaProcessor::NAME.eq(name));
    let processors = named.all().await.at(Step::FindProcessor)?;
    let newest = processors.into_iter().max_by_key(|processor| version(&processor.version));
    newest.ok_or_else(|| EncodeError::NoProcessor { name: name.to_owned() })
}

/// The numbers of a version, so that 1.10 is newer than 1.9.
fn version(text: &Option<String>) -> Vec<u64> {
    let numbers = text.as_deref().unwrap_or_default().split('.');
    numbers.map(|number| number.parse().unwrap_or(0)).collect()
}

/// A job that has been created.
#[derive(Clone, Debug)]
pub struct RunningJob {
    media: MediaServices,
    id: JobId,
}

impl RunningJob {
    /// Its id.
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// Prepares to wait until it is in a final state.
    pub fn wait(&self) -> Wait {
        Wait::new(self.media.clone(), self.id.clone())
    }

    /// Asks the service to cancel it. [`RunningJob::wait`] tells when that is done.
    ///
    /// # Errors
    ///
    /// The job is in a final state already, or the call fails.
    pub async fn cancel(&self) -> Result<(), EncodeError> {
        Ok(self.media.cancel_job(&self.id).await.at(Step::CancelJob)?)
    }
}

impl IntoFuture for Encode {
    type Output = Result<RunningJob, EncodeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl fmt::Debug for Encode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encode")
            .field("input", &self.input)
            .field("preset", &self.preset)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_numbers() {
        let version = |text: &str| version(&Some(text.to_owned()));
        assert!(version("1.10") > version("1.9"));
        assert!(version("1.1") > version("1"));
        assert!(version("2") > version("1.9.9"));
        assert_eq!(version("x"), version("0"));
    }
}
