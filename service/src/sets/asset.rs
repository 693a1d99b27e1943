//! `Assets`: a container of files.

use async_trait::async_trait;
use edm::model::Operation;
use edm::query::QueryOptions;
use edm::{Record, Value};

use super::{
    Effect, Link, New, Outcome, Plan, Rules, asset_protection, equals, guid_of, not_available, set,
};
use crate::app::App;
use crate::error::ApiError;
use crate::store::{Change, Query};

pub(super) struct Assets;

#[async_trait]
impl Rules for Assets {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        complete(app, &mut new.record, &mut new.plan).await
    }

    /// `Publish` is long deprecated: it is answered and does nothing.
    async fn invoke(
        &self,
        _: &App,
        _: &Record,
        operation: &'static Operation,
        _: &[(&'static str, Value)],
    ) -> Result<Outcome, ApiError> {
        match operation.name {
            "Publish" => Ok(Outcome::NoContent),
            name => Err(not_available(name)),
        }
    }

    async fn link(&self, app: &App, link: &Link<'_>) -> Result<Plan, ApiError> {
        match link.navigation.name {
            "ContentKeys" => asset_protection::link_key(link.from, link.to),
            "DeliveryPolicies" => asset_protection::link_policy(app, link.from, link.to).await,
            _ => Ok(Plan::default()),
        }
    }

    async fn unlink(&self, _: &App, link: &Link<'_>) -> Result<Plan, ApiError> {
        match link.navigation.name {
            "ContentKeys" => asset_protection::unlink_key(link.to),
            "DeliveryPolicies" => asset_protection::unlink_policy(link.from),
            _ => Ok(Plan::default()),
        }
    }

    /// Locators, files, filters and keys of nothing else go with the asset; so does the container,
    /// unless it is to be kept.
    async fn delete(
        &self,
        app: &App,
        asset: &Record,
        options: &QueryOptions,
    ) -> Result<Plan, ApiError> {
        let (locators, files) = (set("Locators")?, set("Files")?);
        let id = asset.text("Id");
        let container = container(asset);
        let of_asset = equals("AssetId", id);
        let found = app.store.query(&Query::all(locators, of_asset.clone())).await?.records;
        let policy = |locator: &Record| Effect::RemovePolicy {
            container: container.clone(),
            id: guid_of(locator.text("Id")).to_owned(),
        };
        let mut then: Vec<_> = found.iter().map(policy).collect();
        let keep = options.custom("keepcontainer").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        if !keep {
            then.push(Effect::DeleteContainer(container.clone()));
        }
        let mut after = vec![
            Change::DeleteWhere(locators, of_asset),
            Change::DeleteWhere(files, equals("ParentAssetId", id)),
            Change::DeleteWhere(set("AssetFilters")?, equals("ParentAssetId", id)),
        ];
        after.extend(asset_protection::delete_keys(app, id).await?);
        Ok(Plan { after, then, ..Plan::default() })
    }
}

/// Checks an asset that is being made, and makes its container. Also for the outputs of jobs.
pub(super) async fn complete(
    app: &App,
    asset: &mut Record,
    plan: &mut Plan,
) -> Result<(), ApiError> {
    let options = asset.value("Options").as_integer().unwrap_or_default();
    if !matches!(options, 0 | 1 | 2 | 4) {
        let message = format!("Options must be 0, 1, 2 or 4, not a combination; found {options}.");
        return Err(ApiError::bad_request(message));
    }
    let format = asset.value("FormatOption").as_integer().unwrap_or_default();
    if !matches!(format, 0 | 1) {
        let message = format!("FormatOption must be 0 or 1 (AdaptiveStreaming); found {format}.");
        return Err(ApiError::bad_request(message));
    }
    let account = match asset.text("StorageAccountName") {
        "" => app.account.name.clone(),
        name => name.to_owned(),
    };
    super::storage_account::check(app, &account).await?;
    asset.put("StorageAccountName", account);
    let container = container(asset);
    asset.put("Uri", app.blobs.container_url(&container));
    app.blob_store.create_container(&container).await?;
    plan.otherwise.push(Effect::DeleteContainer(container));
    Ok(())
}

/// The name of an asset's container.
pub(crate) fn container(asset: &Record) -> String {
    container_of(asset.text("Id"))
}

/// The name of the container of the asset with this id.
pub(crate) fn container_of(id: &str) -> String {
    format!("asset-{}", guid_of(id).to_ascii_lowercase())
}
