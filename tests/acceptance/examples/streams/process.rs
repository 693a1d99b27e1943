//! What a server costs: read from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use acceptance::cpu_time;
use anyhow::Context as _;

/// The first processor serves, the second asks.
pub(crate) const SERVER_CORE: &str = "0";
pub(crate) const CLIENT_CORE: &str = "1";

/// How far off [`Used::all`] can be: two of its units, of the time in programs and of that in the
/// kernel, for each of two processes.
const COARSE: Duration = Duration::from_millis(40);

/// What a process and those that it has started have used of processors, up to a moment.
pub(crate) struct Used {
    /// By each thread that there is, in nanoseconds.
    threads: BTreeMap<u32, u64>,
    /// By all that there ever were, in hundredths of a second.
    all: Duration,
}

impl Used {
    pub(crate) fn by(pid: u32) -> anyhow::Result<Self> {
        let mut used = Self { threads: BTreeMap::new(), all: Duration::ZERO };
        let mut processes = vec![pid];
        while let Some(pid) = processes.pop() {
            used.all += cpu_time(pid);
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let task = task?;
                let thread = task.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
                // A thread may end meanwhile.
                if let Ok(text) = fs::read_to_string(task.path().join("schedstat")) {
                    let spent = text.split(' ').next().and_then(|spent| spent.parse::<u64>().ok());
                    let spent = thread.zip(spent);
                    used.threads
                        .extend([spent.with_context(|| format!("{text:?} is no schedstat"))?]);
                }
                let children = fs::read_to_string(task.path().join("children"));
                let children = children.unwrap_or_default();
                processes
                    .extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
            }
        }
        Ok(used)
    }

    /// What has been used from `before` on, in seconds.
    pub(crate) fn since(&self, before: &Self) -> f64 {
        let of = |(thread, spent): (&u32, &u64)| {
            spent.saturating_sub(before.threads.get(thread).copied().unwrap_or_default())
        };
        let threads: u64 = self.threads.iter().map(of).sum();
        // What threads have used that ended meanwhile is only in the coarse figure.
        let all = self.all.saturating_sub(before.all).saturating_sub(COARSE);
        (threads as f64 / 1e9).max(all.as_secs_f64())
    }
}

/// What a process has in memory now, and had at most, in MiB.
pub(crate) fn memory(pid: u32) -> anyhow::Result<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib >> 10).with_context(|| format!("there is no {name} of process {pid}"))
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}
