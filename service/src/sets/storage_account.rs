//! `StorageAccounts`: the one that the service keeps blobs in.

use edm::{Record, Value};

use super::set;
use crate::app::App;
use crate::error::ApiError;
use crate::store::Change;

/// Makes the account's only storage account.
pub(super) async fn seed(app: &App) -> Result<(), ApiError> {
    let accounts = set("StorageAccounts")?;
    if app.store.get(accounts, &app.account.name).await?.is_some() {
        return refresh(app).await;
    }
    let mut account = Record::new(accounts.entity_type);
    account.put("Name", app.account.name.as_str());
    account.put("IsDefault", true);
    app.store.commit(vec![Change::Insert(accounts, account)]).await?;
    refresh(app).await
}

/// Refuses a storage account that is not attached.
pub(super) async fn check(app: &App, name: &str) -> Result<(), ApiError> {
    if app.store.get(set("StorageAccounts")?, name).await?.is_some() {
        return Ok(());
    }
    let message = format!("Cannot find the storage account '{name}'.");
    Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, message))
}

/// Brings the space in use up to date: to be called once in a while, as the metrics of a storage
/// account were.
pub(crate) async fn refresh(app: &App) -> Result<(), ApiError> {
    let accounts = set("StorageAccounts")?;
    let used = i64::try_from(app.blob_store.bytes_used().await?).unwrap_or(i64::MAX);
    let name = &app.account.name;
    let known = app.store.get(accounts, name).await?;
    if known.and_then(|account| account.value("BytesUsed").as_integer()) == Some(used) {
        return Ok(());
    }
    let values = vec![("BytesUsed", Value::Integer(used))];
    Ok(app.store.commit(vec![Change::Set(accounts, name.clone(), values)]).await?)
}
