//! `Channels` and `Programs`: live streaming, which is not built. The sets are there and empty, so
//! that clients that only look for channels find none.

use async_trait::async_trait;

use super::{New, Rules};
use crate::app::App;
use crate::error::ApiError;

pub(super) struct Live;

#[async_trait]
impl Rules for Live {
    async fn create(&self, _: &App, _: &mut New) -> Result<(), ApiError> {
        Err(not_built())
    }

    /// It is not for what the body leaves out that there can be no channel.
    fn missing(&self, _: &str) -> ApiError {
        not_built()
    }
}

fn not_built() -> ApiError {
    let message = "Live streaming is not available in this version of the service: channels and \
                   programs cannot be created.";
    ApiError::new(axum::http::StatusCode::NOT_IMPLEMENTED, message)
}
