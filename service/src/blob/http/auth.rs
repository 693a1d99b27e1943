//! Checks the SAS of a request.

use jiff::Timestamp;

use super::super::query::Query;
use super::super::sas::Grant;
use super::BlobService;
use super::error::ApiError;

/// What the token in the query allows on the container right now.
///
/// The reason of a refusal goes to the log only; it names no secret.
pub(super) async fn authorize(
    service: &BlobService,
    container: &str,
    query: &Query,
) -> Result<Grant, ApiError> {
    let refuse = |error| {
        tracing::debug!(container, %error, "refused a shared access signature");
        ApiError::authentication_failed()
    };
    let token = service.sas.verify(container, query).map_err(refuse)?;
    let policy = match token.policy_id() {
        Some(id) => service.store.policy(container, id).await?,
        None => None,
    };
    token.grant(policy.as_ref(), Timestamp::now()).map_err(refuse)
}
