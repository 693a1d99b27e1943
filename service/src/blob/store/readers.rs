//! Keeps the objects of a replaced blob until the last reader that may need
//! them is done.
//!
//! Every reader enters before it looks at the index, every removal is retired
//! after its change of the index is committed. A reader that entered later has
//! seen the change, so only earlier readers hold a removal back.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::model::ObjectKey;

/// The readers of a store and the removals that wait for them.
#[derive(Debug, Default)]
pub(super) struct Readers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Ticket of the next reader or removal.
    next: u64,
    active: BTreeSet<u64>,
    /// Removals with the ticket they were retired at, oldest first.
    waiting: Vec<(u64, Vec<ObjectKey>)>,
}

impl Readers {
    /// Registers a reader; its ticket goes to [`leave`](Self::leave).
    pub(super) fn enter(&self) -> u64 {
        let mut state = self.lock();
        let ticket = state.ticket();
        state.active.insert(ticket);
        ticket
    }

    /// Ends a reader; returns the objects nobody can be reading any more.
    pub(super) fn leave(&self, ticket: u64) -> Vec<ObjectKey> {
        let mut state = self.lock();
        state.active.remove(&ticket);
        state.due()
    }

    /// Hands over objects the index no longer mentions; returns those nobody
    /// can be reading any more.
    pub(super) fn retire(&self, objects: Vec<ObjectKey>) -> Vec<ObjectKey> {
        let mut state = self.lock();
        let ticket = state.ticket();
        state.waiting.push((ticket, objects));
        state.due()
    }

    /// The objects that still wait.
    pub(super) fn held_back(&self) -> BTreeSet<ObjectKey> {
        let state = self.lock();
        let waiting = state.waiting.iter();
        waiting.flat_map(|(_, objects)| objects.iter().cloned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ticket(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn due(&mut self) -> Vec<ObjectKey> {
        let oldest = self.active.first().copied().unwrap_or(u64::MAX);
        let due = self.waiting.partition_point(|(ticket, _)| *ticket < oldest);
        self.waiting.drain(..due).flat_map(|(_, objects)| objects).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Vec<ObjectKey> {
        vec![ObjectKey::stored(name.into())]
    }

    #[test]
    fn only_earlier_readers_hold_a_removal_back() {
        let readers = Readers::default();
        assert_eq!(readers.retire(key("free")), key("free"));

        let early = readers.enter();
        assert_eq!(readers.retire(key("a")), []);
        let late = readers.enter();
        assert_eq!(readers.retire(key("b")), []);
        assert_eq!(readers.held_back().len(), 2);

        assert_eq!(readers.leave(early), key("a"));
        assert_eq!(readers.leave(late), key("b"));
        assert!(readers.held_back().is_empty());
    }
}
