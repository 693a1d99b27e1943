//! Puts what a server needs beside its program, once for each set of pins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `tests/live/servers`.
pub(crate) fn servers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("servers")
}

/// Node, with the packages of a directory installed.
pub(crate) fn node(directory: &Path) -> Result<PathBuf, String> {
    let node = PathBuf::from("node");
    let major = run(Command::new(&node).args(["-p", "parseInt(process.versions.node)"]))
        .map_err(|problem| format!("node 20 or newer is needed: {problem}"))?;
    if major.trim().parse::<u32>().is_ok_and(|major| major < 20) {
        return Err(format!("node 20 or newer is needed, {} is there", major.trim()));
    }
    let modified = |name| fs::metadata(directory.join(name)).and_then(|file| file.modified()).ok();
    // npm writes the first when all is there. What is not there is older than anything.
    if modified("node_modules/.package-lock.json") < modified("package-lock.json") {
        // No script of a package is run: nothing of what is needed has to be built.
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        run(Command::new("npm").args(arguments).current_dir(directory))
            .map_err(|problem| format!("npm and its registry are needed: {problem}"))?;
    }
    Ok(node)
}

/// The Python of a virtual environment with the packages of a directory.
pub(crate) fn python(directory: &Path) -> Result<PathBuf, String> {
    let environment = directory.join(".venv");
    let python = environment.join("bin/python");
    let requirements = directory.join("requirements.txt");
    let pins = text(&requirements)?;
    let done = environment.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment)).map_err(
        |problem| {
            format!("python3 with venv is needed (Debian: apt install python3-venv): {problem}")
        },
    )?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(&requirements))
        .map_err(|problem| format!("PyPI is needed: {problem}"))?;
    fs::write(&done, pins).map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(python)
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// What a command says on stdout.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
