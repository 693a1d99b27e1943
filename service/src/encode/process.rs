//! Runs ffmpeg and ffprobe: no shell, no stdin, bounded memory, time limits,
//! and no process left behind.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How much of a program's standard error is kept.
const STDERR_TAIL: usize = 64 * 1024;
/// The longest output line; ffprobe writes a tag of the input as one line.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// When a program is stopped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The longest time it may run.
    pub(super) wall_clock: Duration,
    /// The longest time it may run without getting ahead.
    pub(super) stall: Duration,
}

/// A program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProcessError {
    #[error("the task was canceled")]
    Canceled,
    #[error("{0} could not be started: {1}")]
    Start(String, #[source] io::Error),
    #[error("lost contact with {0}: {1}")]
    Pipe(String, #[source] io::Error),
    #[error("{0} was stopped after {1} seconds, the time limit")]
    TimeLimit(String, u64),
    #[error("{0} was stopped because it made no progress for {1} seconds")]
    Stalled(String, u64),
    #[error("{0} wrote a line of more than {MAX_LINE} bytes")]
    LongLine(String),
}

impl ProcessError {
    /// For a program that was given what was left of `limit`.
    pub(super) fn of_limit(self, limit: Duration) -> Self {
        match self {
            Self::TimeLimit(name, _) => Self::TimeLimit(name, limit.as_secs()),
            other => other,
        }
    }
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    /// The end of its standard error.
    pub(super) stderr: String,
}

/// Runs `program` in the folder `cwd` and hands each line of its standard
/// output to `on_line`, which says whether the line shows progress.
///
/// # Errors
/// When it could not be started, when `cancel` fired or when a limit was
/// reached; it is dead by the time this returns. Dropping the future kills it
/// too.
pub(super) async fn run(
    program: &Path,
    args: &[OsString],
    cwd: &Path,
    limits: Limits,
    cancel: &CancellationToken,
    on_line: &mut (dyn FnMut(&str) -> bool + Send),
) -> Result<Finished, ProcessError> {
    let name = program
        .file_name()
        .map_or_else(|| "the program".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut child =
        command(program, args, cwd).spawn().map_err(|e| ProcessError::Start(name.clone(), e))?;
    let stderr = tokio::spawn(tail(child.stderr.take()));

    let followed = follow(&mut child, &name, limits, cancel, on_line).await;
    if followed.is_err() {
        // Already gone is fine: all that matters is that it is not running.
        child.kill().await.ok();
    }
    let status = followed?;
    Ok(Finished { status, stderr: stderr.await.unwrap_or_default() })
}

fn command(program: &Path, args: &[OsString], cwd: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(cwd)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    die_with_parent(&mut command);
    command
}

/// Has the kernel kill the program when this service dies without a chance to
/// do so itself. The signal is tied to the thread that spawns, so this relies
/// on being polled by a runtime worker, which lives as long as the process.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{Signal, set_parent_process_death_signal};
    // SAFETY: the closure runs in the forked child before exec. It makes one
    // system call, and neither allocates nor takes locks.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?));
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}

/// Reads the program's lines until it ends.
async fn follow(
    child: &mut Child,
    name: &str,
    limits: Limits,
    cancel: &CancellationToken,
    on_line: &mut (dyn FnMut(&str) -> bool + Send),
) -> Result<ExitStatus, ProcessError> {
    let pipe = |e| ProcessError::Pipe(name.to_owned(), e);
    let deadline = Instant::now() + limits.wall_clock;
    let mut stalled = Instant::now() + limits.stall;
    let mut stdout = child.stdout.take();
    let mut lines = Vec::new();
    loop {
        let step = async {
            match &mut stdout {
                Some(stdout) => stdout.read_buf(&mut lines).await.map(Step::Read),
                None => child.wait().await.map(Step::Ended),
            }
        };
        let step = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ProcessError::Canceled),
            () = sleep_until(deadline) => {
                return Err(ProcessError::TimeLimit(name.to_owned(), limits.wall_clock.as_secs()));
            }
            () = sleep_until(stalled) => {
                return Err(ProcessError::Stalled(name.to_owned(), limits.stall.as_secs()));
            }
            step = step => step.map_err(pipe)?,
        };
        match step {
            Step::Ended(status) => return Ok(status),
            Step::Read(0) => {
                take_lines(&mut lines, true, on_line);
                stdout = None;
            }
            Step::Read(_) => {
                if take_lines(&mut lines, false, on_line) {
                    stalled = Instant::now() + limits.stall;
                }
                if lines.len() > MAX_LINE {
                    return Err(ProcessError::LongLine(name.to_owned()));
                }
            }
        }
    }
}

