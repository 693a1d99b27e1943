//! Times of two sides, and their ratio.

use std::fmt::Write as _;
use std::time::Duration;

/// What better means.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// Ours is at least this share of the other's speed.
    SpeedAtLeast(f64),
    /// Ours takes at most this many times the other's time.
    TimeAtMost(f64),
}

/// The same work, done by this project and by something bare.
pub(crate) struct Comparison {
    pub(crate) name: String,
    pub(crate) goal: Goal,
    /// Bytes that are moved, if speed is in bytes.
    pub(crate) bytes: Option<u64>,
    pub(crate) ours: Side,
    pub(crate) bare: Side,
}

/// How long one side took, round by round.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) times: Vec<Duration>,
}

impl Side {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, times: Vec::new() }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut seconds: Vec<f64> = self.times.iter().map(Duration::as_secs_f64).collect();
        seconds.sort_by(f64::total_cmp);
        seconds
    }

    fn best(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = |at: usize| sorted.get(at).copied().unwrap_or(f64::NAN);
        let half = sorted.len() / 2;
        if sorted.len() % 2 == 1 {
            middle(half)
        } else {
            (middle(half.max(1) - 1) + middle(half)) / 2.0
        }
    }
}

impl Comparison {
    /// Ours to bare, of medians: speeds or times, as the goal has it.
    fn ratio(&self) -> f64 {
        match self.goal {
            Goal::SpeedAtLeast(_) => self.bare.median() / self.ours.median(),
            Goal::TimeAtMost(_) => self.ours.median() / self.bare.median(),
        }
    }

    fn is_met(&self) -> bool {
        match self.goal {
            Goal::SpeedAtLeast(least) => self.ratio() >= least,
            Goal::TimeAtMost(most) => self.ratio() <= most,
        }
    }

    fn goal_text(&self) -> String {
        match self.goal {
            Goal::SpeedAtLeast(least) => format!(">= {least}"),
            Goal::TimeAtMost(most) => format!("<= {most}"),
        }
    }

    /// Seconds, and MB/s where bytes are moved.
    fn shown(&self, seconds: f64) -> String {
        match self.bytes {
            Some(bytes) => format!("{seconds:.3} s {:>6.0} MB/s", bytes as f64 / seconds / 1e6),
            None => format!("{seconds:.2} s"),
        }
    }

    /// One line for programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        let side = |side: &Side| {
            let times: Vec<f64> = side.times.iter().map(Duration::as_secs_f64).collect();
            serde_json::json!({
                "name": side.name, "best_s": side.best(), "median_s": side.median(), "all_s": times,
            })
        };
        serde_json::json!({
            "benchmark": self.name,
            "bytes": self.bytes,
            "ours": side(&self.ours),
            "bare": side(&self.bare),
            "ratio": self.ratio(),
            "goal": self.goal_text(),
            "met": self.is_met(),
        })
    }
}

/// All comparisons for people.
pub(crate) fn table(comparisons: &[Comparison]) -> String {
    let mut text = String::new();
    for comparison in comparisons {
        let Comparison { name, ours, bare, .. } = comparison;
        let rounds = ours.times.len();
        let met = if comparison.is_met() { "met" } else { "NOT met" };
        let mut line = |label: &str, best: &str, median: &str| {
            // Writing into a string does not fail.
            let _ = writeln!(text, "{label:<44}{best:>22}{median:>22}");
        };
        line(&format!("{name} ({rounds} rounds)"), "best", "median");
        for side in [ours, bare] {
            let (best, median) = (comparison.shown(side.best()), comparison.shown(side.median()));
            line(&format!("  {}", side.name), &best, &median);
        }
        let goal = format!("goal {}: {met}", comparison.goal_text());
        line("  ratio of medians", &goal, &format!("{:.3}", comparison.ratio()));
        text.push('\n');
    }
    text
}
