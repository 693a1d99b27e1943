//! What a client reads of a task's course: `HistoricalEvents`, `ErrorDetails` and `PerfMessage`.

use std::time::Duration;

use edm::{DateTime, Record, Value};

use super::outcome::Failure;

/// A task that starts again and again has the last of its events.
const MOST_EVENTS: usize = 50;

/// The task's events, and a new one.
pub(super) fn event(task: &Record, code: &str, message: &str) -> (&'static str, Value) {
    let mut events = match task.value("HistoricalEvents") {
        Value::Collection(events) => events.clone(),
        _ => Vec::new(),
    };
    events.push(Value::Complex(vec![
        ("Code".into(), code.into()),
        ("Message".into(), message.into()),
        ("TimeStamp".into(), Value::DateTime(DateTime::now().truncated_to_millis())),
    ]));
    let surplus = events.len().saturating_sub(MOST_EVENTS);
    events.drain(..surplus);
    ("HistoricalEvents", Value::Collection(events))
}

/// Why the task failed.
pub(super) fn error_details(failure: &Failure) -> (&'static str, Value) {
    let detail =
        vec![("Code".into(), failure.code().into()), ("Message".into(), failure.message().into())];
    ("ErrorDetails", Value::Collection(vec![Value::Complex(detail)]))
}

/// What the task took and made.
pub(super) fn performance(files: &[Record], running: Duration) -> (&'static str, Value) {
    let sizes = files.iter().filter_map(|file| file.value("ContentFileSize").as_integer());
    let message = format!(
        "{} files of {} bytes together were made in {:.1} seconds.",
        files.len(),
        sizes.sum::<i64>(),
        running.as_secs_f64()
    );
    ("PerfMessage", message.into())
}
