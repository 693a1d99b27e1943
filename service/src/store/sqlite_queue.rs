//! [`Queue`] over SQLite.

use std::time::Duration;

use async_trait::async_trait;
use edm::DateTime;
use sqlx::{Connection as _, Row as _};

use super::StoreError;
use super::queue::{AFTER, Claim, Lease, Queue};
use super::sqlite::SqliteStore;

/// The end of a lease that starts now.
fn end(length: Duration) -> i64 {
    let ticks = i64::try_from(length.as_nanos() / 100).unwrap_or(i64::MAX);
    DateTime::now().saturating_add(edm::Duration::from_ticks(ticks)).ticks()
}

/// States as numbers: 0 Queued, 1 Scheduled, 2 Processing, 3 Finished, 6 Canceling. A task in
/// Processing that has no lease has lost its worker.
const NEXT: &str = "
    SELECT task.Id AS task, job.Id AS job, COALESCE(lease.attempt, 0) AS attempt
    FROM Tasks task
    JOIN link ON link.target_set = 'Tasks' AND link.target_key = task.Id
        AND link.source_set = 'Jobs' AND link.navigation = 'Tasks'
    JOIN Jobs job ON job.Id = link.source_key
    LEFT JOIN lease ON lease.task_key = task.Id
    WHERE task.State IN (0, 1, 2) AND job.State IN (0, 1, 2)
        AND (lease.task_key IS NULL OR lease.until < ?1)
        AND NOT EXISTS (
            SELECT 1 FROM link earlier
            JOIN Tasks before ON before.Id = earlier.target_key
            WHERE earlier.source_set = 'Tasks' AND earlier.source_key = task.Id
                AND earlier.navigation = ?2 AND before.State <> 3)
    ORDER BY job.Priority DESC, task.Priority DESC, job.seq, task.seq
    LIMIT 1";

#[async_trait]
impl Queue for SqliteStore {
    async fn claim(&self, worker: &str, length: Duration) -> Result<Option<Claim>, StoreError> {
        // Most looks find nothing: they do not wait for those who write, nor have them wait.
        let next = sqlx::query(NEXT).bind(DateTime::now().ticks()).bind(AFTER);
        if next.fetch_optional(&self.readers).await?.is_none() {
            return Ok(None);
        }
        let mut connection = self.writer.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let now = DateTime::now().ticks();
        let next = sqlx::query(NEXT).bind(now).bind(AFTER);
        let Some(row) = next.fetch_optional(&mut *transaction).await? else { return Ok(None) };
        let (task, job): (String, String) = (row.try_get("task")?, row.try_get("job")?);
        let attempt = row.try_get::<i64, _>("attempt")? + 1;
        sqlx::query(
            "INSERT OR REPLACE INTO lease (task_key, worker, attempt, until) VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(&task)
        .bind(worker)
        .bind(attempt)
        .bind(end(length))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(Claim { lease: Lease { task, worker: worker.to_owned(), attempt }, job }))
    }

    async fn renew(&self, lease: &Lease, length: Duration) -> Result<bool, StoreError> {
        let renewed = sqlx::query(
            "UPDATE lease SET until = ?1 WHERE task_key = ?2 AND worker = ?3 AND attempt = ?4",
        )
        .bind(end(length))
        .bind(&lease.task)
        .bind(&lease.worker)
        .bind(lease.attempt)
        .execute(&self.writer)
        .await?;
        Ok(renewed.rows_affected() > 0)
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM lease WHERE task_key = ?1 AND worker = ?2 AND attempt = ?3")
            .bind(&lease.task)
            .bind(&lease.worker)
            .bind(lease.attempt)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn forget(&self, worker: &str) -> Result<(), StoreError> {
        // The end moves and the attempt stays: the next one must get another number.
        sqlx::query("UPDATE lease SET until = 0 WHERE worker = ?1")
            .bind(worker)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn canceled_jobs(&self) -> Result<Vec<String>, StoreError> {
        let jobs = sqlx::query_scalar(
            "SELECT job.Id FROM Jobs job WHERE job.Id IN (
                    SELECT Id FROM Jobs WHERE State = 6
                    UNION
                    SELECT link.source_key FROM Tasks task
                    JOIN link ON link.target_set = 'Tasks' AND link.target_key = task.Id
                        AND link.source_set = 'Jobs' AND link.navigation = 'Tasks'
                    WHERE task.State = 6)
                AND NOT EXISTS (
                    SELECT 1 FROM link JOIN lease ON lease.task_key = link.target_key
                    WHERE link.source_set = 'Jobs' AND link.source_key = job.Id
                        AND link.navigation = 'Tasks' AND lease.until >= ?1)",
        );
        Ok(jobs.bind(DateTime::now().ticks()).fetch_all(&self.readers).await?)
    }
}
