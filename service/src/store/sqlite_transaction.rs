//! [`Transaction`] over SQLite: the writer's connection, kept until the transaction is over.

use std::sync::{Arc, MutexGuard, PoisonError};

use async_trait::async_trait;
use edm::Record;
use edm::model::EntitySet;
use sqlx::{Connection as _, Sqlite};
use tokio::sync::Mutex;

use super::generations::{EntityGenerations, Touched};
use super::sqlite::{Reader, apply};
use super::{Change, Page, Query, Source, Store, StoreError, Transaction};

/// A transaction; rolled back when it is dropped before it is finished.
pub(super) struct SqliteTransaction {
    open: Mutex<Option<sqlx::Transaction<'static, Sqlite>>>,
    generations: EntityGenerations,
    touched: std::sync::Mutex<Touched>,
}

impl SqliteTransaction {
    pub(super) fn new(
        open: sqlx::Transaction<'static, Sqlite>,
        generations: EntityGenerations,
    ) -> Self {
        Self { open: Mutex::new(Some(open)), generations, touched: Default::default() }
    }

    fn touched(&self) -> MutexGuard<'_, Touched> {
        // A note that was not made to its end is not one of a change that was made.
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
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
        changes.iter().for_each(|change| self.touched().note(change));
        let mut savepoint = transaction.begin().await?;
        for change in changes {
            apply(&mut savepoint, change).await?;
        }
        savepoint.commit().await?;
        Ok(())
    }

    fn generations(&self) -> &EntityGenerations {
        &self.generations
    }

    /// The database has no transactions in transactions that outlive a call.
    async fn begin(&self) -> Result<Arc<dyn Transaction>, StoreError> {
        Err(StoreError::Over)
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn finish(&self) -> Result<(), StoreError> {
        let open = self.open.lock().await.take().ok_or(StoreError::Over)?;
        let touched = std::mem::take(&mut *self.touched());
        let generations = self.generations.clone();
        // To its end even when the caller goes away: what is committed has to be told.
        let committed = tokio::spawn(async move {
            let committed = open.commit().await;
            generations.bump(&touched);
            Ok(committed?)
        });
        committed.await.unwrap_or(Err(StoreError::Over))
    }
}
