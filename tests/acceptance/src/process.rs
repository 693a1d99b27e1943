//! Waiting, and a look at other processes.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often [`eventually`] looks.
const LOOK: Duration = Duration::from_millis(50);

/// Waits until `look` finds something, and returns it.
///
/// # Panics
///
/// When it has found nothing for `limit`.
#[track_caller]
pub fn eventually<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "in {limit:?} it did not happen that {what}");
        sleep(LOOK);
    }
}

/// How much of processors a process and those of its children that have ended have used. Linux only.
///
/// # Panics
///
/// When there is no such process.
pub fn cpu_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // The name, in parentheses, can have spaces in it; then state is field 3: see proc(5).
    let (_, fields) = stat.rsplit_once(") ").expect("fields behind the name");
    let ticks = fields.split(' ').skip(11).take(4);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The command lines of the ffmpeg and ffprobe processes that work inside a directory. Linux only,
/// like the tests that need it.
pub fn media_processes(directory: &Path) -> Vec<String> {
    let directory = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let processes = std::fs::read_dir("/proc").expect("reading /proc");
    let command_of = |process: &Path| {
        // What cannot be read is gone, or somebody else's.
        let line = std::fs::read(process.join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let program = line.split(' ').next()?.rsplit('/').next()?.to_owned();
        let inside = std::fs::read_link(process.join("cwd")).ok()?.starts_with(&directory)
            || line.contains(&*directory.to_string_lossy());
        (inside && matches!(program.as_str(), "ffmpeg" | "ffprobe")).then_some(line)
    };
    processes.filter_map(|entry| command_of(&entry.ok()?.path())).collect()
}
