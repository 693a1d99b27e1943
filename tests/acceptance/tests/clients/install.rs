//! Puts the clients beside their programs, once for each set of pins.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// `tests/clients`.
pub(crate) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

/// Says that a client was not tested; with `NO_SKIP` that is a failure.
pub(crate) fn skip(name: &str, problem: &str) {
    assert!(
        std::env::var_os("NO_SKIP").is_none(),
        "with NO_SKIP, {name} has to be tested: {problem}"
    );
    // Past the test runner, which shows nothing of tests that pass.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: {name} was not tested: {problem}\n");
}

/// Node, with the clients installed.
pub(crate) fn node() -> Result<PathBuf, String> {
    static NODE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    NODE.get_or_init(|| {
        let directory = clients();
        let modified =
            |name| fs::metadata(directory.join(name)).and_then(|file| file.modified()).ok();
        // npm writes the first when all is there. What is not there is older than anything.
        if modified("node_modules/.package-lock.json") < modified("package-lock.json") {
            // No script of a package is run: nothing of what is needed has to be built.
            let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
            run(Command::new("npm").args(arguments).current_dir(directory))
                .map_err(|problem| format!("node, npm and its registry are needed: {problem}"))?;
        }
        Ok(PathBuf::from("node"))
    })
    .clone()
}

/// The Python of a virtual environment with the clients.
pub(crate) fn python() -> Result<PathBuf, String> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PYTHON.get_or_init(install_python).clone()
}

fn install_python() -> Result<PathBuf, String> {
    let requirements = clients().join("requirements.txt");
    let pins = fs::read_to_string(&requirements).map_err(|error| error.to_string())?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients-python");
    let (python, done) = (folder.join("bin/python"), folder.join("installed.txt"));
    if fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).map_err(
        |problem| {
            format!("python3 with venv is needed (Debian: apt install python3-venv): {problem}")
        },
    )?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(&requirements))
        .map_err(|problem| format!("PyPI is needed: {problem}"))?;
    fs::write(&done, pins).map_err(|error| error.to_string())?;
    Ok(python)
}

/// What a command says on stdout.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(said),
        false => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{}\n{said}{errors}", output.status))
        }
    }
}
