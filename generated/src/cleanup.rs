//! Deletes what a task has created: what was needed only for a while, and all of it if it fails.

use odata_client::Error;

use crate::{AccessPolicyId, AssetFileId, AssetId, ContentKeyId, LocatorId, MediaServices};

/// Something that a task has created.
#[derive(Clone, Debug)]
pub(crate) enum Created {
    Asset(AssetId),
    File(AssetFileId),
    Policy(AccessPolicyId),
    Locator(LocatorId),
    Key(ContentKeyId),
}

/// What a task has created, in its order.
///
/// It ends with [`Cleanup::succeeded`] or [`Cleanup::failed`]. If it is dropped before, because the
/// future of the task is dropped, a task of its own deletes everything, if a runtime is there.
pub(crate) struct Cleanup {
    media: MediaServices,
    /// And whether it stays when the task succeeds.
    created: Vec<(Created, bool)>,
}

impl Cleanup {
    pub(crate) fn new(media: MediaServices) -> Self {
        Self { media, created: Vec::new() }
    }

    /// Something that stays when the task succeeds.
    pub(crate) fn result(&mut self, created: Created) {
        self.created.push((created, true));
    }

    /// Something that is needed only for a while.
    pub(crate) fn temporary(&mut self, created: Created) {
        self.created.push((created, false));
    }

    /// Deletes what was needed only for a while.
    pub(crate) async fn succeeded(mut self) {
        self.created.retain(|(_, stays)| !stays);
        self.delete_all().await;
    }

    /// Deletes everything.
    pub(crate) async fn failed(mut self) {
        self.delete_all().await;
    }

    async fn delete_all(&mut self) {
        while let Some((last, _)) = self.created.last() {
            // The task has its own result; this must not hide it. What stays behind expires with
            // its policy, or is an asset that the log names.
            if let Err(error) = delete(&self.media, last).await {
                tracing::warn!(%error, created = ?last, "could not delete what was created");
            }
            self.created.pop();
        }
    }
}

async fn delete(media: &MediaServices, created: &Created) -> Result<(), Error> {
    match created {
        Created::Asset(id) => media.asset(id).delete().await,
        Created::File(id) => media.asset_file(id).delete().await,
        Created::Policy(id) => media.access_policy(id).delete().await,
        Created::Locator(id) => media.locator(id).delete().await,
        Created::Key(id) => media.content_key(id).delete().await,
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if self.created.is_empty() {
            return;
        }
        let created = std::mem::take(&mut self.created);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let mut rest = Self { media: self.media.clone(), created };
            runtime.spawn(async move { rest.delete_all().await });
        } else {
            tracing::warn!(?created, "what was created stays: there is no runtime to delete it");
        }
    }
}
