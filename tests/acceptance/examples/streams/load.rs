//! Load: wrk, which asks for a list of paths over and over.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::process::{CLIENT_CORE, Used};

/// Connections at the same time.
const CONNECTIONS: &str = "16";

/// Asks for one path after another, and prints what came of it.
const SCRIPT: &str = r#"
local paths, at = {}, 0
for path in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = path end
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("RESULT %d %d %d %d %d %d", summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
"#;

/// What a server did under load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: f64,
    pub(crate) bytes: f64,
    pub(crate) seconds: f64,
    /// In milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Of the server.
    pub(crate) cpu_seconds: f64,
}

impl Load {
    /// Asks the server at `address` for `paths` in turn; `pid` is its process.
    pub(crate) fn run(
        folder: &Path,
        address: &str,
        pid: u32,
        paths: &[String],
        seconds: u32,
    ) -> anyhow::Result<Self> {
        let (script, list) = (folder.join("load.lua"), folder.join("paths"));
        fs::write(&script, SCRIPT)?;
        fs::write(&list, paths.join("\n"))?;
        let wrk = |seconds: u32| -> anyhow::Result<String> {
            let output = Command::new("taskset")
                .args(["-c", CLIENT_CORE, "wrk", "-t1", "-c", CONNECTIONS, "--timeout", "10s"])
                .args(["-d", &format!("{seconds}s"), "-s"])
                .arg(&script)
                .arg(format!("http://{address}"))
                .env("PATHS", &list)
                .output()
                .context("running taskset")?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            ensure!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
            Ok(text)
        };
        // What is asked for first is read from disks and looked up; that is measured elsewhere.
        wrk(2)?;
        let before = Used::by(pid)?;
        let text = wrk(seconds)?;
        let cpu_seconds = Used::by(pid)?.since(&before);
        let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let numbers: Vec<f64> = line
            .with_context(|| format!("wrk has no result: {text}"))?
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [requests, bytes, microseconds, p50, p99, failed] = numbers[..] else {
            anyhow::bail!("wrk says {numbers:?}");
        };
        ensure!(failed == 0.0, "{failed} requests to {address} failed");
        let seconds = microseconds / 1e6;
        Ok(Self { requests, bytes, seconds, p50: p50 / 1e3, p99: p99 / 1e3, cpu_seconds })
    }

    /// MB that the server sends in a second of its processor.
    pub(crate) fn megabytes_per_cpu_second(&self) -> f64 {
        self.bytes / 1e6 / self.cpu_seconds
    }

    /// For programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "requests_per_s": self.requests / self.seconds,
            "mb_per_s": self.bytes / 1e6 / self.seconds,
            "p50_ms": self.p50,
            "p99_ms": self.p99,
            "cpu_us_per_request": self.cpu_seconds * 1e6 / self.requests,
            "requests_per_cpu_s": self.requests / self.cpu_seconds,
            "mb_per_cpu_s": self.megabytes_per_cpu_second(),
        })
    }
}
