//! Puts the clients beside their programs, once for each set of pins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use acceptance::outside::{self, run};

/// `tests/clients`.
pub(crate) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
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
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients-python");
    let install = || outside::python(&environment, &clients().join("requirements.txt"));
    PYTHON.get_or_init(install).clone()
}
