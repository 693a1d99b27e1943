//! Workers that have no task of their own, and the tasks that have work for them.
//!
//! There are as many workers as processes may run at once. One that finds no task to claim takes a
//! part of a task that runs; when it is done it looks for tasks first. So parts never keep a task
//! waiting for longer than one of them takes, and there is never a process more than workers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

/// A task's work that others can do.
pub(crate) trait Help: Send + Sync {
    /// Takes a part of it, if one waits. It is begun when the future is first polled, and given up
    /// when the future is dropped.
    fn take(self: Arc<Self>) -> Option<BoxFuture<'static, ()>>;
}

/// All workers.
pub(crate) struct Crew {
    /// In the order in which they were claimed: those with the highest priority first.
    tasks: Mutex<Vec<Arc<dyn Help>>>,
    /// Wakes workers that rest.
    ring: Arc<Notify>,
    workers: usize,
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("workers", &self.workers).finish_non_exhaustive()
    }
}

impl Crew {
    /// So many workers, whom `ring` wakes.
    pub(crate) fn new(workers: usize, ring: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self { tasks: Mutex::default(), ring, workers })
    }

    /// A part of a task for a worker that has nothing to do.
    pub(crate) fn take(&self) -> Option<BoxFuture<'static, ()>> {
        let tasks = self.tasks().clone();
        tasks.into_iter().find_map(Help::take)
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<Arc<dyn Help>>> {
        // Nothing that panics is done while it is held.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The workers that a task can count on.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    crew: Arc<Crew>,
    size: usize,
}

impl Team {
    /// At most `size` of the crew, among them the one that has claimed the task.
    pub(crate) fn new(crew: Arc<Crew>, size: usize) -> Self {
        let size = size.min(crew.workers);
        Self { crew, size }
    }

    /// How many there are.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Has the others help with a task, until what this returns is dropped.
    pub(super) fn offer(&self, task: Arc<dyn Help>) -> Offer {
        self.crew.tasks().push(Arc::clone(&task));
        let offer = Offer { crew: Arc::clone(&self.crew), task };
        offer.remind();
        offer
    }
}

/// A task that others help with.
pub(super) struct Offer {
    crew: Arc<Crew>,
    task: Arc<dyn Help>,
}

impl Offer {
    /// Tells others that there is something to take again.
    pub(super) fn remind(&self) {
        self.crew.ring.notify_waiters();
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.crew.tasks().retain(|task| !Arc::ptr_eq(task, &self.task));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    struct Parts(Mutex<Vec<&'static str>>, Arc<Mutex<Vec<&'static str>>>);

    impl Help for Parts {
        fn take(self: Arc<Self>) -> Option<BoxFuture<'static, ()>> {
            let part = self.0.lock().expect("not poisoned").pop()?;
            Some(async move { self.1.lock().expect("not poisoned").push(part) }.boxed())
        }
    }

    #[tokio::test]
    async fn the_first_task_is_helped_first_and_a_task_that_ended_not_at_all() {
        let crew = Crew::new(3, Arc::new(Notify::new()));
        let team = Team::new(Arc::clone(&crew), 2);
        assert_eq!((team.size(), Team::new(Arc::clone(&crew), 9).size()), (2, 3));
        let done = Arc::new(Mutex::new(Vec::new()));
        let task =
            |parts: &[&'static str]| Arc::new(Parts(Mutex::new(parts.to_vec()), Arc::clone(&done)));
        assert!(crew.take().is_none());
        let first = team.offer(task(&["a2", "a1"]));
        let second = team.offer(task(&["b2", "b1"]));
        crew.take().expect("a part waits").await;
        drop(crew.take().expect("a part waits"));
        crew.take().expect("a part waits").await;
        drop(second);
        assert!(crew.take().is_none());
        drop(first);
        assert_eq!(*done.lock().expect("not poisoned"), ["a1", "b1"]);
    }
}
