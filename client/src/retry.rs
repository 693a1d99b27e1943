use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::Idempotency;

/// When a call is tried again.
///
/// 408, 429 and 503 say that the service has not done anything: they are tried again always. 500,
/// 502, 504 and a lost connection do not say so: they are tried again for reads only.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// How often a call is sent at the most, the first time included.
    pub attempts: usize,
    /// The first delay; each further one is twice as long, and varied at random.
    pub first_delay: Duration,
    /// The longest delay; a service that asks for a longer one in `Retry-After` is not tried again.
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_delay: Duration::from_millis(200),
            longest_delay: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Never again.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    pub(crate) fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.first_delay)
            .with_max_delay(self.longest_delay)
            .with_max_times(self.attempts.saturating_sub(1))
            .build()
    }
}

/// Whether a status is worth another try.
pub(crate) fn is_transient(status: u16, idempotency: Idempotency) -> bool {
    match status {
        408 | 429 | 503 => true,
        500 | 502 | 504 => idempotency == Idempotency::Read,
        _ => false,
    }
}

/// The delay that `Retry-After` asks for: seconds, or an HTTP date.
pub(crate) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(header).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}
