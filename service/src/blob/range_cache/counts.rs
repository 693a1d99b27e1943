//! What operators see of the cache.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// All that is counted.
#[derive(Debug)]
pub(super) struct Counts {
    requests: Family<[(&'static str, &'static str); 1], Counter>,
    hits: Counter,
    misses: Counter,
    /// Bytes that came from the object store.
    pub(super) fetched: Counter,
    entries: Gauge,
    bytes: Gauge,
}

impl Default for Counts {
    fn default() -> Self {
        let requests = Family::<[(&'static str, &'static str); 1], Counter>::default();
        Self {
            hits: requests.get_or_create_owned(&[("result", "hit")]),
            misses: requests.get_or_create_owned(&[("result", "miss")]),
            requests,
            fetched: Counter::default(),
            entries: Gauge::default(),
            bytes: Gauge::default(),
        }
    }
}

impl Counts {
    /// Counts a range that was asked for, and was fetched for that or was there.
    pub(super) fn lookup(&self, is_fetched: bool) {
        if is_fetched {
            self.misses.inc()
        } else {
            self.hits.inc()
        };
    }

    /// Tells how many ranges are kept, and what they take on disk.
    pub(super) fn kept(&self, entries: u64, bytes: u64) {
        self.entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Names everything to a registry.
    pub(super) fn register(&self, registry: &mut Registry) {
        let requests = self.requests.clone();
        registry.register("object_cache_requests", "Ranges of objects that were wanted", requests);
        registry.register(
            "object_cache_fetched_bytes",
            "What was fetched of the object store",
            self.fetched.clone(),
        );
        let (entries, bytes) = (self.entries.clone(), self.bytes.clone());
        registry.register("object_cache_entries", "Ranges of objects that are on disk", entries);
        registry.register("object_cache_bytes", "What they take", bytes);
    }
}
