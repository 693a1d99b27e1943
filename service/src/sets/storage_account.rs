//! `StorageAccounts`: the one that the service keeps blobs in.

use edm::Record;

use super::set;
use crate::app::App;
use crate::error::ApiError;
use crate::store::Change;

/// Makes the account's only storage account.
pub(super) async fn seed(app: &App) -> Result<(), ApiError> {
    let accounts = set("StorageAccounts")?;
    if app.store.get(accounts, &app.account.name).await?.is_some() {
        return Ok(());
    }
    let mut account = Record::new(accounts.entity_type);
    account.put("Name", app.account.name.as_str());
    account.put("IsDefault", true);
    Ok(app.store.commit(vec![Change::Insert(accounts, account)]).await?)
}
