//! [`Outbox`] over SQLite.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::StoreError;
use super::outbox::{Event, Message, Outbox};
use super::sqlite::SqliteStore;

/// The subject of a registration is the end point itself: it comes before everything else.
const DUE: &str = "
    SELECT * FROM (
        SELECT first.*, ROW_NUMBER() OVER (PARTITION BY end_point ORDER BY due, seq) AS place
        FROM outbox first
        WHERE due <= ?1 AND NOT EXISTS (
            SELECT 1 FROM outbox earlier
            WHERE earlier.end_point = first.end_point
                AND earlier.subject IN (first.subject, first.end_point)
                AND earlier.seq < first.seq))
    WHERE place <= ?2
    ORDER BY due, seq
    LIMIT 1000";

#[async_trait]
impl Outbox for SqliteStore {
    async fn due(&self, per_end_point: u32) -> Result<Vec<Message>, StoreError> {
        let due = sqlx::query(DUE).bind(now()).bind(per_end_point);
        due.fetch_all(&self.readers).await?.iter().map(message).collect()
    }

    async fn settle(&self, message: &Message) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM outbox WHERE seq = ?1").bind(message.seq);
        delete.execute(&self.writer).await?;
        Ok(())
    }

    async fn postpone(&self, message: &Message, wait: Duration) -> Result<(), StoreError> {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        sqlx::query("UPDATE outbox SET attempts = attempts + 1, due = ?1 WHERE seq = ?2")
            .bind(now().saturating_add(wait))
            .bind(message.seq)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn message(row: &SqliteRow) -> Result<Message, StoreError> {
    let event: String = row.try_get("event")?;
    let state = |name: &str| row.try_get::<i32, _>(name);
    let event = match event.as_str() {
        "NotificationEndPointRegistration" => Event::Registration,
        "NotificationEndPointUnregistration" => Event::Unregistration {
            name: row.try_get("end_point_name")?,
            address: row.try_get("address")?,
            credential: row.try_get("credential")?,
        },
        "JobStateChange" => Event::JobState {
            name: row.try_get("job_name")?,
            old: state("old_state")?,
            new: state("new_state")?,
        },
        "TaskStateChange" => Event::TaskState {
            task: row.try_get("task")?,
            old: state("old_state")?,
            new: state("new_state")?,
        },
        "TaskProgress" => Event::TaskProgress {
            task: row.try_get("task")?,
            state: state("new_state")?,
            percent: row.try_get("progress")?,
        },
        other => return Err(StoreError::Corrupt(format!("the outbox has an event {other}"))),
    };
    Ok(Message {
        seq: row.try_get("seq")?,
        end_point: row.try_get("end_point")?,
        subject: row.try_get("subject")?,
        event,
        happened: row.try_get("happened")?,
        attempts: row.try_get("attempts")?,
    })
}
