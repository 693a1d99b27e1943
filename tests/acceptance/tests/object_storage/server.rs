//! Emulators of object stores, as processes that tell what they are asked for.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use acceptance::{Connection, Service, eventually, outside};
use serde_json::Value as Json;

/// Where there is no object.
const LAST: &str = "/nothing/last";

/// A GET of an object.
#[derive(Clone, Debug)]
pub(crate) struct Get {
    pub(crate) path: String,
    /// How many bytes, if it is of a range.
    pub(crate) length: Option<u64>,
}

/// An emulator that can be started.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Emulator {
    /// Azurite, Microsoft's of Azure Storage.
    Azurite,
    /// moto, of S3.
    Moto,
}

/// A running emulator with an empty container.
pub(crate) struct ObjectServer {
    emulator: Emulator,
    said: Json,
    gets: Arc<Mutex<Vec<Get>>>,
    process: Child,
    /// It ends when this closes.
    stdin: Option<ChildStdin>,
}

impl Emulator {
    /// Starts it; `None`, loudly, if it is not installed and cannot be, unless `NO_SKIP` is set.
    pub(crate) fn start(self) -> Option<ObjectServer> {
        match self.command() {
            Ok(command) => Some(ObjectServer::start(self, command)),
            Err(problem) => {
                outside::skip(&format!("object storage with {self:?}"), &problem);
                None
            }
        }
    }

    /// The command that starts it.
    fn command(self) -> Result<Command, String> {
        let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../live/servers");
        let command = |program: PathBuf, arguments: &[&str], folder| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(folder);
            command
        };
        match self {
            Self::Azurite => {
                let folder = servers.join("azurite");
                if !folder.join("node_modules/azurite").exists() {
                    return Err("`npm ci` in tests/live/servers/azurite installs it".to_owned());
                }
                Ok(command("node".into(), &["blobs.js"], folder))
            }
            Self::Moto => {
                // Installed by one test while others wait.
                static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
                let folder = servers.join("moto");
                let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto");
                let install = || outside::python(&environment, &folder.join("requirements.txt"));
                let python = PYTHON.get_or_init(install).clone()?;
                // Nothing is written beside the sources.
                Ok(command(python, &["-B", "main.py"], folder))
            }
        }
    }
}

impl ObjectServer {
    fn start(emulator: Emulator, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdin = process.stdin.take();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it gets ready").unwrap();
        let said = serde_json::from_str(&first).expect("a line of JSON");
        let gets: Arc<Mutex<Vec<Get>>> = Arc::default();
        let log = Arc::clone(&gets);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let told: Json = serde_json::from_str(&line).expect("a line of JSON");
                let path = told["get"].as_str().unwrap().to_owned();
                let length = told["range"].as_str().and_then(length_of);
                log.lock().unwrap().push(Get { path, length });
            }
        });
        Self { emulator, said, gets, process, stdin }
    }

    fn said(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap()
    }

    /// What mediad has to know to use it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, &str)> {
        match self.emulator {
            Emulator::Azurite => vec![
                ("AZURE_ENDPOINT", self.said("endpoint")),
                ("AZURE_STORAGE_ACCOUNT_NAME", self.said("account")),
                ("AZURE_STORAGE_ACCOUNT_KEY", self.said("key")),
                ("AZURE_ALLOW_HTTP", "true"),
            ],
            Emulator::Moto => vec![
                ("AWS_ENDPOINT", self.said("endpoint")),
                ("AWS_ACCESS_KEY_ID", self.said("key")),
                ("AWS_SECRET_ACCESS_KEY", self.said("secret")),
                ("AWS_REGION", self.said("region")),
                ("AWS_ALLOW_HTTP", "true"),
            ],
        }
    }

    /// The URL of a folder in its container.
    pub(crate) fn url(&self) -> String {
        match self.emulator {
            Emulator::Azurite => format!("az://{}/some/folder", self.said("container")),
            Emulator::Moto => format!("s3://{}/some/folder", self.said("bucket")),
        }
    }

    /// A service that keeps its objects there.
    pub(crate) fn service(&self, arguments: &[&str]) -> Service {
        let url = self.url();
        Service::start_in(&self.environment(), &[&["--objects", url.as_str()], arguments].concat())
    }

    /// What was asked for since the last call.
    pub(crate) fn take_gets(&self) -> Vec<Get> {
        // What is told comes by another way than answers: this request is told last.
        let signed = format!("Credential={}/", self.said("key"));
        Connection::request(self.said("endpoint"), "GET", LAST, &[("authorization", &signed)]);
        eventually(Duration::from_secs(20), "all requests are told", || {
            let mut gets = self.gets.lock().unwrap();
            gets.pop_if(|get| get.path == LAST)?;
            Some(std::mem::take(&mut *gets))
        })
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn length_of(range: &str) -> Option<u64> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    Some(last.parse::<u64>().ok()? + 1 - first.parse::<u64>().ok()?)
}
