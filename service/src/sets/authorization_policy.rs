//! `ContentKeyAuthorizationPolicyOptions`: on which conditions a content key is delivered. A
//! `ContentKeyAuthorizationPolicy` is no more than links to some of them.

use async_trait::async_trait;
use azure_media::v2_19::{ContentKeyDeliveryType, ContentKeyRestrictionType};
use edm::{Draft, Record, Value};

use super::{New, Plan, Rules, member};
use crate::app::App;
use crate::error::ApiError;
use crate::keys::TokenRestriction;

pub(super) struct Options;

/// More restrictions are refused: clients give one.
const MOST_RESTRICTIONS: usize = 20;

#[async_trait]
impl Rules for Options {
    async fn create(&self, _: &App, new: &mut New) -> Result<(), ApiError> {
        check(&new.record)
    }

    async fn update(
        &self,
        _: &App,
        _: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        check(new).map(|()| Plan::default())
    }
}

fn check(option: &Record) -> Result<(), ApiError> {
    let delivery = option.value("KeyDeliveryType").as_integer().unwrap_or_default();
    let delivery = ContentKeyDeliveryType::from_number(i32::try_from(delivery).unwrap_or(-1));
    if matches!(delivery, ContentKeyDeliveryType::None | ContentKeyDeliveryType::Unknown(_)) {
        let message = "KeyDeliveryType must be 1 (PlayReadyLicense), 2 (BaselineHttp), 3 (Widevine) \
                       or 4 (FairPlay).";
        return Err(ApiError::bad_request(message));
    }
    let Value::Collection(restrictions) = option.value("Restrictions") else {
        return Err(ApiError::bad_request("The property 'Restrictions' is required."));
    };
    if restrictions.is_empty() || restrictions.len() > MOST_RESTRICTIONS {
        let message = format!("Restrictions must have 1 to {MOST_RESTRICTIONS} elements.");
        return Err(ApiError::bad_request(message));
    }
    restrictions.iter().try_for_each(check_restriction)
}

fn check_restriction(restriction: &Value) -> Result<(), ApiError> {
    let ty = member(restriction, "KeyRestrictionType").as_integer().unwrap_or_default();
    let requirements = member(restriction, "Requirements").as_str().unwrap_or_default();
    match ContentKeyRestrictionType::from_number(i32::try_from(ty).unwrap_or(-1)) {
        ContentKeyRestrictionType::Open => Ok(()),
        ContentKeyRestrictionType::TokenRestricted => {
            TokenRestriction::parse(requirements).map(drop).map_err(|problem| {
                let message = format!(
                    "The Requirements of a TokenRestricted restriction must be a \
                     TokenRestrictionTemplate: {problem}."
                );
                ApiError::bad_request(message)
            })
        }
        _ => {
            let message = format!(
                "KeyRestrictionType must be 0 (Open) or 1 (TokenRestricted); {ty} is not supported."
            );
            Err(ApiError::bad_request(message))
        }
    }
}
