//! What can go wrong in a task that takes many calls, and at which step.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::blob::BlobError;
use crate::content_key::ContentKeyError;
use crate::{ErrorDetail, Job, StreamingEndpoint};

/// One step of a task. It is printed as what was to be done: `create the asset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Creates the Asset.
    CreateAsset,
    /// Reads the Asset.
    ReadAsset,
    /// Gets the certificate to which content keys are encrypted.
    FindProtectionKey,
    /// Creates the ContentKey.
    CreateKey,
    /// Links the ContentKey to the Asset.
    LinkKey,
    /// Reads the ContentKey.
    ReadKey,
    /// Creates the AssetFile.
    CreateFile,
    /// Creates the AccessPolicy.
    CreatePolicy,
    /// Creates the Locator.
    CreateLocator,
    /// Sends the content to the storage.
    SendContent,
    /// Updates the AssetFile.
    UpdateFile,
    /// Reads the AssetFiles of the Asset.
    ReadFiles,
    /// Looks for the MediaProcessor.
    FindProcessor,
    /// Creates the Job.
    CreateJob,
    /// Reads the Job and its Tasks.
    ReadJob,
    /// Reads the output assets of the Job.
    ReadOutputs,
    /// Cancels the Job.
    CancelJob,
    /// Looks for the StreamingEndpoint.
    FindEndpoint,
    /// Starts the StreamingEndpoint.
    StartEndpoint,
    /// Reads how the start of the StreamingEndpoint goes on.
    WatchEndpoint,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateAsset => "create the asset",
            Self::ReadAsset => "read the asset",
            Self::FindProtectionKey => "get the protection certificate",
            Self::CreateKey => "create the content key",
            Self::LinkKey => "link the content key to the asset",
            Self::ReadKey => "read the content key",
            Self::CreateFile => "create the asset file",
            Self::CreatePolicy => "create the access policy",
            Self::CreateLocator => "create the locator",
            Self::SendContent => "send the content",
            Self::UpdateFile => "update the asset file",
            Self::ReadFiles => "read the files of the asset",
            Self::FindProcessor => "look for the media processor",
            Self::CreateJob => "create the job",
            Self::ReadJob => "read the job",
            Self::ReadOutputs => "read the outputs of the job",
            Self::CancelJob => "cancel the job",
            Self::FindEndpoint => "look for the streaming endpoint",
            Self::StartEndpoint => "start the streaming endpoint",
            Self::WatchEndpoint => "watch the start of the streaming endpoint",
        })
    }
}

/// An upload that failed. What it had created has been deleted again, as far as the service let it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The file cannot be read.
    #[error("cannot read '{}'", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file became shorter while it was read.
    #[error("'{}' was changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A call of the service failed.
    #[error("cannot {step}")]
    Api {
        /// What was to be done.
        step: Step,
        /// Why it failed.
        source: odata_client::Error,
    },
    /// The content cannot be encrypted.
    #[error("cannot encrypt the content")]
    Encryption(#[from] ContentKeyError),
    /// The storage refused the content.
    #[error("cannot {}", Step::SendContent)]
    Blob(#[from] BlobError),
}

/// An encoding that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// There is no such media processor.
    #[error("there is no media processor '{name}'; `MediaServices::media_processors` lists them")]
    NoProcessor {
        /// The name that was looked for.
        name: String,
    },
    /// The name of the output asset cannot stand in XML.
    #[error("the output name holds the character {0:?}, which XML cannot carry")]
    OutputName(char),
    /// A call of the service failed.
    #[error("cannot {step}")]
    Api {
        /// What was to be done.
        step: Step,
        /// Why it failed.
        source: odata_client::Error,
    },
    /// A task of the job failed.
    #[error("the job {} failed{}", job.id, details(errors))]
    Failed {
        /// The job, in its final state.
        job: Box<Job>,
        /// What the tasks say about it.
        errors: Vec<ErrorDetail>,
    },
    /// Somebody cancelled the job.
    #[error("the job {} was cancelled", job.id)]
    Canceled {
        /// The job, in its final state.
        job: Box<Job>,
    },
}

fn details(errors: &[ErrorDetail]) -> String {
    let one = |error: &ErrorDetail| {
        let code = error.code.as_deref().unwrap_or("Unknown");
        format!(": {code}: {}", error.message.as_deref().unwrap_or_default().trim())
    };
    errors.iter().map(one).collect()
}

/// A publication that failed. The locators and the policy it had created have been deleted again,
/// as far as the service let it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// A call of the service failed.
    #[error("cannot {step}")]
    Api {
        /// What was to be done.
        step: Step,
        /// Why it failed.
        source: odata_client::Error,
    },
}

/// A streaming endpoint that does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// There is no such endpoint.
    #[error("there is no streaming endpoint '{name}'")]
    NotFound {
        /// The name that was looked for.
        name: String,
    },
    /// A call of the service failed.
    #[error("cannot {step}")]
    Api {
        /// What was to be done.
        step: Step,
        /// Why it failed.
        source: odata_client::Error,
    },
    /// The operation that was to start it failed.
    #[error("the streaming endpoint did not start: {code}: {message}")]
    Failed {
        /// The error code of the operation.
        code: String,
        /// What the service says about it.
        message: String,
    },
    /// It is in a state from which it cannot be started.
    #[error("the streaming endpoint is {}", state_of(.0))]
    NotStartable(Box<StreamingEndpoint>),
    /// It takes longer than ever seen.
    #[error("the streaming endpoint is still {}", state_of(.0))]
    TooSlow(Box<StreamingEndpoint>),
}

fn state_of(endpoint: &StreamingEndpoint) -> &str {
    endpoint.state.as_ref().map_or("in an unknown state", crate::StreamingEndpointState::as_str)
}

/// A download that failed. Nothing is left at its path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The URL is none.
    #[error("the URL to download from is malformed: {0}")]
    Url(String),
    /// The storage or the streaming endpoint refused.
    #[error("cannot download")]
    Blob(#[from] BlobError),
    /// The file cannot be written.
    #[error("cannot write '{}'", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content cannot be decrypted.
    #[error("cannot decrypt the content")]
    Decryption(#[from] ContentKeyError),
    /// What arrived is not what the storage holds.
    #[error("the content arrived damaged: its MD5 is {actual}, not {expected}")]
    Damaged {
        /// The MD5 that the storage states, in hexadecimal.
        expected: String,
        /// The MD5 of what arrived.
        actual: String,
    },
}

/// A call that failed, and the step that it was. It becomes the error of the task.
pub(crate) struct FailedCall {
    pub(crate) step: Step,
    pub(crate) source: odata_client::Error,
}

/// Names the step of a failed call.
pub(crate) trait AtStep<T> {
    fn at(self, step: Step) -> Result<T, FailedCall>;
}

impl<T> AtStep<T> for Result<T, odata_client::Error> {
    fn at(self, step: Step) -> Result<T, FailedCall> {
        self.map_err(|source| FailedCall { step, source })
    }
}

macro_rules! from_call {
    ($($error:ident)*) => {$(
        impl From<FailedCall> for $error {
            fn from(FailedCall { step, source }: FailedCall) -> Self {
                Self::Api { step, source }
            }
        }
    )*};
}
from_call!(UploadError EncodeError PublishError EndpointError);
