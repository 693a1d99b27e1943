//! Clients that nobody wrote for this service, unchanged from their registries: each takes a video
//! from a file to a stream. The programs that call them are in `tests/clients`.
//!
//! They have Azure's host names in them. The service goes by those names over TLS, and the client
//! process is led to its address; see `tests/clients/redirect`.

#![allow(clippy::unwrap_used)]

mod install;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use acceptance::outside::{run, skip, without_proxy};
use acceptance::{Service, video};
use install::clients;
use tempfile::TempDir;

/// What all clients of this file share.
struct Shared {
    service: Service,
    folder: TempDir,
    video: PathBuf,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let service = Service::start_with(&[
            "--x264-preset",
            "ultrafast",
            "--listen",
            "127.0.0.1:0",
            "--listen-tls",
            "127.0.0.1:0",
            "--tls-self-signed",
            "--tls-host",
            "media.windows.net",
            "--api-url",
            "https://mediad.restv2.westus.media.azure.net",
            "--token-url",
            "https://wamsprodglobal001acs.accesscontrol.windows.net",
            "--blob-url",
            "https://mediad.blob.core.windows.net",
            "--streaming-url",
            "https://mediad.streaming.mediaservices.windows.net",
        ]);
        // None of the clients can do that: it was done in the portal.
        service.api.endpoint("Running");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input.mp4");
        std::fs::write(&path, video("320x180", 4)).unwrap();
        Shared { service, folder, video: path }
    })
}

/// Runs a program with a client; skips it where that cannot be installed.
fn client(name: &str, program: Result<Command, String>) {
    let mut command = match program {
        Ok(command) => command,
        Err(problem) => return skip(name, &problem),
    };
    let Shared { service, folder, video } = shared();
    let info = &service.info;
    let ca = info.ca.as_ref().unwrap();
    command
        .current_dir(clients())
        .env("MEDIAD", &info.listen_tls[0])
        .env("API", &info.api)
        .env("CLIENT_ID", &info.account)
        .env("CLIENT_SECRET", &info.client_secret)
        .env("VIDEO", video)
        .env("FOLDER", folder.path())
        .env("NODE_EXTRA_CA_CERTS", ca)
        .env("REQUESTS_CA_BUNDLE", ca)
        .env("PYTHONPATH", clients().join("redirect"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*");
    let said =
        run(without_proxy(&mut command)).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    assert_eq!(said.lines().last(), Some("done"), "{said}");
}

/// A program for node, with what leads it to the service.
fn node(program: &str) -> Result<Command, String> {
    let mut command = Command::new(install::node()?);
    command.args(["--no-deprecation", "--require", "./redirect/node.cjs", program]);
    Ok(command)
}

fn python(program: &str) -> Result<Command, String> {
    let mut command = Command::new(install::python()?);
    command.args(["-W", "ignore", program]);
    Ok(command)
}

#[test]
fn npm_azure_media() {
    client("npm azure-media", node("azure-media.js"));
}

#[test]
fn npm_node_azure_media() {
    client("npm node-azure-media", node("node-azure-media.js"));
}

#[test]
fn pypi_amspy() {
    client("PyPI amspy", python("run_amspy.py"));
}

#[test]
fn pypi_azurerm() {
    client("PyPI azurerm", python("run_azurerm.py"));
}
