//! What a supervisor or a load balancer asks: whether the process answers at all, and whether it can
//! do its work.

use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use tokio::sync::Mutex;

use crate::app::App;
use crate::sets;
use crate::token::json_response;

/// How long each part may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a report is good for: anybody may ask, and an object store is paid by the request.
const LIFETIME: Duration = Duration::from_secs(1);

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Whether the process answers.
    Health,
    /// Whether requests can be served.
    Ready,
}

impl Probe {
    /// The question that a request asks, if it asks one.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        match path {
            "/health" => Some(Self::Health),
            "/ready" => Some(Self::Ready),
            _ => None,
        }
    }

    /// The answer.
    pub(crate) async fn answer(self, app: &App) -> Response {
        match self {
            Self::Health => json_response(StatusCode::OK, &json!({ "status": "ok" })),
            Self::Ready => app.readiness.report(app).await.answer(),
        }
    }
}

/// What was found when it was last looked.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Report)>>);

impl Readiness {
    /// What is found now, or was a moment ago. One looks while others wait for it.
    async fn report(&self, app: &App) -> Report {
        let mut last = self.0.lock().await;
        match *last {
            Some((at, report)) if at.elapsed() < LIFETIME => report,
            _ => {
                let report = Report::make(app).await;
                *last = Some((Instant::now(), report));
                report
            }
        }
    }
}

/// What the parts of the service answer.
#[derive(Clone, Copy, Debug)]
struct Report {
    entities: Finding,
    blobs: Finding,
}

/// What a part answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Works,
    Fails,
    IsSilent,
}

impl Finding {
    /// Waits for an answer. Its words are for the log alone, since anybody may ask.
    async fn of<E: std::fmt::Display>(
        part: &'static str,
        answer: impl Future<Output = Result<(), E>>,
    ) -> Self {
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(())) => Self::Works,
            Ok(Err(error)) => {
                tracing::warn!(part, %error, "not ready");
                Self::Fails
            }
            Err(_) => {
                tracing::warn!(part, "not ready: there is no answer");
                Self::IsSilent
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Works => "ok",
            Self::Fails => "failed",
            Self::IsSilent => "timeout",
        }
    }
}

impl Report {
    async fn make(app: &App) -> Self {
        let entities = async {
            // Any entity will do, also one that is not there.
            let assets = sets::set("Assets").map_err(|error| error.to_string())?;
            app.store.get(assets, "").await.map(drop).map_err(|error| error.to_string())
        };
        let (entities, blobs) = tokio::join!(
            Finding::of("entities", entities),
            Finding::of("blobs", app.blob_store.check()),
        );
        Self { entities, blobs }
    }

    fn answer(self) -> Response {
        let works = [self.entities, self.blobs].iter().all(|part| *part == Finding::Works);
        let (status, word) = match works {
            true => (StatusCode::OK, "ok"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        let checks = json!({ "entities": self.entities.name(), "blobs": self.blobs.name() });
        json_response(status, &json!({ "status": word, "checks": checks }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions as _, SqliteConnection};
    use url::Url;

    use super::*;
    use crate::config::{StorageOptions, UrlOptions};
    use crate::quotas::Quotas;

    /// Gives a table another name.
    async fn rename(database: &mut SqliteConnection, from: &str, to: &str) {
        let sql = sqlx::AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"));
        sqlx::query(sql).execute(database).await.unwrap();
    }

    async fn report(app: &App) -> (StatusCode, serde_json::Value) {
        let response = Report::make(app).await.answer();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_database_that_fails_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (url, urls) = (Url::parse("http://localhost").unwrap(), UrlOptions::default());
        let (storage, quotas) = (StorageOptions::default(), Quotas::default());
        let app = App::open(folder.path(), &url, &urls, &storage, quotas).await.unwrap();
        let ready = json!({ "status": "ok", "checks": { "entities": "ok", "blobs": "ok" } });
        assert_eq!(report(&app).await, (StatusCode::OK, ready.clone()));

        let file = folder.path().join("entities.db");
        let mut other = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        rename(&mut other, "Assets", "Elsewhere").await;
        let checks = json!({ "entities": "failed", "blobs": "ok" });
        let want = json!({ "status": "unavailable", "checks": checks });
        assert_eq!(report(&app).await, (StatusCode::SERVICE_UNAVAILABLE, want));
        rename(&mut other, "Elsewhere", "Assets").await;
        assert_eq!(report(&app).await, (StatusCode::OK, ready));
    }

    #[tokio::test]
    async fn who_does_not_answer_is_not_waited_for() {
        let answer = std::future::pending::<Result<(), String>>();
        assert_eq!(Finding::of("a part", answer).await, Finding::IsSilent);
    }
}
