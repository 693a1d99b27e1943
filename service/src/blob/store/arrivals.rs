//! Containers that somebody watches, and that have got a blob.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Containers whose names begin like this are watched.
pub(crate) const WATCHED: &str = "ingest-";

/// Watched containers that have got a blob since they were last taken. There are as many as there
/// are such containers at most, however many blobs come.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    containers: Mutex<BTreeSet<String>>,
    ring: Notify,
}

impl Arrivals {
    /// Notes that a container may have something new, if it is watched.
    pub(crate) fn note(&self, container: &str) {
        if container.starts_with(WATCHED) {
            let mut containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
            containers.insert(container.to_owned());
            self.ring.notify_one();
        }
    }

    /// Takes the next container, once there is one. There must be one caller only.
    pub(crate) async fn next(&self) -> String {
        loop {
            let first = {
                let mut containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
                containers.pop_first()
            };
            match first {
                Some(container) => return container,
                None => self.ring.notified().await,
            }
        }
    }
}
