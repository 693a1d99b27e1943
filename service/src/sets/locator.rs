//! `Locators`: a way to an asset's files, for a while.
//!
//! A SAS locator is a signed URL of the asset's container, backed by a stored access policy; an
//! OnDemandOrigin locator is a path of the streaming endpoint.

use std::ops::Range;

use async_trait::async_trait;
use azure_media::v2_19::{AccessPermissions, LocatorType};
use edm::query::QueryOptions;
use edm::{DateTime, Draft, Duration, Record};
use jiff::Timestamp;

use super::{Effect, New, Plan, Rules, equals, guid_of, set};
use crate::app::App;
use crate::blob::{Permissions, Policy};
use crate::error::ApiError;
use crate::odata::linked_entity;
use crate::store::Change;

pub(super) struct Locators;

#[async_trait]
impl Rules for Locators {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        bind(new)?;
        let ty = locator_type(&new.record);
        if !matches!(ty, LocatorType::SAS | LocatorType::OnDemandOrigin) {
            let message = "Type must be 1 (SAS) or 2 (OnDemandOrigin).";
            return Err(ApiError::bad_request(message));
        }
        let policy = read(app, "AccessPolicies", new.record.text("AccessPolicyId")).await?;
        let asset = read(app, "Assets", new.record.text("AssetId")).await?;
        let permissions = permissions(&policy);
        if ty == LocatorType::OnDemandOrigin && permissions != AccessPermissions::READ {
            let message = "An OnDemandOrigin locator needs an access policy with the permission \
                           Read and no other.";
            return Err(ApiError::bad_request(message));
        }
        if ty == LocatorType::OnDemandOrigin {
            super::asset_protection::check_origin(app, &asset).await?;
        }
        let container = super::asset::container(&asset);
        if !app.blob_store.container_exists(&container).await? {
            return Err(ApiError::conflict("The container of the asset is gone."));
        }
        set_expiry(&mut new.record, duration(&policy), DateTime::now());
        let locators = set("Locators")?;
        let most = app.quotas.locators_per_asset;
        new.plan.before.push(super::still_there("Assets", asset.text("Id"))?);
        new.plan.before.push(Change::AtMost {
            set: locators,
            filter: equals("AssetId", new.record.text("AssetId")),
            count: most.saturating_sub(1),
            otherwise: format!("An asset can have {most} locators at one time."),
        });
        match ty {
            LocatorType::SAS => sign(app, new, &container, permissions).await,
            _ => {
                let id = guid_of(new.record.text("Id")).to_owned();
                // Any running endpoint serves it; the URL is that of the default one.
                let base = app.urls.streaming("default");
                new.record.put("Path", format!("{base}/{id}/"));
                new.record.put("BaseUri", base);
                new.record.put("ContentAccessComponent", id);
                new.plan.then.push(Effect::PrepareStreams(asset.text("Id").to_owned()));
                Ok(())
            }
        }
    }

    /// A SAS URL is signed with its times: it cannot be changed. An origin locator can: its end
    /// moves with its start, unless it is given too.
    async fn update(
        &self,
        app: &App,
        old: &Record,
        new: &mut Record,
        draft: &Draft,
    ) -> Result<Plan, ApiError> {
        if locator_type(old) == LocatorType::SAS {
            return Err(ApiError::bad_request("A SAS locator cannot be updated."));
        }
        if draft.get("ExpirationDateTime").is_none() && draft.get("StartTime").is_some() {
            let policy = read(app, "AccessPolicies", old.text("AccessPolicyId")).await;
            let length = match (policy, expiry(old), old.value("StartTime").as_date_time()) {
                (Ok(policy), _, _) => duration(&policy),
                // The policy is gone: the locator stays as long as it was.
                (Err(_), Some(end), Some(start)) => end.since(start),
                (Err(error), _, _) => return Err(error),
            };
            set_expiry(new, length, DateTime::now());
        }
        let start = new.value("StartTime").as_date_time();
        if expiry(new) < start {
            let message = "ExpirationDateTime must not be before StartTime.";
            return Err(ApiError::bad_request(message));
        }
        Ok(Plan::default())
    }

    async fn delete(&self, _: &App, locator: &Record, _: &QueryOptions) -> Result<Plan, ApiError> {
        let container = super::asset::container_of(locator.text("AssetId"));
        let id = guid_of(locator.text("Id")).to_owned();
        let then = match locator_type(locator) {
            LocatorType::SAS => vec![Effect::RemovePolicy { container, id }],
            _ => Vec::new(),
        };
        Ok(Plan { then, ..Plan::default() })
    }
}

