//! Filters of a streaming URL: found by name, and cut out of the presentation.

use std::sync::Arc;

use edm::Record;
use packager::{Parameters, Presentation};

use super::{Code, OriginError};
use crate::app::App;
use crate::error::ApiError;
use crate::sets;

/// The presentation as the filters of a URL leave it.
pub(super) async fn apply(
    app: &App,
    asset: &str,
    parameters: &Parameters,
    presentation: Arc<Presentation>,
) -> Result<Arc<Presentation>, OriginError> {
    if parameters.filters.is_empty() {
        return Ok(presentation);
    }
    let mut filters = Vec::new();
    for name in &parameters.filters {
        let found = find(app, asset, name).await?.ok_or_else(|| {
            let message = format!("Neither the asset nor the account has a filter '{name}'.");
            OriginError::new(Code::FilterNotFound, message)
        })?;
        filters.push(sets::compile_filter(&found)?);
    }
    Ok(Arc::new(presentation.filtered(&filters)?))
}

/// A filter by its name: that of the asset, or else that of the account.
async fn find(app: &App, asset: &str, name: &str) -> Result<Option<Record>, ApiError> {
    let id = sets::asset_filter_id(asset, name);
    if let Some(found) = app.store.get(sets::set("AssetFilters")?, &id).await? {
        return Ok(Some(found));
    }
    Ok(app.store.get(sets::set("Filters")?, name).await?)
}
