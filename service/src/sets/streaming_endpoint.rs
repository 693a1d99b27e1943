//! `StreamingEndpoints`: where streams are served, when it is running.

use async_trait::async_trait;
use edm::model::Operation;
use edm::query::QueryOptions;
use edm::{DateTime, Record, Value};

use super::{New, Outcome, Plan, Rules, equals, not_available, set};
use crate::app::App;
use crate::error::ApiError;
use crate::store::{Change, Query};

pub(super) struct StreamingEndpoints;

const DEFAULT: &str = "default";

#[async_trait]
impl Rules for StreamingEndpoints {
    async fn create(&self, _: &App, _: &mut New) -> Result<(), ApiError> {
        Err(not_available("A second streaming endpoint"))
    }

    async fn delete(&self, _: &App, _: &Record, _: &QueryOptions) -> Result<Plan, ApiError> {
        Err(ApiError::bad_request("The default streaming endpoint cannot be deleted."))
    }

    async fn invoke(
        &self,
        app: &App,
        endpoint: &Record,
        operation: &'static Operation,
        _: &[(&'static str, Value)],
    ) -> Result<Outcome, ApiError> {
        match operation.name {
            "Start" => change_state(app, endpoint, "Stopped", "Running").await,
            "Stop" => change_state(app, endpoint, "Running", "Stopped").await,
            name => Err(not_available(name)),
        }
    }
}

/// Moves an endpoint from one state to another, and records that as an operation to poll.
///
/// Nothing has to be waited for: the operation has succeeded when it is first seen.
async fn change_state(
    app: &App,
    endpoint: &Record,
    from: &'static str,
    to: &'static str,
) -> Result<Outcome, ApiError> {
    let (endpoints, operations) = (set("StreamingEndpoints")?, set("Operations")?);
    let id = endpoint.text("Id");
    let operation_id = format!("nb:opid:UUID:{}", uuid::Uuid::new_v4());
    let mut operation = Record::new(operations.entity_type);
    operation.put("Id", operation_id.as_str());
    operation.put("State", "Succeeded");
    operation.put("TargetEntityId", id);
    let values = vec![
        ("State", Value::from(to)),
        ("LastModified", Value::DateTime(DateTime::now().truncated_to_millis())),
    ];
    let in_state = super::both(equals("Id", id), equals("State", from));
    let otherwise = format!("The streaming endpoint must be {from} for that.");
    app.store
        .commit(vec![
            Change::Require { set: endpoints, filter: in_state, otherwise },
            Change::Set(endpoints, id.to_owned(), values),
            Change::Insert(operations, operation),
        ])
        .await?;
    Ok(Outcome::Accepted { operation_id })
}

/// Makes the endpoint that every account has; it starts as Stopped.
pub(super) async fn seed(app: &App) -> Result<(), ApiError> {
    let endpoints = set("StreamingEndpoints")?;
    let host = app.urls.streaming_host(DEFAULT);
    let host = host.as_str();
    if let Some(endpoint) = default(app).await? {
        // The public URL may have changed since.
        let values = vec![("HostName", Value::from(host))];
        let id = endpoint.text("Id").to_owned();
        return Ok(app.store.commit(vec![Change::Set(endpoints, id, values)]).await?);
    }
    let mut endpoint = Record::new(endpoints.entity_type);
    let now = DateTime::now().truncated_to_millis();
    endpoint.put("Id", format!("nb:oid:UUID:{}", uuid::Uuid::new_v4()));
    endpoint.put("Created", now);
    endpoint.put("LastModified", now);
    endpoint.put("ScaleUnits", 0);
    for (property, value) in [
        ("Name", DEFAULT),
        ("Description", ""),
        ("State", "Stopped"),
        ("HostName", host),
        ("StreamingEndpointVersion", "2.0"),
    ] {
        endpoint.put(property, value);
    }
    Ok(app.store.commit(vec![Change::Insert(endpoints, endpoint)]).await?)
}

async fn default(app: &App) -> Result<Option<Record>, ApiError> {
    let query = Query { top: 1, ..Query::all(set("StreamingEndpoints")?, equals("Name", DEFAULT)) };
    Ok(app.store.query(&query).await?.records.pop())
}

/// Whether the default endpoint serves streams.
pub(crate) async fn is_running(app: &App) -> Result<bool, ApiError> {
    Ok(default(app).await?.is_some_and(|endpoint| endpoint.text("State") == "Running"))
}
