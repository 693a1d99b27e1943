//! [`Transaction`] over SQLite: the writer's connection, kept until the transaction is over.

use std::sync::Arc;

use async_trait::async_trait;
use edm::Record;
use edm::model::EntitySet;
use sqlx::{Connection as _, Sqlite};
use tokio::sync::Mutex;

use super::sqlite::{Reader, apply};
use super::{Change, Page, Query, Source, Store, StoreError, Transaction};

/// A transaction; rolled back when it is dropped before it is finished.
pub(super) struct SqliteTransaction {
    open: Mutex<Option<sqlx::Transaction<'static, Sqlite>>>,
}

impl SqliteTransaction {
    pub(super) fn new(open: sqlx::Transaction<'static, Sqlite>) -> Self {
        Self { open: Mutex::new(Some(open)) }
    }
}

#[async_trait]
impl Store for SqliteTransaction {
    async fn get(&self, set: &'static EntitySet, key: &str) -> Result<Option<Record>, StoreError> {
        let mut open = self.open.lock().await;
        Reader(open.as_mut().ok_or(StoreError::Over)?).get(set, key).await
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        let mut open = self.open.lock().await;
        Reader(open.as_mut().ok_or(StoreError::Over)?).query(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        let mut open = self.open.lock().await;
        Reader(open.as_mut().ok_or(StoreError::Over)?).count(query).await
    }

    async fn links(&self, from: &Source) -> Result<Vec<String>, StoreError> {
        let mut open = self.open.lock().await;
        Reader(open.as_mut().ok_or(StoreError::Over)?).links(from).await
    }

    async fn linked_by(
        &self,
        target: (&'static EntitySet, &str),
        source: &'static EntitySet,
        navigation: &'static str,
    ) -> Result<Vec<String>, StoreError> {
        let mut open = self.open.lock().await;
        let reader = Reader(open.as_mut().ok_or(StoreError::Over)?);
        reader.linked_by(target, source, navigation).await
    }

    /// A savepoint: a commit that fails takes nothing of the others with it.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut open = self.open.lock().await;
        let transaction = open.as_mut().ok_or(StoreError::Over)?;
        let mut savepoint = transaction.begin().await?;
        for change in changes {
            apply(&mut savepoint, change).await?;
        }
        savepoint.commit().await?;
        Ok(())
    }

    /// The database has no transactions in transactions that outlive a call.
    async fn begin(&self) -> Result<Arc<dyn Transaction>, StoreError> {
        Err(StoreError::Over)
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn finish(&self) -> Result<(), StoreError> {
        let open = self.open.lock().await.take();
        Ok(open.ok_or(StoreError::Over)?.commit().await?)
    }
}
