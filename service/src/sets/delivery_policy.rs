//! `AssetDeliveryPolicies`: how assets are streamed, by protocol.

use async_trait::async_trait;
use azure_media::v2_19::{
    AssetDeliveryPolicyConfigurationKey as Key, AssetDeliveryPolicyType, AssetDeliveryProtocol,
};
use edm::query::QueryOptions;
use edm::{Draft, Record};

use super::asset_protection::no_origin_locator;
use super::delivery_configuration::DeliveryConfiguration;
use super::{New, Plan, Rules, set};
use crate::app::App;
use crate::error::ApiError;
use crate::store::Change;

pub(super) struct AssetDeliveryPolicies;

#[async_trait]
impl Rules for AssetDeliveryPolicies {
    async fn create(&self, _: &App, new: &mut New) -> Result<(), ApiError> {
        check(&new.record)
    }

    /// What is streamed already stays as it is. The name may change.
    async fn update(
        &self,
        app: &App,
        old: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        let decisive =
            ["AssetDeliveryProtocol", "AssetDeliveryPolicyType", "AssetDeliveryConfiguration"];
        if decisive.iter().all(|name| old.value(name) == new.value(name)) {
            return Ok(Plan::default());
        }
        check(new)?;
        Ok(Plan { before: unused(app, old, "changed").await?, ..Plan::default() })
    }

    async fn delete(&self, app: &App, policy: &Record, _: &QueryOptions) -> Result<Plan, ApiError> {
        Ok(Plan { before: unused(app, policy, "deleted").await?, ..Plan::default() })
    }
}

/// That no asset with the policy has an origin locator.
async fn unused(app: &App, policy: &Record, what: &str) -> Result<Vec<Change>, ApiError> {
    let (policies, assets) = (set("AssetDeliveryPolicies")?, set("Assets")?);
    let target = (policies, policy.text("Id"));
    let linked = app.store.linked_by(target, assets, "DeliveryPolicies").await?;
    linked.iter().map(|asset| no_origin_locator(asset, what)).collect()
}

/// The type of a policy.
pub(crate) fn policy_type(policy: &Record) -> AssetDeliveryPolicyType {
    let number = policy.value("AssetDeliveryPolicyType").as_integer().unwrap_or_default();
    AssetDeliveryPolicyType::from_number(i32::try_from(number).unwrap_or(-1))
}

/// The protocols of a policy.
pub(crate) fn protocols(policy: &Record) -> AssetDeliveryProtocol {
    let number = policy.value("AssetDeliveryProtocol").as_integer().unwrap_or_default();
    AssetDeliveryProtocol::from_number(i32::try_from(number).unwrap_or_default())
}

fn check(policy: &Record) -> Result<(), ApiError> {
    let ty = policy_type(policy);
    if matches!(ty, AssetDeliveryPolicyType::None | AssetDeliveryPolicyType::Unknown(_)) {
        let message = "AssetDeliveryPolicyType must be 1 (Blocked), 2 (NoDynamicEncryption), \
                       3 (DynamicEnvelopeEncryption), 4 (DynamicCommonEncryption) or \
                       5 (DynamicCommonEncryptionCbcs).";
        return Err(ApiError::bad_request(message));
    }
    let protocols = protocols(policy);
    if protocols.value() == 0 || !AssetDeliveryProtocol::ALL.contains(protocols) {
        let message = "AssetDeliveryProtocol must be a sum of 1 (SmoothStreaming), 2 (Dash), \
                       4 (HLS), 8 (Hds) and 16 (ProgressiveDownload), or 65535 (All).";
        return Err(ApiError::bad_request(message));
    }
    let text = policy.text("AssetDeliveryConfiguration");
    let configuration = DeliveryConfiguration::parse(text).map_err(|problem| {
        ApiError::bad_request(format!("AssetDeliveryConfiguration cannot be used: {problem}."))
    })?;
    let envelope = [Key::EnvelopeKeyAcquisitionUrl, Key::EnvelopeBaseKeyAcquisitionUrl];
    if ty == AssetDeliveryPolicyType::DynamicEnvelopeEncryption && !configuration.has_any(&envelope)
    {
        let message = "The AssetDeliveryConfiguration of a policy of type DynamicEnvelopeEncryption \
                       must have the URL of the key: Key 1 (EnvelopeKeyAcquisitionUrl) or Key 2 \
                       (EnvelopeBaseKeyAcquisitionUrl).";
        return Err(ApiError::bad_request(message));
    }
    let widevine = [Key::WidevineLicenseAcquisitionUrl, Key::WidevineBaseLicenseAcquisitionUrl];
    if configuration.has_any(&widevine) && !protocols.contains(AssetDeliveryProtocol::DASH) {
        let message = "Widevine needs the AssetDeliveryProtocol 2 (Dash).";
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}
