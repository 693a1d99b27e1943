//! The service as a process: started, killed, started again, ended.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::http::Api;

/// How long a service may take to be ready, and to end when told to.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends what is left of a test process: its standard input closes when that is gone.
const WATCHDOG: &str = "read -r _; kill -TERM \"$1\" 2>/dev/null; n=0; \
    while kill -0 \"$1\" 2>/dev/null; do \
      n=$((n+1)); [ $n -gt 50 ] && kill -KILL \"$1\" 2>/dev/null; sleep 0.2; \
    done; rm -rf -- \"$2\"";

/// What the service says of itself on stdout once it is ready.
#[derive(Clone, Debug)]
pub struct Info {
    /// Root of the API, with a slash at the end.
    pub api: String,
    /// The token endpoint, in the form of Azure AD.
    pub token: String,
    /// Root of the storage account.
    pub blob: String,
    /// Root of the streaming endpoint.
    pub streaming: String,
    /// Root of key delivery.
    pub key_delivery: String,
    /// The account's name.
    pub account: String,
    /// The account's only client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The addresses for plain HTTP.
    pub listen: Vec<String>,
    /// The addresses for TLS.
    pub listen_tls: Vec<String>,
    /// The address for monitoring, if there is one.
    pub metrics: Option<String>,
    /// The certificate that has to be trusted, if the service has made one.
    pub ca: Option<PathBuf>,
}

/// A running service; ended when dropped.
pub struct Service {
    /// What it said of itself.
    pub info: Info,
    /// Requests to it, with a good token.
    pub api: Api,
    child: Child,
    watchdog: Child,
    directory: Option<TempDir>,
}

/// A service that was ended, with all that it has stored.
pub struct Stopped {
    directory: TempDir,
    listen: String,
}

impl Service {
    /// The service that the tests of this file share: fast encoding, endpoint not started.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Service> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a service with an empty data directory and fast encoding.
    pub fn start() -> Self {
        Self::start_with(&["--x264-preset", "ultrafast"])
    }

    /// Starts a service with an empty data directory; for plain HTTP, unless told otherwise.
    pub fn start_with(arguments: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("mediad-test-").tempdir();
        let directory = directory.expect("making a temporary directory");
        let listens = |argument: &&str| argument.starts_with("--listen");
        match arguments.iter().any(listens) {
            true => Self::run(directory, &[], arguments),
            false => Self::run(directory, &["--listen", "127.0.0.1:0"], arguments),
        }
    }

    /// Starts a service with an empty data directory and fast encoding, and with more in its
    /// environment.
    pub fn start_in(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("mediad-test-").tempdir();
        let arguments = [&["--x264-preset", "ultrafast"], arguments].concat();
        let listen = ["--listen", "127.0.0.1:0"];
        Self::spawn(
            directory.expect("making a temporary directory"),
            environment,
            &listen,
            &arguments,
        )
    }

    fn run(directory: TempDir, listen: &[&str], arguments: &[&str]) -> Self {
        Self::spawn(directory, &[], listen, arguments)
    }

    fn spawn(
        directory: TempDir,
        environment: &[(&str, &str)],
        listen: &[&str],
        arguments: &[&str],
    ) -> Self {
        let log = File::options().create(true).append(true).open(directory.path().join("log"));
        let mut child = Command::new(binary())
            .args(["serve", "--data"])
            .arg(directory.path().join("data"))
            .args(listen)
            .args(arguments)
            .env("NO_COLOR", "1")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("opening the log"))
            .spawn()
            .expect("starting mediad");
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", &child.id().to_string()])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("starting the watchdog");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("reading the line of mediad");
        let Ok(said) = serde_json::from_str::<Json>(&line) else {
            panic!("mediad did not get ready:\n{}", read_log(directory.path()));
        };
        let info = Info::new(&said);
        let api = Api::connect(&info);
        Self { info, api, child, watchdog, directory: Some(directory) }
    }

    fn directory(&self) -> &Path {
        self.directory.as_ref().expect("only Drop and stopping take it").path()
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory().join("data")
    }

    /// Ends the service with SIGKILL, as a crash does.
    pub fn kill(mut self) -> Stopped {
        self.child.kill().expect("killing mediad");
        self.child.wait().expect("waiting for mediad");
        self.stopped()
    }

    /// Ends the service with SIGTERM, as an operator does.
    ///
    /// # Panics
    ///
    /// When it does not end in time.
    pub fn terminate(mut self) -> (ExitStatus, Stopped) {
        let status = self.end().expect("mediad ends when told to");
        (status, self.stopped())
    }

    fn stopped(mut self) -> Stopped {
        let listen = self.info.listen.first().expect("it listened for plain HTTP").clone();
        Stopped { directory: self.directory.take().expect("taken once"), listen }
    }

    /// Sends SIGTERM and waits; `None` if that takes too long.
    fn end(&mut self) -> Option<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)?;
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(status);
        }
        kill_process(pid, Signal::TERM).ok()?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Stopped {
    /// Starts the service again, with what it has stored, at the same address.
    pub fn start(self) -> Service {
        self.start_with(&["--x264-preset", "ultrafast"])
    }

    /// The same with arguments.
    pub fn start_with(self, arguments: &[&str]) -> Service {
        Service::run(self.directory, &["--listen", &self.listen], arguments)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // First: it must not end a process that has the same number by then.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
        if self.end().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking()
            && let Some(directory) = &self.directory
        {
            eprintln!("the log of mediad:\n{}", read_log(directory.path()));
        }
    }
}

impl Info {
    fn new(said: &Json) -> Self {
        let text = |name: &str| {
            let text = said[name].as_str();
            text.unwrap_or_else(|| panic!("the line of mediad has no {name}: {said}")).to_owned()
        };
        let addresses = |name: &str| {
            let addresses = said[name].as_array().into_iter().flatten();
            addresses.filter_map(|address| address.as_str().map(str::to_owned)).collect()
        };
        Self {
            api: text("api"),
            token: text("token"),
            blob: text("blob"),
            streaming: text("streaming"),
            key_delivery: text("key_delivery"),
            account: text("account"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            listen: addresses("listen"),
            listen_tls: addresses("listen_tls"),
            metrics: said["metrics"].as_str().map(str::to_owned),
            ca: said["ca"].as_str().map(PathBuf::from),
        }
    }
}

fn read_log(directory: &Path) -> String {
    const LINES: usize = 25;
    let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// The binary: what `MEDIAD` names, or that of this workspace, which is brought up to date once.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("MEDIAD") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    // target/{profile}/deps/{this test}
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("a test is two folders deep");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "-p", "mediad"]);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("running cargo");
    assert!(status.success(), "mediad does not build: `cargo build -p mediad` says why");
    profile.join("mediad")
}
