//! `IngestManifests`, `IngestManifestAssets` and `IngestManifestFiles`: uploads in bulk.
//!
//! A manifest has a container of its own. What is uploaded there under the name of one of its files
//! goes into the asset of that file: [`crate::ingest`] sees to that. The statistics and the state of
//! a manifest are derived in the store.

use async_trait::async_trait;
use edm::query::QueryOptions;
use edm::{Draft, Record, Value};
use jiff::{SignedDuration, Timestamp};

use super::{Effect, New, Plan, Rules, asset_file, both, equals, guid_of, is_true, set};
use crate::app::App;
use crate::blob::{Permissions, Policy, WATCHED};
use crate::error::ApiError;
use crate::odata::linked_entity;
use crate::store::{Change, Source};

pub(super) struct IngestManifests;
pub(super) struct IngestManifestAssets;
pub(super) struct IngestManifestFiles;

/// The name of the stored access policy of a manifest's container.
const POLICY: &str = "upload";
/// The longest name of a file of an asset.
const LONGEST_NAME: usize = 260;
/// How long uploads are possible: a hundred years, for the URL ends with its manifest.
const LIFE: SignedDuration = SignedDuration::from_hours(100 * 365 * 24);

#[async_trait]
impl Rules for IngestManifests {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let account = match new.record.text("StorageAccountName") {
            "" => app.account.name.clone(),
            name => name.to_owned(),
        };
        super::storage_account::check(app, &account).await?;
        new.record.put("StorageAccountName", account);
        let none = |name: &'static str| (name.into(), Value::Integer(0));
        let counts = ["PendingFilesCount", "FinishedFilesCount", "ErrorFilesCount"].map(none);
        let mut statistics = counts.to_vec();
        statistics.push(("ErrorFilesDetails".into(), Value::Null));
        new.record.put("Statistics", Value::Complex(statistics));

        let container = container_of(new.record.text("Id"));
        app.blob_store.create_container(&container).await?;
        new.plan.otherwise.push(Effect::DeleteContainer(container.clone()));
        let permissions = Permissions::READ.union(Permissions::WRITE).union(Permissions::LIST);
        let expiry = Timestamp::now().saturating_add(LIFE).map_err(ApiError::internal)?;
        let policy = Policy { start: None, expiry: Some(expiry), permissions };
        app.blob_store.set_policy(&container, POLICY, &policy).await?;
        let query = app.sas.sign(&container, POLICY, None, expiry);
        let url = format!("{}?{query}", app.blobs.container_url(&container));
        new.record.put("BlobStorageUriForUpload", url);
        Ok(())
    }

    /// Its assets and files go with it, and what was uploaded and belongs to none of them; assets
    /// and what is in them by then stay.
    async fn delete(&self, _: &App, manifest: &Record, _: &QueryOptions) -> Result<Plan, ApiError> {
        let of_manifest = equals("ParentIngestManifestId", manifest.text("Id"));
        let after = vec![
            Change::DeleteWhere(set("IngestManifestFiles")?, of_manifest.clone()),
            Change::DeleteWhere(set("IngestManifestAssets")?, of_manifest),
        ];
        let then = vec![Effect::DeleteContainer(container_of(manifest.text("Id")))];
        Ok(Plan { after, then, ..Plan::default() })
    }
}

