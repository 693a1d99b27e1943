//! Azurite, Microsoft's emulator of Azure Storage, as a process that tells what it is asked for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value as Json;

/// A GET of an object.
#[derive(Clone, Debug)]
pub(crate) struct Get {
    pub(crate) path: String,
    /// How many bytes, if it is of a range.
    pub(crate) length: Option<u64>,
}

/// A running Azurite with an empty container.
pub(crate) struct Azurite {
    said: Json,
    gets: Arc<Mutex<Vec<Get>>>,
    process: Child,
    /// It ends when this closes.
    stdin: Option<ChildStdin>,
}

impl Azurite {
    /// Starts it; `None`, loudly, if its packages are not installed, unless `NO_SKIP` is set.
    pub(crate) fn start() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../live/servers/azurite");
        if !folder.join("node_modules/azurite").exists() {
            let missing = "Azurite is not installed: `npm ci` in tests/live/servers/azurite";
            assert!(std::env::var_os("NO_SKIP").is_none(), "{missing}");
            let _ = writeln!(std::io::stderr(), "\nSKIPPED: {missing}\n");
            return None;
        }
        let mut process = Command::new("node")
            .arg("blobs.js")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starting node");
        let stdin = process.stdin.take();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().expect("Azurite gets ready").unwrap();
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
        Some(Self { said, gets, process, stdin })
    }

    /// What mediad has to know to use it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, &str)> {
        let said = |name: &str| self.said[name].as_str().unwrap();
        vec![
            ("AZURE_ENDPOINT", said("endpoint")),
            ("AZURE_STORAGE_ACCOUNT_NAME", said("account")),
            ("AZURE_STORAGE_ACCOUNT_KEY", said("key")),
            ("AZURE_ALLOW_HTTP", "true"),
        ]
    }

    /// The URL of a folder in its container.
    pub(crate) fn url(&self) -> String {
        format!("az://{}/some/folder", self.said["container"].as_str().unwrap())
    }

    /// What was asked for since the last call.
    pub(crate) fn take_gets(&self) -> Vec<Get> {
        std::mem::take(&mut *self.gets.lock().unwrap())
    }
}

impl Drop for Azurite {
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
