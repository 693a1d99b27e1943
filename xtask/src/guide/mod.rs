//! `cargo xtask guide`: the commands and programs of the guide, run as they are printed.
//!
//! Blocks of `sh` are run one after another in one directory; a block of `rust` behind them is
//! compiled against the crate that its first line names. The services that the guide names are
//! replaced by a server with small documents of the same kind.

mod blocks;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{cargo, root};
use blocks::Language;
use server::Server;

/// The guide.
const GUIDE: &str = "docs/services.md";
/// Where the documents of its services are.
const DOCUMENTS: &str = "docs/documents";

/// The services that the guide names, and the document that each offers, without `.xml`.
const SERVICES: [(&str, &str); 4] = [
    ("https://services.odata.org/V4/Northwind/Northwind.svc", "northwind"),
    ("https://YOUR_ORG.crm.dynamics.com/api/data/v9.2", "dynamics"),
    ("https://YOUR_HOST/sap/opu/odata/sap/API_PARTNER", "sap"),
    ("https://graph.microsoft.com/v1.0", "graph"),
];

/// Run the commands of docs/services.md, and compile its programs
///
/// They run in target/guide, against a server on this machine that stands in for the services.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Runs.
///
/// # Errors
///
/// A command fails, or a program does not compile.
pub(crate) fn run(_: &Arguments) -> anyhow::Result<()> {
    let text =
        fs::read_to_string(root().join(GUIDE)).with_context(|| format!("reading {GUIDE}"))?;
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--package", "odata-codegen"]))?;
    let place = Place::new()?;
    let server = Server::start(root().join(DOCUMENTS))?;
    let mut examples = 0;
    for block in blocks::read(&text) {
        let what = format!("{GUIDE}:{}", block.line);
        match &block.language {
            Language::Shell => place.shell(&server.localised(&block.text, &SERVICES)),
            Language::Rust { package } => {
                examples += 1;
                place.example(package, examples, &block.text)
            }
        }
        .with_context(|| what.clone())?;
        eprintln!("{what} works");
    }
    place.check()
}

/// The directory in which the guide is followed.
struct Place {
    folder: PathBuf,
    target: PathBuf,
}

impl Place {
    /// An empty directory, so that every run begins where a reader does.
    fn new() -> anyhow::Result<Self> {
        let target = cargo::target()?;
        let folder = target.join("guide");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context("removing what an earlier run has left");
            }
            _ => {}
        }
        fs::create_dir_all(&folder).context("making a directory for the guide")?;
        Ok(Self { folder, target })
    }

    fn shell(&self, script: &str) -> anyhow::Result<()> {
        let programs = self.target.join("debug");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)))?;
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("ODATA_CODEGEN_CACHE", self.folder.join("cache"))
            .env("RUNTIME", root())
            .env("NO_PROXY", "*");
        let status = command.status().context("starting bash")?;
        if !status.success() {
            bail!("it fails: {status}\n{script}");
        }
        Ok(())
    }

    /// Writes a program as an example of a generated crate.
    fn example(&self, package: &str, number: usize, program: &str) -> anyhow::Result<()> {
        let manifest = self.folder.join(package).join("Cargo.toml");
        if !manifest.is_file() {
            bail!("no crate `{package}` was generated before it");
        }
        let path = self.folder.join(package).join(format!("examples/guide{number}.rs"));
        write(&path, program)
    }

    /// Compiles all crates with their programs, as one workspace, so that what they depend on is
    /// compiled once.
    fn check(&self) -> anyhow::Result<()> {
        let mut members = Vec::new();
        for entry in fs::read_dir(&self.folder).context("listing what was generated")? {
            let path = entry?.path();
            if path.join("Cargo.toml").is_file() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                members.push(format!("{name:?}"));
            }
        }
        members.sort();
        let members = members.join(", ");
        let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n");
        write(&self.folder.join("Cargo.toml"), &workspace)?;
        let lock = self.folder.join("Cargo.lock");
        fs::copy(root().join("Cargo.lock"), lock).context("copying Cargo.lock")?;
        let mut command = cargo::cargo(&["check", "--workspace", "--all-targets"]);
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        cargo::run(&mut command)
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
