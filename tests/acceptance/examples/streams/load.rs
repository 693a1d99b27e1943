//! Load: wrk, which asks for a list of paths over and over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::process::{CLIENT_CORE, Used};

/// Connections at the same time.
const CONNECTIONS: &str = "16";

/// Where [`SCRIPT`] is, in the folder of the benchmark.
const SCRIPT_FILE: &str = "load.lua";

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

/// A server, and what it is asked for.
pub(crate) struct Target<'a> {
    folder: &'a Path,
    address: &'a str,
    pid: u32,
    list: PathBuf,
}

impl<'a> Target<'a> {
    /// The server at `address`, whose process is `pid`. Asks it for the paths for a moment: what is
    /// asked for first is read from disks and looked up; that is measured elsewhere.
    pub(crate) fn warm(
        folder: &'a Path,
        address: &'a str,
        pid: u32,
        paths: &[String],
    ) -> anyhow::Result<Self> {
        fs::write(folder.join(SCRIPT_FILE), SCRIPT)?;
        let list = folder.join(format!("paths-{pid}"));
        fs::write(&list, paths.join("\n"))?;
        let target = Self { folder, address, pid, list };
        target.wrk(2)?;
        Ok(target)
    }

    fn wrk(&self, seconds: u32) -> anyhow::Result<String> {
        let output = Command::new("taskset")
            .args(["-c", CLIENT_CORE, "wrk", "-t1", "-c", CONNECTIONS, "--timeout", "10s"])
            .args(["-d", &format!("{seconds}s"), "-s"])
            .arg(self.folder.join(SCRIPT_FILE))
            .arg(format!("http://{}", self.address))
            .env("PATHS", &self.list)
            .output()
            .context("running taskset")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "wrk: {}", String::from_utf8_lossy(&output.stderr));
        Ok(text)
    }
}

impl Load {
    /// Asks for the paths in turn.
    pub(crate) fn of(target: &Target<'_>, seconds: u32) -> anyhow::Result<Self> {
        let before = Used::by(target.pid)?;
        let text = target.wrk(seconds)?;
        let cpu_seconds = Used::by(target.pid)?.since(&before);
        let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let numbers: Vec<f64> = line
            .with_context(|| format!("wrk has no result: {text}"))?
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [requests, bytes, microseconds, p50, p99, failed] = numbers[..] else {
            anyhow::bail!("wrk says {numbers:?}");
        };
        ensure!(failed == 0.0, "{failed} requests to {} failed", target.address);
        let seconds = microseconds / 1e6;
        Ok(Self { requests, bytes, seconds, p50: p50 / 1e3, p99: p99 / 1e3, cpu_seconds })
    }

    /// Asks several servers in turn, in so many rounds; gives of each the round with the median of
    /// what it sent for a second of its processor.
    pub(crate) fn medians(
        targets: &[Target<'_>],
        rounds: usize,
        seconds: u32,
    ) -> anyhow::Result<Vec<Self>> {
        let mut loads = vec![Vec::new(); targets.len()];
        for _ in 0..rounds {
            for (target, loads) in targets.iter().zip(&mut loads) {
                loads.push(Self::of(target, seconds)?);
            }
        }
        let median = |mut loads: Vec<Self>| {
            loads.sort_by(|one, other| {
                one.megabytes_per_cpu_second().total_cmp(&other.megabytes_per_cpu_second())
            });
            loads.get((loads.len().max(1) - 1) / 2).copied().context("no round")
        };
        loads.into_iter().map(median).collect()
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
