//! What requests are answered from: read once, kept for as long as nothing of it has changed.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use moka::future::{Cache, CacheBuilder};
use moka::ops::compute::{CompResult, Op};

use super::OriginError;
use super::counts::Lookups;
use crate::app::App;
use crate::blob::ReadGuard;
use crate::generation::Marks;

/// How long something that nobody asks for is kept.
pub(super) const IDLE: Duration = Duration::from_secs(600);

/// Reading on behalf of a request: notes all that its answer is made of.
pub(super) struct Reading<'a> {
    /// The service.
    pub(super) app: &'a App,
    /// Blobs that are found while it is there can be read.
    pub(super) guard: Arc<ReadGuard>,
    /// What the answer is made of.
    pub(super) marks: Marks,
}

impl<'a> Reading<'a> {
    /// A reading that has read nothing yet.
    pub(super) fn new(app: &'a App, guard: Arc<ReadGuard>) -> Self {
        Self { app, guard, marks: Marks::default() }
    }

    /// Another one for the same request.
    pub(super) fn another(&self) -> Self {
        Self::new(self.app, Arc::clone(&self.guard))
    }
}

/// Values by their keys, each with what it was made of.
#[derive(Clone)]
pub(super) struct Memory<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    cache: Cache<K, Kept<V>>,
    lookups: Lookups,
}

/// A value that is kept.
#[derive(Clone)]
struct Kept<V> {
    value: V,
    marks: Arc<Marks>,
}

impl<K, V> Memory<K, V>
where
    K: Clone + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Room for values that together weigh no more than this.
    pub(super) fn new(
        room: u64,
        weight: impl Fn(&K, &V) -> u32 + Send + Sync + 'static,
        lookups: Lookups,
    ) -> Self {
        let cache: CacheBuilder<K, Kept<V>, _> = Cache::builder();
        let weigher = move |key: &K, kept: &Kept<V>| weight(key, &kept.value);
        let cache = cache.max_capacity(room).weigher(weigher).time_to_idle(IDLE).build();
        Self { cache, lookups }
    }

    /// How many values there are, and what they weigh together.
    pub(super) async fn size(&self) -> (u64, u64) {
        self.cache.run_pending_tasks().await;
        (self.cache.entry_count(), self.cache.weighted_size())
    }

    /// A value: the one that is kept, or one that is loaded while others wait for it. A value that
    /// was kept and is not certain any more is given to who loads.
    pub(super) async fn get<'a, F>(
        &self,
        reading: &mut Reading<'a>,
        key: &K,
        load: impl FnOnce(Reading<'a>, Option<V>) -> F + Send,
    ) -> Result<V, OriginError>
    where
        F: Future<Output = Result<(V, Marks), OriginError>> + Send,
    {
        let kept = self.cache.get(key).await.filter(|kept| kept.marks.hold());
        self.lookups.count(kept.is_some());
        if let Some(kept) = kept {
            reading.marks.extend(&kept.marks);
            return Ok(kept.value);
        }
        let inner = reading.another();
        let entry = self.cache.entry_by_ref(key);
        let computed = entry.and_try_compute_with(|found| async move {
            let found = found.map(moka::Entry::into_value);
            match found {
                // Another has loaded it meanwhile.
                Some(kept) if kept.marks.hold() => Ok(Op::Nop),
                found => {
                    let (value, marks) = load(inner, found.map(|kept| kept.value)).await?;
                    Ok::<_, OriginError>(Op::Put(Kept { value, marks: Arc::new(marks) }))
                }
            }
        });
        let kept = match computed.await? {
            CompResult::Inserted(entry)
            | CompResult::ReplacedWith(entry)
            | CompResult::Unchanged(entry) => entry.into_value(),
            CompResult::StillNone(_) | CompResult::Removed(_) => {
                return Err(OriginError::internal("what was loaded is gone"));
            }
        };
        reading.marks.extend(&kept.marks);
        Ok(kept.value)
    }
}