#[async_trait]
impl Rules for IngestManifestAssets {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let parent = new.record.text("ParentIngestManifestId").to_owned();
        let manifest = read(app, "IngestManifests", &parent).await?;
        let asset_id = asset_of_body(&new.draft)?;
        let asset = read(app, "Assets", &asset_id).await?;
        if asset.text("StorageAccountName") != manifest.text("StorageAccountName") {
            let message = "The asset must be in the storage account of the IngestManifest.";
            return Err(ApiError::conflict(message));
        }
        new.plan.before.push(super::still_there("IngestManifests", &parent)?);
        new.plan.before.push(super::still_there("Assets", &asset_id)?);
        let from = Source::new("IngestManifestAssets", new.record.text("Id"), "Asset");
        new.plan.after.push(Change::Link(from, "Assets", asset_id));
        Ok(())
    }

    /// Its files go with it.
    async fn delete(&self, _: &App, asset: &Record, _: &QueryOptions) -> Result<Plan, ApiError> {
        let of_asset = equals("ParentIngestManifestAssetId", asset.text("Id"));
        let before = vec![Change::DeleteWhere(set("IngestManifestFiles")?, of_asset)];
        Ok(Plan { before, ..Plan::default() })
    }
}

/// The id of the asset that a body names: by a link, or, as documentation does, inline.
fn asset_of_body(draft: &Draft) -> Result<String, ApiError> {
    let binding = draft.bindings.iter().find(|binding| binding.navigation == "Asset");
    if let Some(url) = binding.and_then(|binding| binding.urls.first()) {
        let (linked, id) = linked_entity(url)?;
        return match linked.name {
            "Assets" => Ok(id),
            _ => Err(ApiError::bad_request("The link of Asset must lead into Assets.")),
        };
    }
    let inline = draft.inline.iter().find(|inline| inline.navigation == "Asset");
    let id = inline.and_then(|inline| inline.entities.first()?.get("Id")?.as_str());
    let missing = "An IngestManifestAsset needs an Asset: a link to one, or its Id.";
    let id = id.filter(|id| !id.is_empty()).ok_or_else(|| ApiError::bad_request(missing))?;
    let key = edm::literal::Literal::text(id);
    crate::odata::key_text(set("Assets")?, &edm::path::KeyPredicate::Single(key.into()))
}

#[async_trait]
impl Rules for IngestManifestFiles {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let manifest = new.record.text("ParentIngestManifestId").to_owned();
        let asset = new.record.text("ParentIngestManifestAssetId").to_owned();
        read(app, "IngestManifests", &manifest).await?;
        let parent = read(app, "IngestManifestAssets", &asset).await?;
        if parent.text("ParentIngestManifestId") != manifest {
            let message =
                format!("The IngestManifestAsset '{asset}' is of another IngestManifest.");
            return Err(ApiError::bad_request(message));
        }
        let name = new.record.text("Name").to_owned();
        // It becomes the name of a file of the asset.
        asset_file::check_name(&name)?;
        if name.chars().count() > LONGEST_NAME {
            let message =
                format!("Name becomes that of an AssetFile: at most {LONGEST_NAME} characters.");
            return Err(ApiError::bad_request(message));
        }
        asset_file::check_encryption(&new.record)?;
        let files = set("IngestManifestFiles")?;
        let none = |filter, otherwise| Change::AtMost { set: files, filter, count: 0, otherwise };
        new.plan.before.push(super::still_there("IngestManifestAssets", &asset)?);
        new.plan.before.push(none(
            both(equals("ParentIngestManifestId", &manifest), equals("Name", &name)),
            format!("The IngestManifest has a file named '{name}' already."),
        ));
        if new.record.value("IsPrimary").as_bool() == Some(true) {
            new.plan.before.push(none(
                both(equals("ParentIngestManifestAssetId", &asset), is_true("IsPrimary")),
                "The IngestManifestAsset has a primary file already.".to_owned(),
            ));
        }
        // It may have been uploaded already.
        new.plan.then.push(Effect::LookForUploads(container_of(&manifest)));
        Ok(())
    }
}

async fn read(app: &App, name: &'static str, key: &str) -> Result<Record, ApiError> {
    let set = set(name)?;
    let found = app.store.get(set, key).await?;
    found.ok_or_else(|| ApiError::no_entity(set.entity_type.name))
}

/// The name of the container of the manifest with this id.
pub(crate) fn container_of(id: &str) -> String {
    format!("{WATCHED}{}", guid_of(id).to_ascii_lowercase())
}
