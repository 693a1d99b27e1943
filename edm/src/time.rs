//! Points and spans of time as OData has them.
//!
//! These are our own types because neither `jiff` nor `std` covers them: services send
//! `0001-01-01T00:00:00` for "unset" and `9999-12-31T23:59:59.9999999Z` for "never", `Edm.DateTime`
//! comes with and without a zone, and the unit everywhere is the .NET tick of 100 ns.

use std::fmt;
use std::time::SystemTime;

use jiff::civil;

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
        Self::from_ticks(self.0.saturating_add(span.0))
    }

    /// The span since an earlier time.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0 - earlier.0)
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

/// Splits the zone off: `Z` is 0, `+05:30` is 330 minutes, none is 0.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(civil) = text.strip_suffix(['Z', 'z']) {
        return Some((civil, 0));
    }
    // A date has dashes too: look behind the `T` only.
    let from = text.find(['T', 't']).unwrap_or(text.len());
    let Some(at) = text[from..].find(['+', '-']).map(|at| at + from) else {
        return Some((text, 0));
    };
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    let number = |digits: &str| -> Option<i64> {
        (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| digits.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let offset = hours * 60 + minutes;
    if offset > 14 * 60 || minutes > 59 {
        return None;
    }
    Some((&text[..at], if text[at..].starts_with('-') { -offset } else { offset }))
}

/// Ticks of `YYYY-MM-DD[THH:MM[:SS[.fffffff]]]`.
fn parse_civil(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let mut digits = |count: usize| -> Option<i16> {
        let part = parts.next()?;
        (part.len() == count && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    let (year, month, day) = (digits(4)?, digits(2)?, digits(2)?);
    if year < 1 {
        return None;
    }
    let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let days = i64::from(civil::date(1, 1, 1).until(date).ok()?.get_days());
    let time = time.map_or(Some(0), parse_time_of_day)?;
    Some(days * SECONDS_PER_DAY * TICKS_PER_SECOND + time)
}

/// Ticks of `HH:MM[:SS[.fffffff]]`.
fn parse_time_of_day(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, parse_fraction(fraction)?),
        None => (text, 0),
    };
    let mut total = 0;
    let mut parts = clock.split(':');
    for (position, limit) in [24, 60, 60].into_iter().enumerate() {
        let part = match parts.next() {
            Some(part) => part,
            None if position == 2 && fraction == 0 => "00",
            None => return None,
        };
        let number: i64 = (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())??;
        // A leap second is the first one of the next minute.
        let is_leap_second = position == 2 && number == limit;
        if number >= limit && !is_leap_second {
            return None;
        }
        total = total * 60 + number;
    }
    parts.next().is_none().then_some(total * TICKS_PER_SECOND + fraction)
}

/// Ticks of the digits behind a decimal point; digits past the seventh are dropped.
fn parse_fraction(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{:0<7}", &digits[..digits.len().min(7)]).parse().ok()
}

/// Writes `.1234567` without trailing zeros; nothing for zero.
fn write_fraction(f: &mut fmt::Formatter<'_>, ticks: i64) -> fmt::Result {
    if ticks == 0 {
        return Ok(());
    }
    write!(f, ".{}", format!("{ticks:07}").trim_end_matches('0'))
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

/// `Edm.DateTimeOffset`: a point in time and the offset it was written with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DateTimeOffset {
    utc: DateTime,
    offset_minutes: i16,
}

impl DateTimeOffset {
    /// A point in time, written with offset zero.
    pub const fn from_utc(utc: DateTime) -> Self {
        Self { utc, offset_minutes: 0 }
    }

    /// A point in time and the offset that it is written with; `None` for an offset of more than
    /// 14 hours.
    pub const fn new(utc: DateTime, offset_minutes: i16) -> Option<Self> {
        if offset_minutes.unsigned_abs() > 14 * 60 {
            return None;
        }
        Some(Self { utc, offset_minutes })
    }

    /// The point in time.
    pub const fn utc(self) -> DateTime {
        self.utc
    }

    /// The offset from UTC, in minutes.
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Reads the text that [`DateTime::parse`] reads and keeps the zone; none is UTC.
    ///
    /// # Errors
    ///
    /// The text has another form or names a day that is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let utc = DateTime::parse(text)?;
        let offset = split_offset(text).map_or(0, |(_, offset)| offset);
        Ok(Self { utc, offset_minutes: i16::try_from(offset).unwrap_or(0) })
    }
}

/// `2014-05-17T16:45:53+05:30`; offset zero is `Z`.
impl fmt::Display for DateTimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = i64::from(self.offset_minutes);
        let local = self.utc.0 + minutes * 60 * TICKS_PER_SECOND;
        DateTime::from_ticks(local).fmt(f)?;
        match minutes {
            0 => f.write_str("Z"),
            _ => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }
}

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

