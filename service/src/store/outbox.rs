//! Notifications that wait to be delivered.
//!
//! Triggers put them here, in the transaction that changes what they tell of.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// What hands out notifications.
#[async_trait]
pub(crate) trait Outbox: Send + Sync {
    /// Messages to deliver now: of those to one end point about one subject only the first, and so
    /// many to one end point at most. Those that are handed out stay until they are settled.
    async fn due(&self, per_end_point: u32) -> Result<Vec<Message>, StoreError>;

    /// Removes a message: it was delivered, or never can be.
    async fn settle(&self, message: &Message) -> Result<(), StoreError>;

    /// Keeps a message for another attempt, some time from now.
    async fn postpone(&self, message: &Message, wait: Duration) -> Result<(), StoreError>;
}

/// What is to be told to an end point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its number.
    pub(crate) seq: i64,
    /// The id of the end point.
    pub(crate) end_point: String,
    /// What it is about: the id of a job, or of the end point itself.
    pub(crate) subject: String,
    /// What happened.
    pub(crate) event: Event,
    /// When, in UTC and without a zone, to the millisecond.
    pub(crate) happened: String,
    /// How often it was tried to deliver it.
    pub(crate) attempts: u32,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The end point was made.
    Registration,
    /// The end point was removed.
    Unregistration {
        /// The name it had.
        name: String,
        /// The address it had.
        address: String,
        /// The credential it had, encrypted.
        credential: Option<String>,
    },
    /// A job has another state.
    JobState {
        /// The job's name.
        name: Option<String>,
        /// The state it had.
        old: i32,
        /// The state it has.
        new: i32,
    },
    /// A task has another state.
    TaskState {
        /// The task's id.
        task: String,
        /// The state it had.
        old: i32,
        /// The state it has.
        new: i32,
    },
    /// A task has got on.
    TaskProgress {
        /// The task's id.
        task: String,
        /// The state it has.
        state: i32,
        /// How far it is, in percent.
        percent: i64,
    },
}
