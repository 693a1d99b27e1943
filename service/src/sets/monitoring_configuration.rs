//! `MonitoringConfigurations`: which components are to report, and where to. There is at most one, by quota.
//!
//! The service keeps it as a client has set it, and has no telemetry to report.

use async_trait::async_trait;
use edm::{Draft, Record, Value};

use super::{New, Plan, Rules, set};
use crate::app::App;
use crate::error::ApiError;

pub(super) struct MonitoringConfigurations;

const COMPONENTS: &[&str] = &["Channel", "StreamingEndpoint"];
const LEVELS: &[&str] = &["Disabled", "Normal", "Verbose"];

#[async_trait]
impl Rules for MonitoringConfigurations {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let end_point = new.record.text("NotificationEndPointId");
        if !end_point.is_empty() {
            let found = app.store.get(set("NotificationEndPoints")?, end_point).await?;
            found.ok_or_else(|| ApiError::no_entity("NotificationEndPoint"))?;
            new.plan.before.push(super::still_there("NotificationEndPoints", end_point)?);
        }
        complete(&mut new.record)
    }

    async fn update(
        &self,
        _: &App,
        _: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        complete(new)?;
        Ok(Plan::default())
    }
}

/// Checks the settings, and adds those that are not there: what is not set is disabled.
fn complete(configuration: &mut Record) -> Result<(), ApiError> {
    let Value::Collection(mut settings) = configuration.value("Settings").clone() else {
        return Err(ApiError::bad_request("Settings must be a collection."));
    };
    let mut found = Vec::new();
    for setting in &settings {
        let (component, level) = (member(setting, "Component"), member(setting, "Level"));
        let known = |names: &[&str], name: &str| names.contains(&name);
        if !known(COMPONENTS, component) {
            return Err(refuse("Component", COMPONENTS, component));
        }
        if !known(LEVELS, level) {
            return Err(refuse("Level", LEVELS, level));
        }
        if found.contains(&component.to_owned()) {
            let message = format!("Settings has the Component '{component}' twice.");
            return Err(ApiError::bad_request(message));
        }
        found.push(component.to_owned());
    }
    for component in COMPONENTS.iter().filter(|name| !found.iter().any(|found| found == *name)) {
        settings.push(Value::Complex(vec![
            ("Component".into(), (*component).into()),
            ("Level".into(), "Disabled".into()),
        ]));
    }
    configuration.put("Settings", Value::Collection(settings));
    Ok(())
}

fn refuse(member: &str, known: &[&str], found: &str) -> ApiError {
    let known = known.join(", ");
    ApiError::bad_request(format!("{member} of Settings must be one of {known}; found '{found}'."))
}

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    let Value::Complex(members) = value else { return "" };
    let found = members.iter().find(|(member, _)| member == name);
    found.and_then(|(_, value)| value.as_str()).unwrap_or_default()
}
