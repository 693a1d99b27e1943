//! `ContentKeys`: keys as clients have encrypted them to the account's certificate.

use async_trait::async_trait;
use azure_media::v2_19::ContentKeyDeliveryType;
use edm::model::Operation;
use edm::{Draft, Record, Value};

use super::{New, Outcome, Plan, Rules, not_available, set};
use crate::app::App;
use crate::error::ApiError;
use crate::keys;

pub(super) struct ContentKeys;

#[async_trait]
impl Rules for ContentKeys {
    /// The `Checksum` is kept and not checked: clients compute it in three ways.
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let key = &new.record;
        let number = key.value("ContentKeyType").as_integer().unwrap_or_default();
        keys::protection_key_id(app, number)?;
        check_protection(app, key)?;
        let wrapped = key.text("EncryptedContentKey");
        if wrapped.is_empty() {
            let message = "The property 'EncryptedContentKey' is required.";
            return Err(ApiError::bad_request(message));
        }
        keys::check_wrapped(app, wrapped, keys::key_type(key)).await?;
        check_policy(app, key).await
    }

    async fn update(
        &self,
        app: &App,
        _: &Record,
        new: &mut Record,
        draft: &Draft,
    ) -> Result<Plan, ApiError> {
        if draft.get("AuthorizationPolicyId").is_some() {
            check_policy(app, new).await?;
        }
        Ok(Plan::default())
    }

    async fn invoke(
        &self,
        app: &App,
        key: &Record,
        operation: &'static Operation,
        parameters: &[(&'static str, Value)],
    ) -> Result<Outcome, ApiError> {
        match (operation.name, parameters) {
            ("GetKeyDeliveryUrl", [(_, delivery)]) => {
                delivery_url(app, key, delivery).map(|url| Outcome::Value(Value::String(url)))
            }
            (name, _) => Err(not_available(name)),
        }
    }
}

/// The certificate that a key is encrypted to is the account's.
fn check_protection(app: &App, key: &Record) -> Result<(), ApiError> {
    let ty = key.value("ProtectionKeyType").as_integer().unwrap_or_default();
    // The only one is 0; samples send 1.
    if !matches!(ty, 0 | 1) {
        let message = "ProtectionKeyType must be 0 (X509CertificateThumbprint).";
        return Err(ApiError::bad_request(message));
    }
    let (id, known) = (key.text("ProtectionKeyId"), app.protection.thumbprint());
    if id.is_empty() || id.eq_ignore_ascii_case(known) {
        return Ok(());
    }
    let message = format!(
        "ProtectionKeyId must be the thumbprint that GetProtectionKeyId returns, '{known}'; found \
         '{id}'."
    );
    Err(ApiError::bad_request(message))
}

async fn check_policy(app: &App, key: &Record) -> Result<(), ApiError> {
    let id = key.text("AuthorizationPolicyId");
    let policies = set("ContentKeyAuthorizationPolicies")?;
    if id.is_empty() || app.store.get(policies, id).await?.is_some() {
        return Ok(());
    }
    Err(ApiError::no_entity(policies.entity_type.name))
}

fn delivery_url(app: &App, key: &Record, delivery: &Value) -> Result<String, ApiError> {
    let number = delivery.as_integer().and_then(|number| i32::try_from(number).ok());
    let number = number.ok_or_else(|| {
        ApiError::bad_request("The parameter 'keyDeliveryType' must be a number.")
    })?;
    let delivery = ContentKeyDeliveryType::from_number(number);
    let ty = keys::key_type(key);
    let url = keys::fitting_delivery(ty)
        .contains(&delivery)
        .then(|| keys::acquisition_url(app, key, delivery));
    url.flatten().ok_or_else(|| {
        let fitting: Vec<_> = keys::fitting_delivery(ty)
            .iter()
            .map(|delivery| format!("{} ({delivery:?})", delivery.value()))
            .collect();
        let fitting = match fitting.is_empty() {
            true => "which is not delivered".to_owned(),
            false => format!("whose keyDeliveryType must be {}", fitting.join(" or ")),
        };
        ApiError::bad_request(format!("The content key is of type {ty:?}, {fitting}."))
    })
}
