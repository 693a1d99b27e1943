//! What a server costs: read from `/proc`.

use std::fs;

use anyhow::Context as _;

/// The first processor serves, the second asks.
pub(crate) const SERVER_CORE: &str = "0";
pub(crate) const CLIENT_CORE: &str = "1";

/// CPU time of a process and of those that it has started, in seconds, to the nanosecond.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let mut nanoseconds = 0u64;
    let mut processes = vec![pid];
    while let Some(pid) = processes.pop() {
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            // A thread may end meanwhile.
            if let Ok(text) = fs::read_to_string(task.join("schedstat")) {
                let spent = text.split(' ').next().and_then(|spent| spent.parse::<u64>().ok());
                nanoseconds += spent.with_context(|| format!("{text:?} is no schedstat"))?;
            }
            let children = fs::read_to_string(task.join("children")).unwrap_or_default();
            processes.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    Ok(nanoseconds as f64 / 1e9)
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
