//! How long answers took.

use std::fmt::Write as _;
use std::time::Duration;

/// The times of one kind of request.
pub(crate) struct Latencies {
    pub(crate) name: String,
    /// What the 99th percentile may be.
    pub(crate) goal: Option<Duration>,
    pub(crate) times: Vec<Duration>,
}

impl Latencies {
    pub(crate) fn new(name: String) -> Self {
        Self { name, goal: None, times: Vec::new() }
    }

    pub(crate) fn goal(self, goal: Duration) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// The time within which a share of the requests was answered, in milliseconds.
    fn percentile(&self, share: f64) -> f64 {
        let mut sorted: Vec<f64> = self.times.iter().map(|t| t.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    fn is_met(&self) -> Option<bool> {
        self.goal.map(|goal| self.percentile(0.99) <= goal.as_secs_f64() * 1e3)
    }

    /// One line for programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "benchmark": self.name,
            "requests": self.times.len(),
            "p50_ms": self.percentile(0.5),
            "p99_ms": self.percentile(0.99),
            "max_ms": self.percentile(1.0),
            "goal_p99_ms": self.goal.map(|goal| goal.as_secs_f64() * 1e3),
            "met": self.is_met(),
        })
    }
}

/// All of them for people.
pub(crate) fn table(all: &[Latencies]) -> String {
    let mut text = String::new();
    if !all.is_empty() {
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{:<58}{:>9}{:>9}{:>9}{:>9}  goal of p99",
            "", "number", "p50 ms", "p99 ms", "max ms"
        );
    }
    for latencies in all {
        let goal = match (latencies.goal, latencies.is_met()) {
            (Some(goal), Some(true)) => format!("{} ms: met", goal.as_millis()),
            (Some(goal), _) => format!("{} ms: NOT met", goal.as_millis()),
            (None, _) => String::new(),
        };
        let percentile = |share| latencies.percentile(share);
        let _ = writeln!(
            text,
            "{:<58}{:>9}{:>9.2}{:>9.2}{:>9.2}  {goal}",
            latencies.name,
            latencies.times.len(),
            percentile(0.5),
            percentile(0.99),
            percentile(1.0),
        );
    }
    text
}
