use std::fmt;

use super::text::{parse_fraction, write_fraction};
use super::{ParseTimeError, SECONDS_PER_DAY, TICKS_PER_SECOND};

/// `Edm.Time` (a duration, up to V3): ticks of 100 ns, negative for spans backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// From ticks of 100 ns.
    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// Ticks of 100 ns.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// From whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(TICKS_PER_SECOND))
    }

    /// From minutes with a fraction; what is no number is no time.
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what we want")]
    pub fn from_minutes(minutes: f64) -> Self {
        Self((minutes * 60.0 * 1e7) as i64)
    }

    /// Milliseconds with a fraction.
    #[expect(clippy::cast_precision_loss, reason = "exact below 28 000 years")]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e4
    }

    /// Reads `[-]P[nD][T[nH][nM][n[.f]S]]`, in which years and months are not allowed.
    ///
    /// # Errors
    ///
    /// The text has another form or the span does not fit.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let expected = "a duration such as 'PT1H30M'";
        parse_duration(text)
            .map(Self)
            .ok_or_else(|| ParseTimeError { text: crate::value::shorten(text), expected })
    }
}

fn parse_duration(text: &str) -> Option<i64> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    // Summed as a negative number, so that the smallest span fits.
    let mut total = 0i64;
    let mut add = |number: &str, unit: i64| -> Option<()> {
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) if unit == 1 => (whole, parse_fraction(fraction)?),
            Some(_) => return None,
            None => (number, 0),
        };
        if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let seconds = whole.parse::<i64>().ok()?.checked_mul(unit)?;
        let ticks = seconds.checked_mul(-TICKS_PER_SECOND)?.checked_sub(fraction)?;
        total = total.checked_add(ticks)?;
        Some(())
    };
    if !days.is_empty() {
        add(days.strip_suffix('D')?, SECONDS_PER_DAY)?;
    }
    let mut rest = time;
    for (letter, unit) in [('H', 3600), ('M', 60), ('S', 1)] {
        if let Some((number, after)) = rest.split_once(letter) {
            add(number, unit)?;
            rest = after;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    if negative { Some(total) } else { total.checked_neg() }
}

/// ISO 8601, the way .NET's `XmlConvert` prints it: `P1DT2H3M4.5S`, `PT0S`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let second = TICKS_PER_SECOND.unsigned_abs();
        let (seconds, fraction) = (ticks / second, ticks % second);
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if ticks == 0 {
            return f.write_str("T0S");
        }
        if hours + minutes + seconds + fraction == 0 {
            return Ok(());
        }
        f.write_str("T")?;
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        if seconds + fraction > 0 {
            write!(f, "{seconds}")?;
            write_fraction(f, i64::try_from(fraction).unwrap_or(0))?;
            f.write_str("S")?;
        }
        Ok(())
    }
}
