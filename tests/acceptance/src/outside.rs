//! Programs that others wrote: installed, run, and what happens where they cannot be.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long any of them may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Says that something was not tested; with `NO_SKIP` that is a failure.
///
/// # Panics
///
/// With `NO_SKIP`.
pub fn skip(name: &str, problem: &str) {
    assert!(
        std::env::var_os("NO_SKIP").is_none(),
        "with NO_SKIP, {name} has to be tested: {problem}"
    );
    // Past the test runner, which shows nothing of tests that pass.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: {name} was not tested: {problem}\n");
}

/// What a command says on stdout.
///
/// # Errors
///
/// It cannot be started, fails, or takes minutes; with all that it says.
pub fn run(command: &mut Command) -> Result<String, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, receiver) = mpsc::channel();
    // Nobody receives what comes too late.
    thread::spawn(move || _ = sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(PATIENCE) else {
        // It may just have ended.
        let _ = pid.map(|pid| kill_process(pid, Signal::KILL));
        return Err(format!("{command:?} did not end in {PATIENCE:?}"));
    };
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(said),
        false => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{command:?}: {}\n{said}{errors}", output.status))
        }
    }
}

/// The Python of a virtual environment with the packages that a file pins, made once for each set
/// of pins.
///
/// # Errors
///
/// There is no Python that can make one, or the packages cannot be had.
pub fn python(environment: &Path, requirements: &Path) -> Result<PathBuf, String> {
    let pins = fs::read_to_string(requirements).map_err(|error| error.to_string())?;
    let (python, done) = (environment.join("bin/python"), environment.join("installed.txt"));
    if fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment)).map_err(
        |problem| {
            format!("python3 with venv is needed (Debian: apt install python3-venv): {problem}")
        },
    )?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(requirements))
        .map_err(|problem| format!("PyPI is needed: {problem}"))?;
    fs::write(&done, pins).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Has a command reach this machine without a proxy.
pub fn without_proxy(command: &mut Command) -> &mut Command {
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    command
}
