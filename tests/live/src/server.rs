//! A server as a process: started when a test needs it first, ended with the tests.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;

use crate::install;

/// How long a server may take to be ready. Node reads some thousand files first.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of a log is shown when a test fails.
const LINES: usize = 40;

/// A server that can be installed and started: a directory of `servers`.
pub struct Program {
    directory: &'static str,
    runs_on: Runtime,
    running: OnceLock<Option<Running>>,
}

/// What runs a program.
pub(crate) enum Runtime {
    /// Packages of npm, and `main.js`.
    Node,
    /// Packages of PyPI, and `main.py`.
    Python,
}

/// SAP CAP with its V2 adapter.
pub static CAP: Program = Program::new("cap", Runtime::Node);
/// odatapy.
pub static ODATAPY: Program = Program::new("odatapy", Runtime::Python);
/// The tables of Azurite.
pub static AZURITE: Program = Program::new("azurite", Runtime::Node);

/// A process.
struct Running {
    /// What it said of itself.
    said: Json,
    log: File,
    /// It ends when this closes, which happens when this process is gone, however it went.
    _stdin: ChildStdin,
}

/// A server that runs. Shows the end of its log if the test that has it fails.
pub struct Server(&'static Running);

impl Program {
    const fn new(directory: &'static str, runs_on: Runtime) -> Self {
        Self { directory, runs_on, running: OnceLock::new() }
    }

    /// The server, which is installed and started if this is the first test to ask. None if it
    /// cannot be installed here, which is said loudly; the test is to be skipped then.
    ///
    /// # Panics
    ///
    /// It cannot be installed though `NO_SKIP` is set, or does not start.
    pub fn server(&'static self) -> Option<Server> {
        let running = self.running.get_or_init(|| match self.install() {
            Ok(command) => Some(Running::start(command)),
            Err(problem) if std::env::var_os("NO_SKIP").is_some() => {
                panic!("with NO_SKIP, {} has to be tested: {problem}", self.directory)
            }
            Err(problem) => {
                // Past the test runner, which shows nothing of tests that pass.
                let _ = writeln!(
                    std::io::stderr(),
                    "\nSKIPPED: no client was tested with {}: {problem}\n",
                    self.directory
                );
                None
            }
        });
        running.as_ref().map(Server)
    }

    /// The command that starts the program.
    fn install(&self) -> Result<Command, String> {
        let directory = install::servers().join(self.directory);
        let mut command = match self.runs_on {
            Runtime::Node => {
                let mut command = Command::new(install::node(&directory)?);
                command.arg("main.js");
                command
            }
            Runtime::Python => {
                let mut command = Command::new(install::python(&directory)?);
                // Nothing is written beside the sources.
                command.args(["-B", "main.py"]);
                command
            }
        };
        command.current_dir(directory).env("NO_COLOR", "1");
        Ok(command)
    }
}

impl Running {
    fn start(mut command: Command) -> Self {
        let log = tempfile::tempfile().expect("making a log");
        let stderr = log.try_clone().expect("sharing the log");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdin = child.stdin.take().expect("stdin is piped");
        let Some(said) = first_line(&mut child) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{command:?} did not get ready in {PATIENCE:?}:\n{}", tail(&log));
        };
        Self { said, log, _stdin: stdin }
    }
}

/// What a server says once it is ready; none if it ends before, or takes too long.
fn first_line(child: &mut Child) -> Option<Json> {
    let stdout = child.stdout.take().expect("stdout is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let _ = stdout.read_line(&mut line);
        let _ = sender.send(line);
        // A full pipe would stop a server that says more.
        let _ = std::io::copy(&mut stdout, &mut std::io::sink());
    });
    serde_json::from_str(&receiver.recv_timeout(PATIENCE).ok()?).ok()
}

impl Server {
    /// The root of a service, by the name that the program gives it.
    ///
    /// # Panics
    ///
    /// The program has not said a root of that name.
    pub fn root(&self, name: &str) -> &str {
        let root = self.0.said[name].as_str();
        root.unwrap_or_else(|| panic!("there is no {name} in {}", self.0.said))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the end of the log of the server:\n{}", tail(&self.0.log));
        }
    }
}

/// The end of a log.
fn tail(log: &File) -> String {
    let mut text = Vec::new();
    // The position is shared with the server, which appends: it is at the end again after reading.
    let mut log = log;
    let _ = log.seek(SeekFrom::Start(0));
    let _ = log.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
