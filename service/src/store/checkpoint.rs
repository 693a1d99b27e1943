//! Moves what was committed from the write-ahead log into the database, beside the writer.
//!
//! SQLite does that by itself at the end of a commit once the log has grown, and whoever commits
//! then waits until a thousand pages are written and synced. In a database of millions of entities
//! these pages are all over the file, and one commit in a hundred takes ten times as long.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::task::JoinHandle;

use super::StoreError;

/// How often the log is emptied.
const PERIOD: Duration = Duration::from_secs(1);

/// How many pages (of 4 KiB) the log may have before a commit empties it after all: a bound, should
/// this here not keep up.
pub(super) const MOST_PAGES: &str = "32768";

/// A task that empties the log from time to time; ends when this is dropped.
#[derive(Debug)]
pub(super) struct Checkpoints(JoinHandle<()>);

impl Checkpoints {
    /// Starts the task with a connection of its own.
    pub(super) async fn start(options: &SqliteConnectOptions) -> Result<Self, StoreError> {
        let connection = SqliteConnection::connect_with(options).await?;
        Ok(Self(tokio::spawn(run(connection))))
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn run(mut connection: SqliteConnection) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Passive: it waits for nobody, and nobody for it. What readers still look at stays.
        let done = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await;
        if let Err(error) = done {
            tracing::warn!(%error, "the write-ahead log could not be emptied");
        }
    }
}
