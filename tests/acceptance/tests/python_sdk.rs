//! A client that nobody wrote for this service: `azure-storage-blob` from PyPI uploads and
//! downloads through the URL of a SAS locator.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::outside::{self, run};
use acceptance::{Service, percent};

/// `tests/python`.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../python")
}

#[test]
fn azure_storage_blob() {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = match outside::python(&environment, &scripts().join("requirements.txt")) {
        Ok(python) => python,
        Err(problem) => return outside::skip("azure-storage-blob", &problem),
    };
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("python");
    let sas = api.sas(&asset, 15);
    let url = sas["Path"].as_str().unwrap();
    let said = run(Command::new(python).arg(scripts().join("blob_sdk.py")).arg(url)).unwrap();
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
