//! A histogram of durations that many threads add to without waiting for each other: the one of
//! the library locks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// The upper bounds of the buckets, in microseconds: from an answer that is kept ready to one that
/// waits for an object store.
const BOUNDS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 5_000_000,
];

/// A histogram of durations, in seconds. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latency(Arc<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    /// How many there are in each bucket, and last how many are in none.
    counts: [AtomicU64; BOUNDS.len() + 1],
    /// The sum, in nanoseconds: enough for five hundred years.
    sum: AtomicU64,
}

impl Latency {
    /// Adds a duration.
    pub(crate) fn observe(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().take_while(|bound| **bound * 1000 < nanoseconds).count();
        if let Some(count) = self.0.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl TypedMetric for Latency {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Latency {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        // Read once: the total is that of these buckets, whatever is added meanwhile.
        let counts = self.0.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = BOUNDS
            .iter()
            .map(|bound| Duration::from_micros(*bound).as_secs_f64())
            .zip(counts)
            .collect();
        let sum = Duration::from_nanos(self.0.sum.load(Ordering::Relaxed)).as_secs_f64();
        let total = counts.iter().sum();
        encoder.encode_histogram::<[(&str, &str); 0]>(sum, total, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use prometheus_client::encoding::prometheus_text;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn durations_are_in_the_bucket_whose_bound_they_do_not_exceed() {
        let latency = Latency::default();
        for microseconds in [0, 100, 101, 250, 5_000_000, 5_000_001] {
            latency.observe(Duration::from_micros(microseconds));
        }
        let mut registry = Registry::default();
        registry.register("wait_seconds", "Waiting", latency);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        for line in [
            "wait_seconds_bucket{le=\"0.0001\"} 2",
            "wait_seconds_bucket{le=\"0.00025\"} 4",
            "wait_seconds_bucket{le=\"1\"} 4",
            "wait_seconds_bucket{le=\"5\"} 5",
            "wait_seconds_bucket{le=\"+Inf\"} 6",
            "wait_seconds_sum 10.000452",
            "wait_seconds_count 6",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
    }
}
