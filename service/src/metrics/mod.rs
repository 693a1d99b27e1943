//! What the service tells a monitoring system of itself, in the text format of Prometheus.
//!
//! It is told at an address of its own: the numbers are for operators, not for clients.

mod latency;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use azure_media::v2_19::JobState;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::error::ApiError;
use crate::health::Probe;
use crate::sets;
use crate::store::Query;

pub(crate) use latency::Latency;

/// How long the database may take to count tasks.
const PATIENCE: Duration = Duration::from_secs(2);
/// The states of tasks that count, under the names that they are told by: a task counts as queued
/// until somebody works on it.
const TASKS: [(&str, &[JobState]); 2] =
    [("queued", &[JobState::Queued, JobState::Scheduled]), ("running", &[JobState::Processing])];

/// All that is told.
pub(crate) struct Metrics {
    app: Arc<App>,
    registry: Registry,
    tasks: Family<[(&'static str, &'static str); 1], Gauge>,
}

impl Metrics {
    /// What the parts of the service count, and how many connections are open.
    pub(crate) fn new(app: Arc<App>, connections: Gauge) -> Self {
        let mut registry = Registry::with_prefix("mediad");
        app.origin.register(&mut registry);
        app.blob_store.register(&mut registry);
        registry.register("connections_open", "Connections of clients that are open", connections);
        let tasks = Family::default();
        registry.register("tasks", "Tasks by state", tasks.clone());
        Self { app, registry, tasks }
    }

    /// The text, with what is only looked up when it is asked for.
    async fn text(&self) -> Result<String, std::fmt::Error> {
        self.app.origin.measure().await;
        self.app.blob_store.measure().await;
        self.count_tasks().await;
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Counts tasks. Numbers that cannot be had are left out, since old ones would mislead.
    async fn count_tasks(&self) {
        for (name, states) in TASKS {
            let labels = [("state", name)];
            let counted = tokio::time::timeout(PATIENCE, count(&self.app, states)).await;
            match counted.unwrap_or_else(|_| Err(ApiError::internal("counting takes too long"))) {
                Ok(number) => {
                    let number = i64::try_from(number).unwrap_or(i64::MAX);
                    self.tasks.get_or_create_owned(&labels).set(number);
                }
                Err(error) => {
                    tracing::warn!(%error, "tasks were not counted");
                    self.tasks.remove(&labels);
                }
            }
        }
    }
}

/// How many tasks are in one of some states.
async fn count(app: &App, states: &[JobState]) -> Result<u64, ApiError> {
    let tasks = sets::set("Tasks")?;
    let mut number = 0;
    for state in states {
        let filter = sets::is_number("State", state.value().into());
        number += app.store.count(&Query::all(tasks, filter)).await?;
    }
    Ok(number)
}

/// What answers at the address for monitoring.
pub(crate) fn router(metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(tell)).fallback(probe).with_state(Arc::new(metrics))
}

async fn probe(State(metrics): State<Arc<Metrics>>, request: Request) -> Response {
    match Probe::of(request.method(), request.uri().path()) {
        Some(probe) => probe.answer(&metrics.app).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn tell(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics were not written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
