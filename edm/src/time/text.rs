//! What the texts of several types have in common.

use std::fmt;

use jiff::civil;

use super::{SECONDS_PER_DAY, TICKS_PER_SECOND};

/// Splits the zone off: `Z` is 0, `+05:30` is 330 minutes, none is 0.
pub(super) fn split_offset(text: &str) -> Option<(&str, i64)> {
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
pub(super) fn parse_civil(text: &str) -> Option<i64> {
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
pub(super) fn parse_time_of_day(text: &str) -> Option<i64> {
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
pub(super) fn parse_fraction(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{:0<7}", &digits[..digits.len().min(7)]).parse().ok()
}

/// Writes `.1234567` without trailing zeros; nothing for zero.
pub(super) fn write_fraction(f: &mut fmt::Formatter<'_>, ticks: i64) -> fmt::Result {
    if ticks == 0 {
        return Ok(());
    }
    write!(f, ".{}", format!("{ticks:07}").trim_end_matches('0'))
}
