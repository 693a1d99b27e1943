//! Waits for a job.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use odata_client::{Error, ErrorKind};
use tokio::time::Instant;

use crate::error::{AtStep as _, EncodeError, FailedCall, Step};
use crate::{Asset, Job, JobId, JobState, MediaServices, Task};

/// The first pause between two looks; each further one is half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// While the service does not answer, it is asked this seldom in the end.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Told the state of the job, and how much of it is done, in percent.
type Progress = Box<dyn FnMut(JobState, f64) + Send>;

/// Waiting for a job, prepared by [`RunningJob::wait`](crate::RunningJob::wait); it runs when it is
/// awaited.
#[must_use = "waiting does nothing until it is awaited"]
pub struct Wait {
    media: MediaServices,
    id: JobId,
    every: Duration,
    patience: Duration,
    progress: Progress,
}

/// A job that has finished.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Encoded {
    /// The job, in its final state.
    pub job: Job,
    /// The assets it made.
    pub outputs: Vec<Asset>,
}

impl Wait {
    pub(super) fn new(media: MediaServices, id: JobId) -> Self {
        Self {
            media,
            id,
            every: Duration::from_millis(2500),
            patience: Duration::from_secs(5 * 60),
            progress: Box::new(|_, _| {}),
        }
    }

    /// How often to look, once the job has run for a while; 2.5 s by default. The first looks
    /// follow each other faster.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// How long the service may fail to answer before that is an error; 5 minutes by default. A
    /// job takes longer than most outages.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Calls back, after every look, with the state of the job and how much is done, in percent
    /// from 0 to 100.
    pub fn progress(mut self, progress: impl FnMut(JobState, f64) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    async fn run(mut self) -> Result<Encoded, EncodeError> {
        let mut pause = FIRST_PAUSE.min(self.every);
        let mut last_answer = Instant::now();
        loop {
            match look(&self.media, &self.id).await {
                Ok((job, tasks)) => {
                    last_answer = Instant::now();
                    (self.progress)(job.state, percent(&job, &tasks));
                    if is_final(job.state) {
                        return end(&self.media, job, tasks).await;
                    }
                    pause = pause.mul_f64(1.5).min(self.every);
                }
                Err(error) if may_pass(&error) && last_answer.elapsed() < self.patience => {
                    tracing::warn!(job.id = %self.id, %error, "no answer about the job");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(source) => return Err(FailedCall { step: Step::ReadJob, source }.into()),
            }
            tokio::time::sleep(pause).await;
        }
    }
}

async fn look(media: &MediaServices, id: &JobId) -> Result<(Job, Vec<Task>), Error> {
    let job = media.job(id);
    Ok((job.get().await?, job.tasks().all().await?))
}

async fn end(media: &MediaServices, job: Job, tasks: Vec<Task>) -> Result<Encoded, EncodeError> {
    match job.state {
        JobState::Finished => {
            let outputs = media.job(&job.id).output_media_assets();
            Ok(Encoded { outputs: outputs.all().await.at(Step::ReadOutputs)?, job })
        }
        JobState::Canceled => Err(EncodeError::Canceled { job: Box::new(job) }),
        _ => {
            let errors = tasks.into_iter().flat_map(|task| task.error_details).collect();
            Err(EncodeError::Failed { job: Box::new(job), errors })
        }
    }
}

fn is_final(state: JobState) -> bool {
    matches!(state, JobState::Finished | JobState::Error | JobState::Canceled)
}

/// The mean of the tasks.
fn percent(job: &Job, tasks: &[Task]) -> f64 {
    if job.state == JobState::Finished {
        return 100.0;
    }
    let sum: f64 = tasks.iter().map(|task| task.progress.clamp(0.0, 100.0)).sum();
    sum / tasks.len().max(1) as f64
}

/// Whether a failure may be gone at the next look.
fn may_pass(error: &Error) -> bool {
    match (&error.kind, error.status()) {
        (_, Some(status)) => matches!(status, 408 | 429 | 500..),
        (kind, None) => matches!(kind, ErrorKind::Connection(_) | ErrorKind::Credential(_)),
    }
}

impl IntoFuture for Wait {
    type Output = Result<Encoded, EncodeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("id", &self.id)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
