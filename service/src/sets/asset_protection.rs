//! What may be linked to an asset: content keys and delivery policies.

use azure_media::v2_19::{
    AssetCreationOptions, AssetDeliveryPolicyType, ContentKeyType, LocatorType,
};
use edm::Record;

use super::delivery_policy::{policy_type, protocols};
use super::{Plan, both, equals, is_number, set, still_there};
use crate::app::App;
use crate::error::ApiError;
use crate::keys::{key_type, storage_keys};
use crate::store::{Change, Query, Source};

/// Checks a content key that is to be linked to an asset.
pub(super) fn link_key(asset: &Record, key: &Record) -> Result<Plan, ApiError> {
    let (ty, options) = (key_type(key), options(asset));
    if !fits(ty, options) {
        let message = format!(
            "A content key of type {ty:?} cannot be linked to an asset whose Options are {}.",
            options.value()
        );
        return Err(ApiError::bad_request(message));
    }
    let mut before =
        vec![still_there("Assets", asset.text("Id"))?, still_there("ContentKeys", key.text("Id"))?];
    if ty == ContentKeyType::StorageEncryption {
        before.push(Change::AtMostLinked {
            from: Source::new("Assets", asset.text("Id"), "ContentKeys"),
            set: set("ContentKeys")?,
            filter: storage_keys(),
            count: 0,
            otherwise: "The asset has a content key of type StorageEncryption already.".to_owned(),
        });
    }
    Ok(Plan { before, ..Plan::default() })
}

/// Whether an asset made with these options can have a key of this type. What is encrypted while it
/// is streamed lies in the account as it is, or storage-encrypted.
fn fits(ty: ContentKeyType, options: AssetCreationOptions) -> bool {
    let (common, envelope, storage) = (
        options == AssetCreationOptions::COMMON_ENCRYPTION_PROTECTED,
        options == AssetCreationOptions::ENVELOPE_ENCRYPTION_PROTECTED,
        options == AssetCreationOptions::STORAGE_ENCRYPTED,
    );
    match ty {
        ContentKeyType::StorageEncryption => storage,
        ContentKeyType::CommonEncryption => !envelope,
        ContentKeyType::EnvelopeEncryption => !common,
        ContentKeyType::CommonEncryptionCbcs
        | ContentKeyType::FairPlayASk
        | ContentKeyType::FairPlayPfxPassword => !common && !envelope,
        _ => false,
    }
}

/// Whether an asset's files are encrypted at rest.
pub(crate) fn is_storage_encrypted(asset: &Record) -> bool {
    options(asset) == AssetCreationOptions::STORAGE_ENCRYPTED
}

fn options(asset: &Record) -> AssetCreationOptions {
    let number = asset.value("Options").as_integer().unwrap_or_default();
    AssetCreationOptions::from_number(i32::try_from(number).unwrap_or_default())
}

/// A key that is linked to no asset any more is gone.
pub(super) fn unlink_key(key: &Record) -> Result<Plan, ApiError> {
    let after = vec![Change::DeleteUnlinked(set("ContentKeys")?, key.text("Id").to_owned())];
    Ok(Plan { after, ..Plan::default() })
}

/// What removing an asset does to its keys.
pub(super) async fn delete_keys(app: &App, asset_id: &str) -> Result<Vec<Change>, ApiError> {
    let keys = set("ContentKeys")?;
    let linked = app.store.links(&Source::new("Assets", asset_id, "ContentKeys")).await?;
    Ok(linked.into_iter().map(|key| Change::DeleteUnlinked(keys, key)).collect())
}

/// Checks a delivery policy that is to be linked to an asset: it has the key that the policy needs,
/// and no other policy for the same protocol.
pub(super) async fn link_policy(
    app: &App,
    asset: &Record,
    policy: &Record,
) -> Result<Plan, ApiError> {
    let id = asset.text("Id");
    let linked = linked(app, id, "AssetDeliveryPolicies", "DeliveryPolicies").await?;
    let wanted = protocols(policy).value();
    if let Some(other) = linked.iter().find(|other| protocols(other).value() & wanted != 0) {
        let message = format!(
            "The asset has a delivery policy for the same protocol already: '{}'.",
            other.text("Id")
        );
        return Err(ApiError::conflict(message));
    }
    check_key(app, id, policy).await?;
    let before = vec![
        no_origin_locator(id, "linked")?,
        still_there("Assets", id)?,
        still_there("AssetDeliveryPolicies", policy.text("Id"))?,
    ];
    Ok(Plan { before, ..Plan::default() })
}

/// That the asset has a key of the type that a policy encrypts with.
async fn check_key(app: &App, asset_id: &str, policy: &Record) -> Result<(), ApiError> {
    let ty = policy_type(policy);
    let needed = match ty {
        AssetDeliveryPolicyType::DynamicEnvelopeEncryption => ContentKeyType::EnvelopeEncryption,
        AssetDeliveryPolicyType::DynamicCommonEncryption => ContentKeyType::CommonEncryption,
        AssetDeliveryPolicyType::DynamicCommonEncryptionCbcs => {
            ContentKeyType::CommonEncryptionCbcs
        }
        _ => return Ok(()),
    };
    let keys = linked(app, asset_id, "ContentKeys", "ContentKeys").await?;
    if keys.iter().any(|key| key_type(key) == needed) {
        return Ok(());
    }
    // In the words of the service, which clients look for.
    let message = format!(
        "Cannot set an AssetDeliveryPolicy specifying AssetDeliveryPolicyType.{ty:?} when no \
         ContentKey with ContentKeyType.{needed:?} is linked to it."
    );
    Err(ApiError::bad_request(message))
}

/// What an asset's navigation property leads to, in a set.
pub(crate) async fn linked(
    app: &App,
    asset_id: &str,
    target: &'static str,
    navigation: &'static str,
) -> Result<Vec<Record>, ApiError> {
    let source = Source::new("Assets", asset_id, navigation);
    let query = Query { linked_from: Some(source), ..Query::set(set(target)?) };
    Ok(app.store.query(&query).await?.records)
}

/// What is streamed keeps its policies.
pub(super) fn unlink_policy(asset: &Record) -> Result<Plan, ApiError> {
    let before = vec![no_origin_locator(asset.text("Id"), "unlinked")?];
    Ok(Plan { before, ..Plan::default() })
}

/// That an asset has no OnDemandOrigin locator: its delivery policies can be changed.
pub(super) fn no_origin_locator(asset_id: &str, what: &str) -> Result<Change, ApiError> {
    let origin = is_number("Type", LocatorType::OnDemandOrigin.value().into());
    Ok(Change::AtMost {
        set: set("Locators")?,
        filter: both(equals("AssetId", asset_id), origin),
        count: 0,
        otherwise: format!(
            "A delivery policy cannot be {what} while the asset '{asset_id}' has an OnDemandOrigin \
             locator: delete the locator first."
        ),
    })
}

/// Refuses an OnDemandOrigin locator of a storage-encrypted asset that no policy lets be decrypted.
pub(super) async fn check_origin(app: &App, asset: &Record) -> Result<(), ApiError> {
    if !is_storage_encrypted(asset) {
        return Ok(());
    }
    let source = Source::new("Assets", asset.text("Id"), "DeliveryPolicies");
    if !app.store.links(&source).await?.is_empty() {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "A storage-encrypted asset needs an AssetDeliveryPolicy before it can have an \
         OnDemandOrigin locator: link one, such as of type NoDynamicEncryption.",
    ))
}
