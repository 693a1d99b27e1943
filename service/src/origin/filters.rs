//! Filters of a streaming URL: found by name, and cut out of the presentation.

use std::sync::Arc;

use edm::Record;
use packager::{Parameters, Presentation};

use super::memory::Reading;
use super::{Code, OriginError};
use crate::error::ApiError;
use crate::sets;

/// The presentation as the filters of a URL leave it.
pub(super) async fn apply(
    reading: &mut Reading<'_>,
    asset: &str,
    parameters: &Parameters,
    presentation: Arc<Presentation>,
) -> Result<Arc<Presentation>, OriginError> {
    if parameters.filters.is_empty() {
        return Ok(presentation);
    }
    let mut filters = Vec::new();
    for name in &parameters.filters {
        let found = find(reading, asset, name).await?.ok_or_else(|| {
            let message = format!("Neither the asset nor the account has a filter '{name}'.");
            OriginError::new(Code::FilterNotFound, message)
        })?;
        filters.push(sets::compile_filter(&found)?);
    }
    Ok(Arc::new(presentation.filtered(&filters)?))
}

/// A filter by its name: that of the asset, or else that of the account.
async fn find(
    reading: &mut Reading<'_>,
    asset: &str,
    name: &str,
) -> Result<Option<Record>, OriginError> {
    let (store, id) = (&reading.app.store, sets::asset_filter_id(asset, name));
    for (set, key) in [("AssetFilters", id.as_str()), ("Filters", name)] {
        let set = sets::set(set)?;
        reading.marks.add(store.generations().entity(set, key));
        if let Some(found) = store.get(set, key).await.map_err(ApiError::from)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
