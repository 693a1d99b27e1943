//! `AccessPolicies`: for how long, and what for.

use async_trait::async_trait;
use axum::http::StatusCode;
use azure_media::v2_19::AccessPermissions;

use super::{New, Rules};
use crate::app::App;
use crate::error::ApiError;

pub(super) struct AccessPolicies;

/// Every permission that there is.
const ALL: i64 = (AccessPermissions::READ.value()
    | AccessPermissions::WRITE.value()
    | AccessPermissions::DELETE.value()
    | AccessPermissions::LIST.value()) as i64;

#[async_trait]
impl Rules for AccessPolicies {
    async fn create(&self, _: &App, new: &mut New) -> Result<(), ApiError> {
        let minutes = new.record.value("DurationInMinutes").as_double().unwrap_or_default();
        if !(minutes.is_finite() && minutes > 0.0) {
            return Err(ApiError::bad_request("DurationInMinutes must be greater than 0."));
        }
        let permissions = new.record.value("Permissions").as_integer().unwrap_or_default();
        if permissions & !ALL != 0 {
            let message =
                format!("Permissions must be a sum of 1, 2, 4 and 8; found {permissions}.");
            return Err(ApiError::bad_request(message));
        }
        Ok(())
    }

    /// The service is documented to answer 500 to a policy without a duration, not 400.
    fn missing(&self, property: &str) -> ApiError {
        let message = format!("The property '{property}' is required.");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}
