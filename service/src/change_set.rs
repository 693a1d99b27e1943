//! Several changes that are made together, or not at all.

use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::error::ApiError;
use crate::sets::Effect;
use crate::store::Transaction;

/// Several changes of which all are made, or none. One that is dropped has changed no entity.
pub(crate) struct ChangeSet {
    app: App,
    /// The transaction, unless it is another's, and the service without it.
    own: Option<Own>,
}

/// What the one that began a transaction has of it.
struct Own {
    transaction: Arc<dyn Transaction>,
    effects: Arc<PendingEffects>,
    /// The service as it is without the transaction: what is done when that is over may go on.
    outside: Box<App>,
}

/// What is done outside of the store when a change set is over.
#[derive(Debug, Default)]
pub(crate) struct PendingEffects(Mutex<Effects>);

#[derive(Debug, Default)]
struct Effects {
    then: Vec<Effect>,
    otherwise: Vec<Effect>,
}

impl PendingEffects {
    /// Adds what is done once everything is committed.
    pub(crate) fn then(&self, effects: &[Effect]) {
        self.with(|all| all.then.extend_from_slice(effects));
    }

    /// Adds what is done if nothing was committed.
    pub(crate) fn otherwise(&self, effects: &[Effect]) {
        self.with(|all| all.otherwise.extend_from_slice(effects));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Effects) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ChangeSet {
    /// Starts a change set, or a part of the one that is going on already. Whoever else wants to
    /// change an entity waits until it is over.
    pub(crate) async fn begin(app: &App) -> Result<Self, ApiError> {
        if app.change_set.is_some() {
            return Ok(Self { app: app.clone(), own: None });
        }
        let transaction = app.store.begin().await?;
        let effects = Arc::new(PendingEffects::default());
        let outside = Box::new(app.clone());
        let app = App {
            store: Arc::clone(&transaction) as _,
            change_set: Some(Arc::clone(&effects)),
            ..app.clone()
        };
        Ok(Self { app, own: Some(Own { transaction, effects, outside }) })
    }

    /// The service as the changes see it.
    pub(crate) const fn app(&self) -> &App {
        &self.app
    }

    /// Makes the changes if they have succeeded, and none of them otherwise. Of a change set within
    /// another nothing is taken back: the whole one must fail.
    pub(crate) async fn end(self, succeeded: bool) -> Result<(), ApiError> {
        let Some(Own { transaction, effects, outside }) = self.own else { return Ok(()) };
        let finished = if succeeded { Some(transaction.finish().await) } else { None };
        let effects = effects.with(std::mem::take);
        match finished {
            Some(Ok(())) => {
                outside.carry_out_now(&effects.then).await;
                Ok(())
            }
            failed => {
                outside.carry_out_now(&effects.otherwise).await;
                failed.transpose().map(|_| ()).map_err(ApiError::from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use edm::Draft;
    use url::Url;

    use super::*;
    use crate::config::{StorageOptions, UrlOptions};
    use crate::quotas::Quotas;
    use crate::sets;

    #[tokio::test]
    async fn what_was_done_outside_of_the_store_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::parse("http://localhost").unwrap();
        let urls = UrlOptions::default();
        let app =
            App::open(folder.path(), &url, &urls, &StorageOptions::default(), Quotas::default())
                .await
                .unwrap();
        sets::seed(&app, 1).await.unwrap();
        let assets = sets::set("Assets").unwrap();
        for succeeded in [false, true] {
            let changes = ChangeSet::begin(&app).await.unwrap();
            let inner = ChangeSet::begin(changes.app()).await.unwrap();
            let made = sets::create(inner.app(), assets, Draft::default()).await.unwrap();
            inner.end(true).await.unwrap();
            let id = made.record.text("Id");
            let container = sets::asset::container_of(id);
            assert!(app.blob_store.container_exists(&container).await.unwrap());
            assert!(app.store.get(assets, id).await.unwrap().is_none(), "not seen yet");
            changes.end(succeeded).await.unwrap();
            assert_eq!(app.blob_store.container_exists(&container).await.unwrap(), succeeded);
            assert_eq!(app.store.get(assets, id).await.unwrap().is_some(), succeeded);
        }
    }
}
