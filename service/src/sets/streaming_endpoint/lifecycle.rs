//! States of endpoints, and the operations that take them from one to the next.
//!
//! An operation is an entity that clients poll. Nothing really has to be waited for; an operator
//! may let operations take a while, as they did, so that clients see them in progress. What an
//! operation ends with is kept by a link that no client sees, so that one that was interrupted by
//! the end of the service is finished when it is started again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use azure_media::v2_19::StreamingEndpointState as State;
use edm::{DateTime, Record, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::ApiError;
use crate::sets::{both, equals, set};
use crate::store::{Change, Query, Source, StoreError};

/// The link from an operation to the state that it ends with.
const THEN: &str = "#then";
/// What stands there if the endpoint is to be removed.
const DELETED: &str = "Deleted";
/// Operations that are kept. The oldest go first: clients poll for minutes, not for days.
const MOST_KEPT: u64 = 1000;
/// How long to wait after the store has failed.
const RETRY: Duration = Duration::from_secs(1);
/// How long to sleep if there is nothing to finish.
const IDLE: Duration = Duration::from_secs(3600);

/// One step of an endpoint.
pub(super) struct Step {
    /// The states that it can be made in; of a new endpoint, none.
    pub(super) from: &'static [State],
    /// The state that the endpoint is in meanwhile.
    pub(super) through: State,
    /// How it ends.
    pub(super) end: End,
}

/// How a step ends.
pub(super) enum End {
    /// In a state.
    State(State),
    /// There is no endpoint any more.
    Deleted,
}

impl End {
    fn as_str(&self) -> &str {
        match self {
            Self::State(state) => state.as_str(),
            Self::Deleted => DELETED,
        }
    }
}

/// The state of an endpoint.
pub(super) fn state(endpoint: &Record) -> State {
    State::from(endpoint.text("State"))
}

/// Plans a step of an endpoint, in the state that it was read in: the id of the operation, and
/// what to commit, along with other values of the endpoint.
pub(super) fn begin(
    app: &App,
    id: &str,
    endpoint: Option<&Record>,
    step: Step,
    mut values: Vec<(&'static str, Value)>,
) -> Result<(String, Vec<Change>), ApiError> {
    if let Some(endpoint) = endpoint
        && !step.from.contains(&state(endpoint))
    {
        let names: Vec<_> = step.from.iter().map(State::as_str).collect();
        let (wanted, found) = (names.join(" or "), endpoint.text("State"));
        let message = format!("The streaming endpoint must be {wanted} for that; it is {found}.");
        return Err(ApiError::bad_request(message));
    }
    let at_once = app.stream_options.operation_time().is_zero();
    let operation_state = if at_once { "Succeeded" } else { "InProgress" };
    let operation = operation(id, operation_state);
    let operation_id = operation.text("Id").to_owned();
    let mut changes = vec![Change::Insert(set("Operations")?, operation)];
    if at_once {
        changes.push(end(id, step.end.as_str(), values)?);
    } else {
        values.push(("State", Value::from(step.through.as_str())));
        changes.push(modified(id, values)?);
        let then = step.end.as_str().to_owned();
        changes.push(Change::Link(then_of(&operation_id), "StreamingEndpoints", then));
    }
    Ok((operation_id, changes))
}

/// An operation that has failed already.
pub(super) fn failed(id: &str, code: &str, message: &str) -> Result<(String, Change), ApiError> {
    let mut operation = operation(id, "Failed");
    operation.put("ErrorCode", code);
    operation.put("ErrorMessage", message);
    let operation_id = operation.text("Id").to_owned();
    Ok((operation_id, Change::Insert(set("Operations")?, operation)))
}

/// That an endpoint is in the state that it was read in, and not on its way to another.
pub(super) fn conditions(endpoint: &Record) -> Result<Vec<Change>, ApiError> {
    let (id, state) = (endpoint.text("Id"), endpoint.text("State"));
    Ok(vec![
        Change::AtMost {
            set: set("Operations")?,
            filter: both(equals("State", "InProgress"), equals("TargetEntityId", id)),
            count: 0,
            otherwise: "OperationInProgress: another operation of the streaming endpoint is not \
                        over yet."
                .to_owned(),
        },
        Change::Require {
            set: set("StreamingEndpoints")?,
            filter: both(equals("Id", id), equals("State", state)),
            otherwise: format!("The streaming endpoint is not {state} any more."),
        },
    ])
}

/// Whether the operation that an endpoint is in ends with it running.
pub(super) async fn ends_running(app: &App, endpoint: &Record) -> Result<bool, ApiError> {
    let open = both(equals("State", "InProgress"), equals("TargetEntityId", endpoint.text("Id")));
    let open = app.store.query(&Query::all(set("Operations")?, open)).await?.records;
    for operation in &open {
        let thens = app.store.links(&then_of(operation.text("Id"))).await?;
        if thens.iter().any(|then| then == State::Running.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn operation(target: &str, state: &str) -> Record {
    let mut operation = Record::new(&azure_media::v2_19::tables::OPERATION);
    operation.put("Id", format!("nb:opid:UUID:{}", uuid::Uuid::new_v4()));
    operation.put("State", state);
    operation.put("TargetEntityId", target);
    operation
}

fn then_of(operation: &str) -> Source {
    Source::new("Operations", operation, THEN)
}

/// The change that ends an operation for its endpoint.
fn end(id: &str, then: &str, mut values: Vec<(&'static str, Value)>) -> Result<Change, ApiError> {
    if then == DELETED {
        return Ok(Change::Delete(set("StreamingEndpoints")?, id.to_owned()));
    }
    values.push(("State", Value::from(then)));
    modified(id, values)
}

fn modified(id: &str, mut values: Vec<(&'static str, Value)>) -> Result<Change, ApiError> {
    values.push(("LastModified", Value::DateTime(DateTime::now().truncated_to_millis())));
    Ok(Change::Set(set("StreamingEndpoints")?, id.to_owned(), values))
}

/// Finishes operations when their time has come, until told to stop.
pub(crate) async fn finish_operations(app: Arc<App>, stop: CancellationToken) {
    let mut due = BTreeMap::new();
    loop {
        let pause = match finish_due(&app, &mut due).await {
            Ok(()) => {
                let next = due.values().min().map(|at: &Instant| at.duration_since(Instant::now()));
                next.unwrap_or(IDLE)
            }
            Err(error) => {
                tracing::warn!(%error, "operations were not finished");
                RETRY
            }
        };
        tokio::select! {
            () = app.operations.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Finishes what is due; `due` is when each operation is that was seen.
async fn finish_due(app: &App, due: &mut BTreeMap<String, Instant>) -> Result<(), ApiError> {
    let open = Query::all(set("Operations")?, equals("State", "InProgress"));
    let open = app.store.query(&open).await?.records;
    due.retain(|id, _| open.iter().any(|operation| operation.text("Id") == id));
    forget_old(app).await?;
    let now = Instant::now();
    let later = now + app.stream_options.operation_time();
    for operation in &open {
        let id = operation.text("Id");
        if *due.entry(id.to_owned()).or_insert(later) <= now {
            finish(app, operation).await?;
            due.remove(id);
        }
    }
    Ok(())
}

/// Removes the oldest operations that are over, if there are too many.
async fn forget_old(app: &App) -> Result<(), ApiError> {
    let operations = set("Operations")?;
    let all = Query::set(operations);
    let top = app.store.count(&all).await?.saturating_sub(MOST_KEPT);
    if top == 0 {
        return Ok(());
    }
    let oldest = app.store.query(&Query { top, ..all }).await?.records;
    let over = oldest.iter().filter(|operation| operation.text("State") != "InProgress");
    let gone = over.map(|operation| Change::Delete(operations, operation.text("Id").to_owned()));
    Ok(app.store.commit(gone.collect()).await?)
}

async fn finish(app: &App, operation: &Record) -> Result<(), ApiError> {
    let operations = set("Operations")?;
    let (id, target) = (operation.text("Id"), operation.text("TargetEntityId"));
    let thens = app.store.links(&then_of(id)).await?;
    let mut changes = Vec::new();
    for then in &thens {
        changes.push(end(target, then, Vec::new())?);
        changes.push(Change::Unlink(then_of(id), then.clone()));
    }
    changes.push(Change::Set(operations, id.to_owned(), vec![("State", "Succeeded".into())]));
    match app.store.commit(changes).await {
        Err(StoreError::NotFound(_)) => {
            let values = vec![
                ("State", Value::from("Failed")),
                ("ErrorCode", "ResourceNotFound".into()),
                ("ErrorMessage", "The streaming endpoint is gone.".into()),
            ];
            Ok(app.store.commit(vec![Change::Set(operations, id.to_owned(), values)]).await?)
        }
        result => Ok(result?),
    }
}
