//! `NotificationEndPoints`: where jobs and tasks tell how they get on.
//!
//! Webhooks only: there are no queues and no tables here.

use async_trait::async_trait;
use azure_media::v2_19::{NotificationEndPointCredentialType, NotificationEndPointType};
use edm::{Draft, Record, Value};

use super::{New, Plan, Rules, not_available, set};
use crate::app::App;
use crate::error::ApiError;
use crate::notify;

pub(super) struct NotificationEndPoints;

/// Subscriptions of one job or task: each change of its state makes as many messages.
const MOST_SUBSCRIPTIONS: usize = 100;

#[async_trait]
impl Rules for NotificationEndPoints {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        check_type(&new.record)?;
        check(app, &new.record)?;
        check_credential(app, &new.record)
    }

    async fn update(
        &self,
        app: &App,
        _: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        check(app, new)?;
        Ok(Plan::default())
    }
}

fn number(record: &Record, property: &str) -> i32 {
    let number = record.value(property).as_integer().unwrap_or_default();
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn check_type(end_point: &Record) -> Result<(), ApiError> {
    let instead = "use EndPointType 3 (WebHook) instead: a notification endpoint of type";
    match NotificationEndPointType::from_number(number(end_point, "EndPointType")) {
        NotificationEndPointType::WebHook => Ok(()),
        NotificationEndPointType::AzureQueue => {
            Err(not_available(&format!("Please {instead} 1 (AzureQueue)")))
        }
        NotificationEndPointType::AzureTable => {
            Err(not_available(&format!("Please {instead} 2 (AzureTable)")))
        }
        _ => Err(ApiError::bad_request("EndPointType must be 3 (WebHook).")),
    }
}

fn check(app: &App, end_point: &Record) -> Result<(), ApiError> {
    if end_point.text("Name").trim().is_empty() {
        return Err(ApiError::bad_request("The property 'Name' cannot be empty."));
    }
    let address = end_point.text("EndPointAddress");
    match notify::parse_address(address, app.public_webhooks) {
        Ok(_) => Ok(()),
        Err(problem) => {
            let message = format!("EndPointAddress must be the URL of a webhook: {problem}.");
            Err(ApiError::bad_request(message))
        }
    }
}

fn check_credential(app: &App, end_point: &Record) -> Result<(), ApiError> {
    let refuse = |message: &str| Err(ApiError::bad_request(message));
    let credential = end_point.text("EncryptedEndPointCredential");
    match NotificationEndPointCredentialType::from_number(number(end_point, "CredentialType")) {
        NotificationEndPointCredentialType::None if credential.is_empty() => return Ok(()),
        NotificationEndPointCredentialType::None => {
            return refuse("CredentialType must be 1 (SigningKey) for a credential.");
        }
        NotificationEndPointCredentialType::SigningKey => {}
        _ => return refuse("CredentialType must be 0 (None) or 1 (SigningKey)."),
    }
    if credential.is_empty() {
        return refuse("CredentialType 1 (SigningKey) needs an EncryptedEndPointCredential.");
    }
    let thumbprint = end_point.text("ProtectionKeyId");
    if !thumbprint.eq_ignore_ascii_case(app.protection.thumbprint()) {
        return refuse("ProtectionKeyId must be what GetProtectionKeyId tells.");
    }
    notify::check_credential(app, end_point).map_err(|problem| {
        ApiError::bad_request(format!("EncryptedEndPointCredential is not good: {problem}."))
    })
}

/// Checks the subscriptions of a job or of a task.
pub(super) async fn check_subscriptions(app: &App, record: &Record) -> Result<(), ApiError> {
    for (property, ty, target) in [
        ("JobNotificationSubscriptions", "JobNotificationSubscription", "TargetJobState"),
        ("TaskNotificationSubscriptions", "TaskNotificationSubscription", "TargetTaskState"),
    ] {
        let Value::Collection(subscriptions) = record.value(property) else { continue };
        if subscriptions.len() > MOST_SUBSCRIPTIONS {
            let message = format!("{property} can have {MOST_SUBSCRIPTIONS} elements.");
            return Err(ApiError::bad_request(message));
        }
        for subscription in subscriptions {
            let Value::Complex(members) = subscription else { continue };
            let member = |name: &str| members.iter().find(|(member, _)| member == name);
            match member(target).and_then(|(_, value)| value.as_integer()) {
                Some(1 | 2) => {}
                None | Some(0) => {
                    let message = format!("{ty}.{target} must not be 0");
                    return Err(ApiError::bad_request(message));
                }
                Some(_) => {
                    let message = format!("{ty}.{target} must be 1 (FinalStatesOnly) or 2 (All).");
                    return Err(ApiError::bad_request(message));
                }
            }
            let id = member("NotificationEndPointId").and_then(|(_, value)| value.as_str());
            let id = id.unwrap_or_default();
            let key = edm::path::KeyPredicate::Single(edm::literal::Literal::text(id).into());
            let set = set("NotificationEndPoints")?;
            if app.store.get(set, &crate::odata::key_text(set, &key)?).await?.is_none() {
                return Err(ApiError::no_entity("NotificationEndPoint"));
            }
        }
    }
    Ok(())
}
