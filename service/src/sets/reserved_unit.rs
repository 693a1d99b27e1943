//! `EncodingReservedUnitTypes`: how many tasks run at the same time. There is one row.

use async_trait::async_trait;
use axum::http::StatusCode;
use azure_media::v2_19::ReservedUnitType;
use edm::{Draft, Guid, Record};

use super::{Effect, Plan, Rules, set};
use crate::app::App;
use crate::error::ApiError;
use crate::store::{Change, Query};

pub(super) struct EncodingReservedUnitTypes;

#[async_trait]
impl Rules for EncodingReservedUnitTypes {
    async fn update(
        &self,
        app: &App,
        _: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        let number = new.value("ReservedUnitType").as_integer().unwrap_or_default();
        let ty = ReservedUnitType::from_number(i32::try_from(number).unwrap_or(i32::MAX));
        let (name, most) = limit(app, ty).ok_or_else(|| {
            ApiError::bad_request("ReservedUnitType must be 0 (S1), 1 (S2) or 2 (S3).")
        })?;
        let units = new.value("CurrentReservedUnits").as_integer().unwrap_or_default();
        if units < 0 {
            return Err(ApiError::bad_request("CurrentReservedUnits cannot be less than 0."));
        }
        if units > most {
            let message = format!("You can only reserve up to {most} {name} reserved units.");
            return Err(ApiError::bad_request(message));
        }
        new.put("MaxReservableUnits", most);
        Ok(Plan { then: vec![Effect::WakeWorkers], ..Plan::default() })
    }
}

/// The name of a type and how many units of it there can be.
fn limit(app: &App, ty: ReservedUnitType) -> Option<(&'static str, i64)> {
    Some(match ty {
        ReservedUnitType::Basic => ("S1", app.quotas.reserved_units_s1),
        ReservedUnitType::Standard => ("S2", app.quotas.reserved_units_s2),
        ReservedUnitType::Premium => ("S3", app.quotas.reserved_units_s3),
        _ => return None,
    })
}

async fn row(app: &App) -> Result<Option<Record>, ApiError> {
    let query = Query { top: 1, ..Query::set(set("EncodingReservedUnitTypes")?) };
    Ok(app.store.query(&query).await?.records.pop())
}

/// How many tasks may run at the same time. An account without units shares those of others with
/// the service, one at a time.
pub(crate) async fn task_slots(app: &App) -> Result<usize, ApiError> {
    let units = row(app).await?.and_then(|row| row.value("CurrentReservedUnits").as_integer());
    Ok(usize::try_from(units.unwrap_or_default()).unwrap_or_default().max(1))
}

/// Refuses a file that is too large for the account's type of reserved units.
pub(super) async fn check_size(app: &App, file: &Record) -> Result<(), ApiError> {
    let size = file.value("ContentFileSize").as_integer().unwrap_or_default();
    let quotas = &app.quotas;
    let row = row(app).await?;
    let ty = row.and_then(|row| row.value("ReservedUnitType").as_integer()).unwrap_or_default();
    let (name, gigabytes) = match ReservedUnitType::from_number(i32::try_from(ty).unwrap_or(0)) {
        ReservedUnitType::Premium => ("S3", quotas.encoding_gigabytes_s3),
        ReservedUnitType::Standard => ("S2", quotas.encoding_gigabytes_s2),
        _ => ("S1", quotas.encoding_gigabytes_s1),
    };
    if size.unsigned_abs() <= gigabytes.saturating_mul(1_000_000_000) {
        return Ok(());
    }
    let message = format!(
        "The quota is reached: with {name} reserved units a file of {gigabytes} GB can be encoded, \
         and '{}' is larger.",
        file.text("Name")
    );
    Err(ApiError::new(StatusCode::FORBIDDEN, message))
}

/// The id of the media account.
pub(crate) async fn account_id(app: &App) -> Result<String, ApiError> {
    let row = row(app).await?.ok_or_else(|| ApiError::internal("the account has no id"))?;
    Ok(crate::odata::key_of(set("EncodingReservedUnitTypes")?, &row))
}

/// Makes the row, with a unit for each of the tasks that the operator lets run at the same time;
/// its id is that of the account from then on.
pub(super) async fn seed(app: &App, encoders: usize) -> Result<(), ApiError> {
    let units = set("EncodingReservedUnitTypes")?;
    if row(app).await?.is_some() {
        let slots = task_slots(app).await?;
        if slots < encoders {
            tracing::info!(slots, encoders, "the account's reserved units bound its encoders");
        }
        return Ok(());
    }
    let most = app.quotas.reserved_units_s1;
    let mut row = Record::new(units.entity_type);
    row.put("AccountId", Guid::new_v4());
    row.put("ReservedUnitType", i64::from(ReservedUnitType::Basic.value()));
    row.put("MaxReservableUnits", most);
    row.put("CurrentReservedUnits", i64::try_from(encoders).unwrap_or(i64::MAX).min(most));
    Ok(app.store.commit(vec![Change::Insert(units, row)]).await?)
}
