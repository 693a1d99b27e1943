//! Points and spans of time as OData has them.
//!
//! These are our own types because neither `jiff` nor `std` covers them: services send
//! `0001-01-01T00:00:00` for "unset" and `9999-12-31T23:59:59.9999999Z` for "never", `Edm.DateTime`
//! comes with and without a zone, and the unit everywhere is the .NET tick of 100 ns.

mod day;
mod duration;
mod offset;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::time::SystemTime;

use jiff::civil;

pub use day::{Date, TimeOfDay};
pub use duration::Duration;
pub use offset::DateTimeOffset;
use text::{parse_civil, split_offset, write_fraction};

/// Ticks of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_MILLISECOND: i64 = 10_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// 1970-01-01 in ticks since 0001-01-01.
const UNIX_EPOCH: i64 = 719_162 * SECONDS_PER_DAY * TICKS_PER_SECOND;
/// 9999-12-31T23:59:59.9999999 in ticks since 0001-01-01.
const LAST: i64 = 3_652_059 * SECONDS_PER_DAY * TICKS_PER_SECOND - 1;

/// `Edm.DateTime`: ticks of 100 ns since 0001-01-01T00:00:00, meaning UTC.
///
/// A zone in a text is applied and forgotten; a text without one is UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(i64);

/// A text that is no date, time or duration of OData.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {expected}")]
pub struct ParseTimeError {
    text: String,
    expected: &'static str,
}

impl DateTime {
    /// `0001-01-01T00:00:00`: what services send for "unset".
    pub const MIN: Self = Self(0);
    /// `9999-12-31T23:59:59.9999999`: what services send for "never".
    pub const MAX: Self = Self(LAST);

    /// The current time.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// From ticks since 0001-01-01, held within the calendar.
    pub const fn from_ticks(ticks: i64) -> Self {
        if ticks < 0 {
            Self::MIN
        } else if ticks > LAST {
            Self::MAX
        } else {
            Self(ticks)
        }
    }

    /// Ticks of 100 ns since 0001-01-01.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// From milliseconds since 1970-01-01, held within the calendar.
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self::from_ticks(millis.saturating_mul(TICKS_PER_MILLISECOND).saturating_add(UNIX_EPOCH))
    }

    /// Milliseconds since 1970-01-01, rounded down.
    pub const fn unix_millis(self) -> i64 {
        (self.0 - UNIX_EPOCH).div_euclid(TICKS_PER_MILLISECOND)
    }

    /// This time and a span, held within the calendar.
    #[must_use]
    pub const fn saturating_add(self, span: Duration) -> Self {
        Self::from_ticks(self.0.saturating_add(span.ticks()))
    }

    /// The span since an earlier time.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_ticks(self.0 - earlier.0)
    }

    /// The same time without what is smaller than a millisecond.
    #[must_use]
    pub const fn truncated_to_millis(self) -> Self {
        Self(self.0 - self.0 % TICKS_PER_MILLISECOND)
    }

    /// Reads `2014-05-17T16:45:53[.1234567][Z|+05:30]`; seconds, and the time of day, may be
    /// missing.
    ///
    /// # Errors
    ///
    /// The text has another form or names a day that is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let error =
            || ParseTimeError { text: crate::value::shorten(text), expected: "a date and time" };
        let (civil, offset) = split_offset(text).ok_or_else(error)?;
        let ticks = parse_civil(civil).ok_or_else(error)?;
        Ok(Self::from_ticks(ticks - offset * 60 * TICKS_PER_SECOND))
    }

    fn civil(self) -> (civil::Date, i64) {
        let days = self.0 / (SECONDS_PER_DAY * TICKS_PER_SECOND);
        let first = civil::date(1, 1, 1);
        // Both are in the calendar: `days` is at most 3 652 058.
        let date = first.checked_add(jiff::Span::new().days(days)).unwrap_or(first);
        (date, self.0 % (SECONDS_PER_DAY * TICKS_PER_SECOND))
    }
}

/// `2014-05-17T16:45:53.1234567`, zeros at the end trimmed, without zone.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, rest) = self.civil();
        let (seconds, ticks) = (rest / TICKS_PER_SECOND, rest % TICKS_PER_SECOND);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            date.year(),
            date.month(),
            date.day(),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        write_fraction(f, ticks)
    }
}

impl From<SystemTime> for DateTime {
    fn from(time: SystemTime) -> Self {
        let since = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos() / 100),
            Err(before) => i64::try_from(before.duration().as_nanos() / 100).map(|ticks| -ticks),
        };
        Self::from_ticks(since.unwrap_or(i64::MAX).saturating_add(UNIX_EPOCH))
    }
}

impl From<DateTime> for SystemTime {
    fn from(time: DateTime) -> Self {
        let span = std::time::Duration::from_nanos(100);
        let ticks = time.0 - UNIX_EPOCH;
        let count = |ticks: u64| {
            std::time::Duration::from_secs(ticks / TICKS_PER_SECOND.unsigned_abs())
                + span * u32::try_from(ticks % TICKS_PER_SECOND.unsigned_abs()).unwrap_or(0)
        };
        let moved = if ticks < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(count(ticks.unsigned_abs()))
        } else {
            SystemTime::UNIX_EPOCH.checked_add(count(ticks.unsigned_abs()))
        };
        moved.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
