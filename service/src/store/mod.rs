//! Where entities are kept.
//!
//! The store knows the model's tables and nothing of any entity set's rules: what is kept of an
//! entity is decided by its [`StructuredType`](edm::model::StructuredType), so a new set is data,
//! not code. [`Store`] is the trait; [`sqlite`] is the embedded implementation.

mod checkpoint;
mod derived;
#[cfg(test)]
mod derived_tests;
mod filter_sql;
#[cfg(test)]
mod filter_tests;
mod generations;
mod outbox;
mod queue;
mod row;
mod schema;
pub(crate) mod sqlite;
mod sqlite_outbox;
mod sqlite_queue;
mod sqlite_transaction;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use edm::model::EntitySet;
use edm::query::OrderBy;
use edm::{Expr, Record};

pub(crate) use generations::EntityGenerations;
pub(crate) use outbox::{Event, Message, Outbox};
pub(crate) use queue::{AFTER, Claim, Lease, Queue};

/// What keeps entities and the links between them.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// Reads an entity by its key.
    async fn get(&self, set: &'static EntitySet, key: &str) -> Result<Option<Record>, StoreError>;

    /// Reads a page of entities.
    async fn query(&self, query: &Query) -> Result<Page, StoreError>;

    /// Counts the entities of a query, whatever its page.
    async fn count(&self, query: &Query) -> Result<u64, StoreError>;

    /// Reads the keys that an entity's links lead to, in the order in which they were made.
    async fn links(&self, from: &Source) -> Result<Vec<String>, StoreError>;

    /// Reads the keys of the entities whose links lead to this one by a navigation property.
    async fn linked_by(
        &self,
        target: (&'static EntitySet, &str),
        source: &'static EntitySet,
        navigation: &'static str,
    ) -> Result<Vec<String>, StoreError>;

    /// Makes all changes, in order, or none.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError>;

    /// Tells what of the entities has changed: numbers that grow before the writer is answered.
    fn generations(&self) -> &EntityGenerations;

    /// Starts a transaction. Whoever else wants to change something waits until it is over.
    async fn begin(&self) -> Result<Arc<dyn Transaction>, StoreError>;
}

/// A store whose commits take effect together, or not at all: without
/// [`finish`](Transaction::finish) nothing has happened. Its own reads see them at once.
#[async_trait]
pub(crate) trait Transaction: Store {
    /// Makes what was committed permanent. Nothing can be done with the transaction after that.
    async fn finish(&self) -> Result<(), StoreError>;
}

/// A query of one entity set.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// The set.
    pub(crate) set: &'static EntitySet,
    /// Only what is linked from here.
    pub(crate) linked_from: Option<Source>,
    /// Only what this holds for.
    pub(crate) filter: Option<Expr>,
    /// In this order; what is equal, and all without an order, in the order of creation.
    pub(crate) order_by: Vec<OrderBy>,
    /// Without the first ones.
    pub(crate) skip: u64,
    /// At most this many.
    pub(crate) top: u64,
    /// From where an earlier page ended; only without an order.
    pub(crate) after: Option<i64>,
}

impl Query {
    /// Every entity of a set for which a filter holds, up to a number that no caller should reach.
    pub(crate) fn all(set: &'static EntitySet, filter: Expr) -> Self {
        Self { filter: Some(filter), ..Self::set(set) }
    }

    /// Every entity of a set.
    pub(crate) fn set(set: &'static EntitySet) -> Self {
        Self {
            set,
            linked_from: None,
            filter: None,
            order_by: Vec::new(),
            skip: 0,
            top: u64::from(u32::MAX),
            after: None,
        }
    }
}

/// The side of a link that has the navigation property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The entity set.
    pub(crate) set: &'static str,
    /// The entity's key.
    pub(crate) key: String,
    /// The navigation property.
    pub(crate) navigation: &'static str,
}

impl Source {
    pub(crate) fn new(set: &'static str, key: &str, navigation: &'static str) -> Self {
        Self { set, key: key.to_owned(), navigation }
    }
}

/// Some entities.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The entities.
    pub(crate) records: Vec<Record>,
    /// Where the page ended, for [`Query::after`], if there is more.
    pub(crate) next: Option<i64>,
}

/// One change of a [`Store::commit`].
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Adds an entity; its key must be new.
    Insert(&'static EntitySet, Record),
    /// Replaces some properties of an entity, which must be there.
    Set(&'static EntitySet, String, Vec<(&'static str, edm::Value)>),
    /// Removes an entity, if it is there, and every link from it and to it.
    Delete(&'static EntitySet, String),
    /// Removes every entity that a filter holds for, with its links.
    DeleteWhere(&'static EntitySet, Expr),
    /// Removes an entity, if it is there and no link leads to it.
    DeleteUnlinked(&'static EntitySet, String),
    /// Adds a link to an entity of a set, behind the others of its source.
    Link(Source, &'static str, String),
    /// Removes a link, which must be there.
    Unlink(Source, String),
    /// Makes no change, but fails the commit if more entities than this are there.
    AtMost {
        /// The set.
        set: &'static EntitySet,
        /// Which entities.
        filter: Expr,
        /// How many there may be.
        count: u64,
        /// What to say if there are more.
        otherwise: String,
    },
    /// Makes no change, but fails the commit if a set has more entities than this by then. The set
    /// must be one of those that are counted.
    Within {
        /// The set.
        set: &'static EntitySet,
        /// How many there may be.
        limit: u64,
        /// What to say if there are more.
        otherwise: String,
    },
    /// Makes no change, but fails the commit if links lead to more entities than this.
    AtMostLinked {
        /// The links.
        from: Source,
        /// The set that they lead to.
        set: &'static EntitySet,
        /// Which entities.
        filter: Expr,
        /// How many there may be.
        count: u64,
        /// What to say if there are more.
        otherwise: String,
    },
    /// Makes no change, but fails the commit if an entity is not there or does not fit.
    Require {
        /// The set.
        set: &'static EntitySet,
        /// Which entity.
        filter: Expr,
        /// What to say if it is not there.
        otherwise: String,
    },
}

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The query asks for what the model does not have, or what the store cannot do.
    #[error("{0}")]
    Query(String),
    /// There is no such entity.
    #[error("Resource {0} not found")]
    NotFound(&'static str),
    /// Something is there that must not be.
    #[error("{0}")]
    Conflict(String),
    /// There is no room for more.
    #[error("{0}")]
    Full(String),
    /// A condition of the commit does not hold.
    #[error("{0}")]
    Unmet(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The transaction is over.
    #[error("the transaction is over")]
    Over,
    /// What is in the database is not what was put there.
    #[error("the database holds what the model does not allow: {0}")]
    Corrupt(String),
}