enum Step {
    Read(usize),
    Ended(ExitStatus),
}

/// Hands out the complete lines of `buffer` (the rest too when `at_end`) and
/// keeps what is left. True when a line showed progress.
fn take_lines(
    buffer: &mut Vec<u8>,
    at_end: bool,
    on_line: &mut (dyn FnMut(&str) -> bool + Send),
) -> bool {
    let complete = if at_end {
        buffer.len()
    } else {
        buffer.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)
    };
    let mut progressed = false;
    for line in String::from_utf8_lossy(&buffer[..complete]).lines() {
        progressed |= on_line(line);
    }
    buffer.drain(..complete);
    progressed
}

/// The last [`STDERR_TAIL`] bytes of `pipe`.
async fn tail(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let mut kept = Vec::new();
    // A broken pipe ends the text; the exit status tells the rest.
    while matches!(pipe.read_buf(&mut kept).await, Ok(n) if n > 0) {
        if kept.len() > 2 * STDERR_TAIL {
            kept.drain(..kept.len() - STDERR_TAIL);
        }
    }
    kept.drain(..kept.len().saturating_sub(STDERR_TAIL));
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { wall_clock: Duration::from_secs(20), stall: Duration::from_secs(20) };

    async fn shell(
        script: &str,
        limits: Limits,
        cancel: &CancellationToken,
        on_line: &mut (dyn FnMut(&str) -> bool + Send),
    ) -> Result<Finished, ProcessError> {
        let args = [OsString::from("-c"), OsString::from(script)];
        run(Path::new("/bin/sh"), &args, Path::new("/"), limits, cancel, on_line).await
    }

    fn is_running(pid: &str) -> bool {
        // A zombie has no command line.
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
    }

    #[tokio::test]
    async fn lines_status_and_the_end_of_stderr_arrive() {
        let mut lines = Vec::new();
        let finished = shell(
            "echo one; printf two; yes error | head -c 300000 >&2; echo last >&2; exit 3",
            LIMITS,
            &CancellationToken::new(),
            &mut |line| {
                lines.push(line.to_owned());
                true
            },
        )
        .await
        .expect("the shell runs");
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!(finished.stderr.len(), STDERR_TAIL);
        assert!(finished.stderr.ends_with("error\nlast\n"));
    }

    #[tokio::test]
    async fn cancellation_kills_the_process_before_returning() {
        let cancel = CancellationToken::new();
        let mut pid = String::new();
        let trigger = cancel.clone();
        let result = shell("echo $$; exec sleep 60", LIMITS, &cancel, &mut |line| {
            pid = line.to_owned();
            trigger.cancel();
            true
        })
        .await;
        assert!(matches!(result, Err(ProcessError::Canceled)), "{result:?}");
        assert!(!pid.is_empty() && !is_running(&pid), "{pid}");
    }

    #[tokio::test]
    async fn limits_stop_a_process_that_hangs() {
        let cancel = CancellationToken::new();
        let short = Duration::from_millis(300);
        let busy = "while :; do echo busy; sleep 0.05; done";
        let limits = Limits { stall: short, ..LIMITS };
        let result = shell(busy, limits, &cancel, &mut |_| false).await;
        assert!(matches!(result, Err(ProcessError::Stalled(..))), "{result:?}");
        let limits = Limits { wall_clock: short, ..LIMITS };
        let result = shell(busy, limits, &cancel, &mut |_| true).await;
        assert!(matches!(result, Err(ProcessError::TimeLimit(..))), "{result:?}");
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let result = run(
            Path::new("/nonexistent/ffmpeg"),
            &[],
            Path::new("/"),
            LIMITS,
            &CancellationToken::new(),
            &mut |_| true,
        )
        .await;
        let message = result.expect_err("there is no such program").to_string();
        assert!(message.starts_with("ffmpeg could not be started"), "{message}");
    }
}
