//! `Filters` and `AssetFilters`: parts of presentations, under a name that stands in URLs. Those
//! of the account apply to every asset, those of an asset to it alone, and win.

mod definition;

use async_trait::async_trait;
use azure_media::v2_19::PresentationTimeRange;
use edm::{Draft, Edm as _, Record};

use super::{New, Plan, Rules};
use crate::app::App;
use crate::error::ApiError;

pub(crate) use definition::compile;

pub(super) struct Filters;
pub(super) struct AssetFilters;

/// Longer names would not fit into URLs with two others.
const LONGEST_NAME: usize = 128;
/// What the name of a filter may not have: it becomes part of streaming URLs as it is.
const FORBIDDEN: &[char] = &[
    '!', '*', '\'', '(', ')', ';', ':', '@', '&', '=', '+', '$', ',', '/', '?', '%', '#', '[', ']',
    '"', '\\', '<', '>',
];

#[async_trait]
impl Rules for Filters {
    async fn create(&self, _: &App, new: &mut New) -> Result<(), ApiError> {
        check_name(new.record.text("Name"))?;
        check(&mut new.record)
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

#[async_trait]
impl Rules for AssetFilters {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let asset = new.record.text("ParentAssetId").to_owned();
        let name = new.record.text("Name").to_owned();
        check_name(&name)?;
        if app.store.get(super::set("Assets")?, &asset).await?.is_none() {
            return Err(ApiError::no_entity("Asset"));
        }
        new.record.put("Id", asset_filter_id(&asset, &name));
        new.plan.before.push(super::still_there("Assets", &asset)?);
        check(&mut new.record)
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

/// The id of an asset's filter.
pub(crate) fn asset_filter_id(asset: &str, name: &str) -> String {
    format!("{asset}__###__{name}")
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let refuse = |problem: &str| {
        Err(ApiError::bad_request(format!("The filter name '{name}' is not valid: {problem}.")))
    };
    if name.trim().is_empty() || name.trim() != name {
        return refuse("it must neither be empty nor start or end with a space");
    }
    if name.chars().count() > LONGEST_NAME {
        return refuse(&format!("it is longer than {LONGEST_NAME} characters"));
    }
    match name.chars().find(|c| FORBIDDEN.contains(c) || c.is_control()) {
        Some(c) => refuse(&format!("it contains {c:?}")),
        None => Ok(()),
    }
}

/// Refuses a filter that could not be applied, and fills in what its time range leaves out.
fn check(filter: &mut Record) -> Result<(), ApiError> {
    compile(filter)?;
    let time = definition::read::<Option<PresentationTimeRange>>(filter, "PresentationTimeRange")?;
    if let Some(mut time) = time {
        time.start_timestamp.get_or_insert(0);
        time.end_timestamp.get_or_insert(i64::MAX);
        time.presentation_window_duration.get_or_insert(i64::MAX);
        time.live_backoff_duration.get_or_insert(0);
        time.timescale.get_or_insert(packager::TIMESCALE.into());
        time.force_end_timestamp.get_or_insert(false);
        filter.put("PresentationTimeRange", time.to_value());
    }
    Ok(())
}
