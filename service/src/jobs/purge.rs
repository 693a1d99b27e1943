//! Jobs that are long over are removed: the service kept them for 90 days.

use std::sync::Arc;
use std::time::Duration;

use azure_media::v2_19::JobState;
use edm::filter::BinaryOp;
use edm::query::QueryOptions;
use edm::{DateTime, Expr, Scalar as _};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::ApiError;
use crate::sets;
use crate::store::Query;

/// How often such jobs are looked for.
const INTERVAL: Duration = Duration::from_secs(3600);
/// How many are read together.
const PAGE: u64 = 500;

/// Removes jobs until told to stop.
pub(crate) async fn run(app: Arc<App>, stop: CancellationToken) {
    while app.quotas.job_days > 0 && !stop.is_cancelled() {
        match purge(&app, DateTime::now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "jobs that were long over were removed"),
            Err(error) => tracing::error!(%error, "jobs that are long over were not removed"),
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Removes the jobs that are over at a time and were made too long before it.
async fn purge(app: &App, now: DateTime) -> Result<usize, ApiError> {
    let jobs = sets::set("Jobs")?;
    let days = edm::Duration::from_minutes(f64::from(app.quotas.job_days) * 24.0 * 60.0);
    let limit = DateTime::from_ticks(now.ticks().saturating_sub(days.ticks()));
    let compare = |property: &str, op, literal| {
        Expr::binary(op, Expr::property(property), Expr::Literal(literal))
    };
    let over = [JobState::Finished, JobState::Error, JobState::Canceled]
        .map(|state| compare("State", BinaryOp::Eq, state.to_literal()))
        .into_iter()
        .reduce(|left, right| Expr::binary(BinaryOp::Or, left, right));
    let old = compare("Created", BinaryOp::Lt, limit.to_literal());
    let filter = over.into_iter().fold(old, sets::both);
    let mut removed = 0;
    loop {
        let query = Query { top: PAGE, ..Query::all(jobs, filter.clone()) };
        let page = app.store.query(&query).await?.records;
        if page.is_empty() {
            return Ok(removed);
        }
        for job in page {
            sets::delete(app, jobs, &job, &QueryOptions::default()).await?;
            removed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use edm::Record;

    use super::*;
    use crate::store::{Change, Source};

    #[tokio::test]
    async fn jobs_go_with_their_tasks_once_they_are_old_and_over() {
        let data = tempfile::tempdir().unwrap();
        let public = url::Url::parse("http://127.0.0.1:1").unwrap();
        let urls = crate::config::UrlOptions::default();
        let app = App::open(
            data.path(),
            &public,
            &urls,
            &crate::config::StorageOptions::default(),
            Default::default(),
        )
        .await
        .unwrap();
        let (jobs, tasks) = (sets::set("Jobs").unwrap(), sets::set("Tasks").unwrap());
        let now = DateTime::now();
        let made = |days: i64| DateTime::from_ticks(now.ticks() - days * 864_000_000_000);
        let mut changes = Vec::new();
        for (number, state, days) in
            [(1, JobState::Finished, 91), (2, JobState::Error, 89), (3, JobState::Processing, 400)]
        {
            let mut job = Record::new(jobs.entity_type);
            let id = format!("nb:jid:UUID:{}", uuid::Uuid::from_u128(number));
            job.put("Id", id.as_str());
            job.put("State", i64::from(state.value()));
            job.put("Created", made(days));
            let mut task = Record::new(tasks.entity_type);
            let task_id = format!("nb:tid:UUID:{}", uuid::Uuid::from_u128(number));
            task.put("Id", task_id.as_str());
            let from = Source::new("Jobs", &id, "Tasks");
            changes.extend([Change::Insert(jobs, job), Change::Insert(tasks, task)]);
            changes.push(Change::Link(from, "Tasks", task_id));
        }
        app.store.commit(changes).await.unwrap();
        assert_eq!(purge(&app, now).await.unwrap(), 1);
        assert_eq!(app.store.count(&Query::set(jobs)).await.unwrap(), 2);
        assert_eq!(app.store.count(&Query::set(tasks)).await.unwrap(), 2);
        assert_eq!(purge(&app, made(-2)).await.unwrap(), 1);
        assert_eq!(purge(&app, made(-1000)).await.unwrap(), 0);
    }
}
