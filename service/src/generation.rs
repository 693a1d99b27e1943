//! Numbers that tell whether what was read is still so.
//!
//! What is changed has a number, which grows with every change. A reader notes the numbers before
//! it reads ([`Mark`]); for as long as they are the same, there is nothing to be read again. So what
//! is kept in memory is right with the next request after a change, without asking any database.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// A table of numbers.
#[derive(Debug)]
pub(crate) struct Generations(Box<[AtomicU64]>);

impl Generations {
    /// So many numbers.
    pub(crate) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self((0..count).map(|_| AtomicU64::new(0)).collect()))
    }

    /// Says that something has changed; once it can be read, and before its writer is told so.
    pub(crate) fn bump(&self, at: usize) {
        if let Some(number) = self.0.get(at) {
            number.fetch_add(1, Ordering::Release);
        }
    }

    /// What a number is now; to be asked for before what it stands for is read.
    pub(crate) fn mark(self: &Arc<Self>, at: usize) -> Mark {
        Mark { value: self.value(at), table: Arc::clone(self), at }
    }

    fn value(&self, at: usize) -> u64 {
        self.0.get(at).map_or(0, |number| number.load(Ordering::Acquire))
    }
}

/// One of several numbers, for things that are too many to have one each.
pub(crate) fn slot(of: &(impl Hash + ?Sized), slots: usize) -> usize {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    usize::try_from(HASHER.hash_one(of) % slots.max(1) as u64).unwrap_or(0)
}

/// What a number was when something was about to be read.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    table: Arc<Generations>,
    at: usize,
    value: u64,
}

impl Mark {
    fn holds(&self) -> bool {
        self.table.value(self.at) == self.value
    }

    /// Whether two are of the same number.
    fn is_of(&self, other: &Self) -> bool {
        self.at == other.at && Arc::ptr_eq(&self.table, &other.table)
    }
}

/// What the numbers were of all that something was made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    marks: Vec<Mark>,
    /// Whether something was missing that may be there the next time.
    incomplete: bool,
}

impl Marks {
    /// Notes a number.
    pub(crate) fn add(&mut self, mark: Mark) {
        // Of several notes of a number the earliest counts: something may have changed since.
        match self.marks.iter_mut().find(|known| known.is_of(&mark)) {
            Some(known) => known.value = known.value.min(mark.value),
            None => self.marks.push(mark),
        }
    }

    /// Notes what something else was made of.
    pub(crate) fn extend(&mut self, others: &Self) {
        others.marks.iter().for_each(|mark| self.add(mark.clone()));
        self.incomplete |= others.incomplete;
    }

    /// Says that something could not be read: what is made of the rest is good for now only.
    pub(crate) fn miss(&mut self) {
        self.incomplete = true;
    }

    /// Whether nothing has changed since.
    pub(crate) fn hold(&self) -> bool {
        !self.incomplete && self.marks.iter().all(Mark::holds)
    }
}

impl<const N: usize> From<[Mark; N]> for Marks {
    fn from(marks: [Mark; N]) -> Self {
        Self { marks: marks.into(), incomplete: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_hold_until_something_changes() {
        let (one, other) = (Generations::new(3), Generations::new(3));
        let mut marks = Marks::from([one.mark(1), other.mark(2)]);
        assert!(marks.hold());
        one.bump(0);
        other.bump(1);
        assert!(marks.hold(), "these are others");
        one.bump(1);
        assert!(!marks.hold());
        marks.extend(&Marks::from([one.mark(1)]));
        assert!(!marks.hold(), "what was read before is still old");

        let mut complete = Marks::from([one.mark(1)]);
        assert!(complete.hold());
        let mut incomplete = Marks::default();
        incomplete.miss();
        complete.extend(&incomplete);
        assert!(!complete.hold(), "what was missing may be there now");
    }

    #[test]
    fn marks_that_are_old_when_they_are_noted_count() {
        let table = Generations::new(1);
        let old = table.mark(0);
        table.bump(0);
        let mut marks = Marks::from([table.mark(0)]);
        marks.add(old);
        assert!(!marks.hold());
    }
}