/// Takes the ids of asset and policy from links, where a client gives links instead.
fn bind(new: &mut New) -> Result<(), ApiError> {
    let links =
        [("Asset", "Assets", "AssetId"), ("AccessPolicy", "AccessPolicies", "AccessPolicyId")];
    for (navigation, set_name, property) in links {
        let binding = new.draft.bindings.iter().find(|b| b.navigation == navigation);
        if let Some(url) = binding.and_then(|binding| binding.urls.first()) {
            let (linked, key) = linked_entity(url)?;
            if linked.name != set_name {
                let message = format!("The link of {navigation} must lead into {set_name}.");
                return Err(ApiError::bad_request(message));
            }
            new.record.put(property, key);
        }
        if new.record.text(property).is_empty() {
            return Err(ApiError::bad_request(format!("The property '{property}' is required.")));
        }
    }
    Ok(())
}

async fn read(app: &App, name: &'static str, key: &str) -> Result<Record, ApiError> {
    let set = set(name)?;
    let found = app.store.get(set, key).await?;
    found.ok_or_else(|| ApiError::no_entity(set.entity_type.name))
}

/// The type of a locator.
pub(super) fn locator_type(locator: &Record) -> LocatorType {
    let number = locator.value("Type").as_integer().unwrap_or_default();
    LocatorType::from_number(i32::try_from(number).unwrap_or_default())
}

fn permissions(policy: &Record) -> AccessPermissions {
    let number = policy.value("Permissions").as_integer().unwrap_or_default();
    AccessPermissions::from_number(i32::try_from(number).unwrap_or_default())
}

fn duration(policy: &Record) -> Duration {
    Duration::from_minutes(policy.value("DurationInMinutes").as_double().unwrap_or_default())
}

fn expiry(locator: &Record) -> Option<DateTime> {
    locator.value("ExpirationDateTime").as_date_time()
}

/// The end: start, or now without one, and the policy's duration.
fn set_expiry(locator: &mut Record, length: Duration, now: DateTime) {
    let start = locator.value("StartTime").as_date_time().unwrap_or(now);
    let end = start.saturating_add(length);
    // Signed URLs have whole seconds; a locator must not say otherwise.
    let whole = DateTime::from_ticks(end.ticks() - end.ticks() % edm::time::TICKS_PER_SECOND);
    locator.put("ExpirationDateTime", whole);
}

/// Stores the policy of a SAS locator and signs its URL.
async fn sign(
    app: &App,
    new: &mut New,
    container: &str,
    permissions: AccessPermissions,
) -> Result<(), ApiError> {
    let id = guid_of(new.record.text("Id")).to_owned();
    let start = new.record.value("StartTime").as_date_time();
    let end = expiry(&new.record).unwrap_or(DateTime::MAX);
    let granted = [
        (AccessPermissions::READ, Permissions::READ),
        (AccessPermissions::WRITE, Permissions::WRITE),
        (AccessPermissions::DELETE, Permissions::DELETE),
        (AccessPermissions::LIST, Permissions::LIST),
    ]
    .into_iter()
    .filter(|(asked, _)| permissions.contains(*asked))
    .fold(Permissions::NONE, |granted, (_, permission)| granted.union(permission));
    let (start, end) = (start.map(timestamp), timestamp(end));
    let policy = Policy { start, expiry: Some(end), permissions: granted };
    app.blob_store.set_policy(container, &id, &policy).await?;
    new.plan
        .otherwise
        .push(Effect::RemovePolicy { container: container.to_owned(), id: id.clone() });
    let query = app.sas.sign(container, &id, start, end);
    let base = app.blobs.container_url(container);
    new.record.put("Path", format!("{base}?{query}"));
    new.record.put("BaseUri", base);
    new.record.put("ContentAccessComponent", format!("?{query}"));
    Ok(())
}

/// The same time as the storage account has it; times past its calendar are its last.
fn timestamp(time: DateTime) -> Timestamp {
    Timestamp::from_millisecond(time.unix_millis()).unwrap_or(Timestamp::MAX)
}

/// When a locator is good, if ever.
pub(crate) fn open_times(locator: &Record) -> Option<Range<DateTime>> {
    let start = locator.value("StartTime").as_date_time().unwrap_or(DateTime::MIN);
    Some(start..expiry(locator)?)
}
