//! Tasks that wait for a worker, and who works on which.
//!
//! A lease is a row with an end in time and an attempt number. A worker that is gone stops
//! renewing it; the task is then claimed again, with the next attempt number, by which whatever the
//! lost worker may still do is told apart.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// What hands out tasks to workers.
#[async_trait]
pub(crate) trait Queue: Send + Sync {
    /// Takes the next task that may run: of the job with the highest priority, oldest first, whose
    /// inputs are there and which nobody works on.
    async fn claim(&self, worker: &str, lease: Duration) -> Result<Option<Claim>, StoreError>;

    /// Renews a lease; `false` if it is another's by now, and the work must stop.
    async fn renew(&self, lease: &Lease, length: Duration) -> Result<bool, StoreError>;

    /// Gives a lease back.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Ends every lease that a worker of this name holds: at its start it cannot work on anything.
    async fn forget(&self, worker: &str) -> Result<(), StoreError>;

    /// Jobs that are being canceled, or a task of which is, and of which nobody works on a task.
    async fn canceled_jobs(&self) -> Result<Vec<String>, StoreError>;
}

/// The right to work on a task for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The task's id.
    pub(crate) task: String,
    /// Who works on it.
    pub(crate) worker: String,
    /// The number of this try, from 1.
    pub(crate) attempt: i64,
}

/// A task to work on.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// The right to do so.
    pub(crate) lease: Lease,
    /// The id of its job.
    pub(crate) job: String,
}

/// The link from a task to those that must be finished before it. It is not in the model: no
/// client sees it.
pub(crate) const AFTER: &str = "#after";
