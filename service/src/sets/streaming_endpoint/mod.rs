//! `StreamingEndpoints`: where streams are served, while they are running.
//!
//! Every account has one named `default`, which serves the paths of locators; the others serve the
//! same paths below their own host names.

mod lifecycle;
mod settings;

use async_trait::async_trait;
use azure_media::v2_19::StreamingEndpointState as State;
use edm::filter::BinaryOp;
use edm::model::Operation;
use edm::query::QueryOptions;
use edm::{DateTime, Draft, Expr, Record, Scalar as _, Value};

use super::{New, Outcome, Plan, Rules, not_available, set};
use crate::app::App;
use crate::error::ApiError;
use crate::store::{Change, Query};

pub(crate) use lifecycle::finish_operations;
use lifecycle::{End, Step};

pub(super) struct StreamingEndpoints;

/// The endpoint that every account has.
const DEFAULT: &str = "default";

#[async_trait]
impl Rules for StreamingEndpoints {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let others = all(app).await?;
        settings::complete(&mut new.record);
        settings::check_new(app, &new.record, &others)?;
        let name = new.record.text("Name").to_owned();
        let running = match new.record.text("State") {
            "" | "Stopped" => false,
            "Running" => true,
            state => {
                let message = format!("State must be Stopped or Running, not '{state}'.");
                return Err(ApiError::bad_request(message));
            }
        };
        // Answered is what was asked for; where it is to be reached is seen when it is read.
        new.record.put("State", State::Stopped.as_str());
        let id = new.record.text("Id").to_owned();
        let step = match running {
            true => Step { from: &[], through: State::Starting, end: End::State(State::Running) },
            false => Step { from: &[], through: State::Stopped, end: End::State(State::Stopped) },
        };
        let (operation, changes) = lifecycle::begin(app, &id, None, step, Vec::new())?;
        new.plan.before.push(Change::AtMost {
            set: set("StreamingEndpoints")?,
            filter: is_named(&name),
            count: 0,
            otherwise: settings::name_taken(&name),
        });
        new.plan.after.push(host(app, &id, &name)?);
        new.plan.after.extend(changes);
        new.plan.then.push(super::Effect::WatchOperations);
        new.plan.operation = Some(operation);
        Ok(())
    }

    /// A running endpoint goes on running while what it is set to is changed; the change takes an
    /// operation then.
    async fn update(
        &self,
        app: &App,
        old: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        settings::keep_version(old, new);
        settings::check_change(app, old, new, &all(app).await?)?;
        let id = old.text("Id");
        let state = lifecycle::state(old);
        let step = Step {
            from: &[State::Running, State::Stopped],
            through: state.clone(),
            end: End::State(state.clone()),
        };
        let (operation, changes) = lifecycle::begin(app, id, Some(old), step, Vec::new())?;
        if state != State::Running {
            return Ok(Plan { before: lifecycle::conditions(old)?, ..Plan::default() });
        }
        Ok(Plan {
            before: lifecycle::conditions(old)?,
            after: changes,
            then: vec![super::Effect::WatchOperations],
            operation: Some(operation),
            ..Plan::default()
        })
    }

    async fn delete(
        &self,
        app: &App,
        endpoint: &Record,
        _: &QueryOptions,
    ) -> Result<Plan, ApiError> {
        let id = endpoint.text("Id");
        if endpoint.text("Name") == DEFAULT {
            let message = "The default streaming endpoint cannot be deleted.";
            let code = "DeleteNotAllowedOnDefaultOrigin";
            let (operation, change) = lifecycle::failed(id, code, message)?;
            let after = vec![change];
            return Ok(Plan { after, keep: true, operation: Some(operation), ..Plan::default() });
        }
        let step = Step { from: &[State::Stopped], through: State::Deleting, end: End::Deleted };
        let (operation, after) = lifecycle::begin(app, id, Some(endpoint), step, Vec::new())?;
        Ok(Plan {
            before: lifecycle::conditions(endpoint)?,
            after,
            then: vec![super::Effect::WatchOperations],
            operation: Some(operation),
            // It goes when the operation ends.
            keep: true,
            ..Plan::default()
        })
    }

    async fn invoke(
        &self,
        app: &App,
        endpoint: &Record,
        operation: &'static Operation,
        parameters: &[(&'static str, Value)],
    ) -> Result<Outcome, ApiError> {
        let mut values = Vec::new();
        let step = match operation.name {
            "Start" => Step {
                from: &[State::Stopped],
                through: State::Starting,
                end: End::State(State::Running),
            },
            "Stop" => Step {
                from: &[State::Running],
                through: State::Stopping,
                end: End::State(State::Stopped),
            },
            "Scale" => {
                let units = parameters.iter().find_map(|(_, value)| value.as_integer());
                let units = units.ok_or_else(|| {
                    ApiError::bad_request("The parameter 'scaleUnits' is required.")
                })?;
                settings::check_units(app, units)?;
                values.push(("ScaleUnits", Value::Integer(units)));
                Step {
                    from: &[State::Running, State::Stopped],
                    through: State::Scaling,
                    end: End::State(lifecycle::state(endpoint)),
                }
            }
            name => return Err(not_available(name)),
        };
        let id = endpoint.text("Id");
        let (operation_id, changes) = lifecycle::begin(app, id, Some(endpoint), step, values)?;
        let mut all = lifecycle::conditions(endpoint)?;
        all.extend(changes);
        app.store.commit(all).await?;
        app.carry_out(&[super::Effect::WatchOperations]).await;
        Ok(Outcome::Accepted { operation_id })
    }
}

/// Makes the endpoint that every account has; it starts as Stopped.
pub(super) async fn seed(app: &App) -> Result<(), ApiError> {
    let endpoints = set("StreamingEndpoints")?;
    let there = all(app).await?;
    // The public URLs may have changed since the last time.
    let mut changes = Vec::new();
    for endpoint in &there {
        changes.push(host(app, endpoint.text("Id"), endpoint.text("Name"))?);
    }
    if !there.iter().any(|endpoint| endpoint.text("Name") == DEFAULT) {
        let mut endpoint = Record::new(endpoints.entity_type);
        let now = DateTime::now().truncated_to_millis();
        endpoint.put("Id", format!("nb:oid:UUID:{}", uuid::Uuid::new_v4()));
        endpoint.put("Created", now);
        endpoint.put("LastModified", now);
        endpoint.put("Name", DEFAULT);
        endpoint.put("Description", "");
        endpoint.put("State", State::Stopped.as_str());
        endpoint.put("HostName", app.urls.streaming_host(DEFAULT));
        settings::complete(&mut endpoint);
        changes.push(Change::Insert(endpoints, endpoint));
    }
    Ok(app.store.commit(changes).await?)
}

/// Sets where an endpoint is to be reached.
fn host(app: &App, id: &str, name: &str) -> Result<Change, ApiError> {
    let values = vec![("HostName", Value::from(app.urls.streaming_host(name)))];
    Ok(Change::Set(set("StreamingEndpoints")?, id.to_owned(), values))
}

/// That an endpoint has a name, in whatever case: it becomes part of a host name.
fn is_named(name: &str) -> Expr {
    let lower = Expr::call("tolower", [Expr::property("Name")]);
    Expr::binary(BinaryOp::Eq, lower, Expr::Literal(name.to_ascii_lowercase().to_literal()))
}

/// All endpoints of the account, the default one first.
pub(crate) async fn all(app: &App) -> Result<Vec<Record>, ApiError> {
    Ok(app.store.query(&Query::set(set("StreamingEndpoints")?)).await?.records)
}

/// Whether an endpoint serves streams. One that was running goes on while its units are changed.
pub(crate) async fn serves(app: &App, endpoint: &Record) -> Result<bool, ApiError> {
    match lifecycle::state(endpoint) {
        State::Running => Ok(true),
        State::Scaling => lifecycle::ends_running(app, endpoint).await,
        _ => Ok(false),
    }
}

/// Whether an endpoint only hands out files: one of the first version without units.
pub(crate) fn is_classic(endpoint: &Record) -> bool {
    endpoint.text("StreamingEndpointVersion") == "1.0"
        && endpoint.value("ScaleUnits").as_integer().unwrap_or_default() == 0
}
