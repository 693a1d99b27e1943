//! How a command ends: the exit codes of `--help`.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use odata_codegen::directory;

/// What a command returns.
pub(crate) type Outcome = Result<Found, Failure>;

/// What a command that has done its work has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing to tell the shell.
    Nothing,
    /// Drift or changes.
    Something,
}

impl Found {
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Nothing => 0,
            Self::Something => 1,
        })
    }
}

/// Why a command has not done its work.
#[derive(Debug)]
pub(crate) struct Failure {
    cause: Cause,
    message: String,
}

/// Who is to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Input = 2,
    Disk = 3,
    Network = 4,
}

impl Failure {
    /// The command line, or what it names, is wrong.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { cause: Cause::Input, message: message.into() }
    }

    /// Whether a service is why.
    pub(crate) fn is_network(&self) -> bool {
        self.cause == Cause::Network
    }

    /// The disk refuses.
    pub(crate) fn disk(message: impl Into<String>) -> Self {
        Self { cause: Cause::Disk, message: message.into() }
    }

    /// The disk refuses to do something with a file.
    pub(crate) fn io(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let message = format!("{what} {}", path.display());
        move |error| Self::disk(format!("{message}: {error}"))
    }

    /// A service cannot be reached, or does not answer with what is wanted.
    pub(crate) fn network(message: impl Into<String>) -> Self {
        Self { cause: Cause::Network, message: message.into() }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.cause as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<directory::Error> for Failure {
    fn from(error: directory::Error) -> Self {
        Self::disk(error.to_string())
    }
}
