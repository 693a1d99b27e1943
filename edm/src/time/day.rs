use std::fmt;

use jiff::civil;

use super::text::parse_time_of_day;
use super::{DateTime, ParseTimeError, SECONDS_PER_DAY, TICKS_PER_SECOND};

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
        let ticks = parse_time_of_day(text).ok_or_else(error)?;
        Self::from_ticks(ticks).ok_or_else(error)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime(self.0).to_string();
        f.write_str(time.split_once('T').map_or("", |(_, time)| time))
    }
}
