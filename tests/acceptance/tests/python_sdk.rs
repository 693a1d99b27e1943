//! A client that nobody wrote for this service: `azure-storage-blob` from PyPI uploads and
//! downloads through the URL of a SAS locator.

#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use acceptance::{Service, percent};

/// `tests/python`.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../python")
}

fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(output),
        false => Err(format!(
            "{command:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// The Python of a virtual environment with the pinned packages, made once for each set of pins.
fn python() -> Result<PathBuf, String> {
    let requirements = scripts().join("requirements.txt");
    let pins = std::fs::read_to_string(&requirements).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let (python, done) = (folder.join("bin/python"), folder.join("installed.txt"));
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(&python).args(install).arg(&requirements))?;
    std::fs::write(&done, pins).unwrap();
    Ok(python)
}

#[test]
fn azure_storage_blob() {
    let python = match python() {
        Ok(python) => python,
        Err(problem) if std::env::var_os("NO_SKIP").is_some() => {
            panic!("with NO_SKIP, azure-storage-blob has to be tested: {problem}")
        }
        Err(problem) => {
            // Past the test runner, which shows nothing of tests that pass.
            let _ = writeln!(
                std::io::stderr(),
                "\nSKIPPED: azure-storage-blob was not tested: Python 3 with venv, and PyPI, are \
                 needed to install it (Debian/Ubuntu: `apt install python3-venv`)\n{problem}\n"
            );
            return;
        }
    };
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("python");
    let sas = api.sas(&asset, 15);
    let url = sas["Path"].as_str().unwrap();
    let output = run(Command::new(python).arg(scripts().join("blob_sdk.py")).arg(url)).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.lines().last(), Some("done"), "{said}");
    // The API sees what Python has put there.
    api.get(&format!("CreateFileInfos?assetid='{}'", percent(&asset))).send().expect(204);
    let files =
        api.get(&format!("Assets('{}')/Files?$orderby=Name", percent(&asset))).send().feed();
    let found: Vec<_> = files
        .iter()
        .map(|file| (file["Name"].as_str().unwrap(), file["ContentFileSize"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("blocks.mp4", "5000000"), ("single.mp4", "300000")]);
}
