//! Calls of cargo. What this crate runs is built by child processes, because this crate must build
//! even if emitted code is broken.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::root;

/// What the quickstart consists of.
pub(crate) struct Programs {
    /// The service.
    pub(crate) mediad: PathBuf,
    /// The example of `azure-media`.
    pub(crate) quickstart: PathBuf,
}

/// A call of the cargo that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// Builds the programs of the quickstart: optimised or, which takes less time, not. ffmpeg, which
/// does the heavy work, is the same for both.
///
/// # Errors
///
/// They do not compile.
pub(crate) fn build(release: bool) -> anyhow::Result<Programs> {
    // Dependencies are compiled once per set of features. Built for the whole workspace they have
    // the features that `cargo test --workspace` wants, and neither makes the other build again.
    let arguments = ["build", "--workspace", "--bin", "mediad", "--example", "quickstart"];
    let mut command = cargo(&arguments);
    if release {
        command.arg("--release");
    }
    run(&mut command)?;
    let folder = target()?.join(if release { "release" } else { "debug" });
    let program = |name: &str| {
        let path = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        if !path.is_file() {
            bail!("cargo has built {name}, but it is not at {}", path.display());
        }
        Ok(path)
    };
    Ok(Programs { mediad: program("mediad")?, quickstart: program("examples/quickstart")? })
}

/// The directory that cargo builds into, wherever it was told to.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let this = env::current_exe().context("finding out where this program is")?;
    let target = this.parent().and_then(Path::parent);
    Ok(target.context("this program was not built by cargo")?.to_owned())
}

/// Runs a command to its end.
///
/// # Errors
///
/// It cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("starting {shown}"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}

/// Runs a command instead of this program: it gets the signals, and its exit code is ours.
///
/// # Errors
///
/// It cannot be started.
pub(crate) fn become_program(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    #[cfg(unix)]
    let error = std::os::unix::process::CommandExt::exec(command);
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    };
    Err(error).with_context(|| format!("starting {shown}"))
}

/// As typed into a shell, but for quotes.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
