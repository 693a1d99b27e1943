use std::fmt;

use super::text::{parse_civil, split_offset};
use super::{DateTime, ParseTimeError, TICKS_PER_SECOND};

/// `Edm.DateTimeOffset`: a point in time and the offset it was written with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DateTimeOffset {
    /// What a clock there shows: with the offset applied, the first and last hours of the calendar
    /// would be outside of it.
    local: DateTime,
    offset_minutes: i16,
}

impl DateTimeOffset {
    /// A point in time, written with offset zero.
    pub const fn from_utc(utc: DateTime) -> Self {
        Self { local: utc, offset_minutes: 0 }
    }

    /// A point in time and the offset that it is written with; `None` for an offset of more than
    /// 14 hours.
    pub const fn new(utc: DateTime, offset_minutes: i16) -> Option<Self> {
        if offset_minutes.unsigned_abs() > 14 * 60 {
            return None;
        }
        let local = DateTime::from_ticks(utc.0 + ticks(offset_minutes));
        Some(Self { local, offset_minutes })
    }

    /// The point in time, held within the calendar.
    pub const fn utc(self) -> DateTime {
        DateTime::from_ticks(self.local.0 - ticks(self.offset_minutes))
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
        let read = || {
            let (civil, offset) = split_offset(text)?;
            let local = DateTime::from_ticks(parse_civil(civil)?);
            Some(Self { local, offset_minutes: i16::try_from(offset).ok()? })
        };
        let text = || crate::value::shorten(text);
        read().ok_or_else(|| ParseTimeError { text: text(), expected: "a date and time" })
    }
}

/// Ticks of an offset in minutes.
const fn ticks(minutes: i16) -> i64 {
    minutes as i64 * 60 * TICKS_PER_SECOND
}

/// `2014-05-17T16:45:53+05:30`; offset zero is `Z`.
impl fmt::Display for DateTimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.local.fmt(f)?;
        let minutes = self.offset_minutes;
        match minutes {
            0 => f.write_str("Z"),
            _ => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }
}
