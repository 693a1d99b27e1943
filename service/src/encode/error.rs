//! Why a task failed, in the vocabulary of the AMS `ErrorDetails` collection.

use std::fmt;

/// The error codes of an AMS task that encoding can produce (documented with
/// the `Task` entity's `ErrorDetails`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// The input could not be recognised as media.
    DownloadingInputAssetMalformedContent,
    /// The preset is unknown, invalid or not supported.
    ParsingConfiguration,
    /// The input is media, but its data is damaged.
    ExecutingTaskMalformedContent,
    /// The input's container or codec is not accepted.
    ExecutingTaskUnsupportedFormat,
    /// The encoder itself failed: missing tools, full disk, time limits.
    ProcessingTask,
    /// The task was cancelled.
    CancelingTask,
}

impl ErrorCode {
    /// The code as it is written on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::DownloadingInputAssetMalformedContent => {
                "ErrorDownloadingInputAssetMalformedContent"
            }
            Self::ParsingConfiguration => "ErrorParsingConfiguration",
            Self::ExecutingTaskMalformedContent => "ErrorExecutingTaskMalformedContent",
            Self::ExecutingTaskUnsupportedFormat => "ErrorExecutingTaskUnsupportedFormat",
            Self::ProcessingTask => "ErrorProcessingTask",
            Self::CancelingTask => "ErrorCancelingTask",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failed task: what the client finds in `ErrorDetails`.
///
/// The message is shown to the tenant, so it never holds paths of this host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct TaskError {
    /// The class of the failure.
    pub(crate) code: ErrorCode,
    /// What happened and, where possible, what to do about it.
    pub(crate) message: String,
}

impl TaskError {
    /// An error with `code` and `message`.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The preset or configuration is at fault.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ParsingConfiguration, message)
    }

    /// This host is at fault.
    pub(crate) fn processing(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ProcessingTask, message)
    }

    /// The task was cancelled, rather than failed.
    pub(crate) fn canceled() -> Self {
        Self::new(ErrorCode::CancelingTask, "the task was canceled")
    }
}