/// `Edm.Date`: a day of the calendar, years -9999 to 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// A day; `None` if it is not in the calendar.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, from 1.
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, from 1.
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// Reads `2014-05-17`.
    ///
    /// # Errors
    ///
    /// The text has another form or names a day that is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let error = || ParseTimeError { text: crate::value::shorten(text), expected: "a date" };
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let mut parts = digits.split('-');
        let mut number = |length| -> Option<i16> {
            let part = parts.next()?;
            let is_number = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| part.parse().ok())?
        };
        let (year, month, day) = (number(4), number(2), number(2));
        let day = match (year, month, day, parts.next()) {
            (Some(year), Some(month), Some(day), None) => {
                let small = |number: i16| i8::try_from(number).ok();
                small(month)
                    .zip(small(day))
                    .and_then(|(month, day)| Self::new(sign * year, month, day))
            }
            _ => None,
        };
        day.ok_or_else(error)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year() < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{:02}-{:02}", self.year().unsigned_abs(), self.month(), self.day())
    }
}

/// `Edm.TimeOfDay`: ticks of 100 ns since midnight, less than a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(i64);

impl TimeOfDay {
    /// From ticks since midnight; `None` if they are no time of a day.
    pub const fn from_ticks(ticks: i64) -> Option<Self> {
        if 0 <= ticks && ticks < SECONDS_PER_DAY * TICKS_PER_SECOND {
            Some(Self(ticks))
        } else {
            None
        }
    }

    /// Ticks of 100 ns since midnight.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// Reads `13:20:00.1234567`; seconds may be missing, and digits past the seventh are cut off.
    ///
    /// # Errors
    ///
    /// The text has another form or is no time of a day.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let error =
            || ParseTimeError { text: crate::value::shorten(text), expected: "a time of day" };
        let ticks = parse_civil(&format!("0001-01-01T{text}")).ok_or_else(error)?;
        Self::from_ticks(ticks).ok_or_else(error)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime(self.0).to_string();
        f.write_str(time.split_once('T').map_or("", |(_, time)| time))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn date_times_of_real_services_survive() {
        for (text, printed) in [
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
            ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999"),
            ("2015-01-18T22:06:40.6010903Z", "2015-01-18T22:06:40.6010903"),
            ("2013-04-11T16:29:41.05", "2013-04-11T16:29:41.05"),
            ("2014-05-17T16:45:53+05:30", "2014-05-17T11:15:53"),
            ("2014-05-17T16:45", "2014-05-17T16:45:00"),
            ("2016-02-29", "2016-02-29T00:00:00"),
            ("2014-05-17T16:45:53.123456789", "2014-05-17T16:45:53.1234567"),
        ] {
            assert_eq!(DateTime::parse(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn what_is_not_in_the_calendar_is_refused() {
        for text in [
            "",
            "T",
            "2014",
            "2014-02-30",
            "0000-01-01",
            "2014-05-17T24:00:00",
            "2014-05-17T16:60",
            "2014-05-17T16:45:53.",
            "2014-05-17T16:45:53+99:00",
            "2014-05-17T1:2:3",
            "2014-5-17",
            "2014-05-17T16:45:53Zjunk",
            "+014-05-17",
            "2014-05-17T",
        ] {
            assert!(DateTime::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn unix_and_system_time_agree() {
        let time = DateTime::parse("2013-04-25T21:50:19.187").unwrap();
        assert_eq!(time.unix_millis(), 1_366_926_619_187);
        assert_eq!(DateTime::from_unix_millis(time.unix_millis()), time);
        assert_eq!(DateTime::from(SystemTime::from(time)), time);
        assert_eq!(DateTime::from_unix_millis(i64::MIN), DateTime::MIN);
    }

    #[test]
    fn offsets_are_kept() {
        for text in
            ["2014-01-02T03:04:05+05:30", "2014-01-02T03:04:05.5-08:00", "2014-01-02T03:04:05Z"]
        {
            assert_eq!(DateTimeOffset::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn durations_round_trip() {
        for (text, ticks) in [
            ("PT0S", 0),
            ("PT1H", 36_000_000_000),
            ("P1DT2H3M4.5S", 937_845_000_000),
            ("-PT1S", -10_000_000),
            ("P7D", 6_048_000_000_000),
            ("P10675199DT2H48M5.4775807S", i64::MAX),
            ("-P10675199DT2H48M5.4775808S", i64::MIN),
        ] {
            assert_eq!(Duration::parse(text).unwrap().ticks(), ticks, "{text}");
            assert_eq!(Duration::from_ticks(ticks).to_string(), text);
        }
        for text in ["", "P", "PT", "P1", "PT1", "P1Y", "PT1.5H", "1H", "PT1S1M", "P99999999999D"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }
}
