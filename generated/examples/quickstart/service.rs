//! The media service, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use azure_media::{MediaServices, auth::AadTokens};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A service has this long to answer its first request, and to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the service prints when it is ready.
#[derive(Clone, Deserialize)]
pub(crate) struct Ready {
    /// Root of the API.
    pub(crate) api: String,
    /// URL of the token endpoint.
    pub(crate) token: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// A service that runs.
pub(crate) struct Mediad {
    child: Child,
    pub(crate) ready: Ready,
}

impl Mediad {
    /// Starts it on a free port of this machine and waits until it is ready.
    pub(crate) async fn start(program: Option<&Path>, data: &Path) -> anyhow::Result<Self> {
        let program = program.map_or_else(beside_this_program, Path::to_owned);
        // Its log goes where ours goes: only what is wrong, unless more is asked for.
        let log = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned());
        let mut child = Command::new(&program)
            .env("RUST_LOG", log)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!(
                    "cannot start {}: build it with `cargo build`, or say --mediad PATH",
                    program.display()
                )
            })?;
        let stdout = child.stdout.take().context("the service has no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            bail!("{} did not say that it is ready", program.display());
        };
        let ready = serde_json::from_str(&line)
            .with_context(|| format!("{} said something else than expected", program.display()))?;
        // What else it prints must not block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, ready })
    }

    /// A client of it.
    pub(crate) fn connect(&self) -> anyhow::Result<MediaServices> {
        let Ready { api, token, client_id, client_secret } = &self.ready;
        let tokens = AadTokens::new(token, client_id.as_str(), client_secret.as_str())?;
        Ok(MediaServices::connect(api, tokens)?)
    }

    /// Asks it to stop and waits for that.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(process) = id.and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
        }
        let stopped = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = stopped.context("the service does not stop")??;
        if !status.success() {
            bail!("the service ended with {status}");
        }
        Ok(())
    }
}

/// `target/debug/mediad` for `target/debug/examples/quickstart`; or by PATH.
fn beside_this_program() -> PathBuf {
    let this = std::env::current_exe().unwrap_or_default();
    let folders = this.ancestors().skip(1).take(2);
    let candidates = folders.map(|folder| folder.join("mediad"));
    candidates.into_iter().find(|path| path.is_file()).unwrap_or_else(|| "mediad".into())
}
