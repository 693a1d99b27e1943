//! Timestamps of WebVTT (W3C WebVTT §6.3, "collect a WebVTT timestamp") and of what is written.

use std::fmt;

use crate::time::TIMESCALE;

const SECOND: u64 = TIMESCALE as u64;
const MILLISECOND: u64 = SECOND / 1000;

/// Reads a timestamp at the start of a text; returns it in 100-ns units with what is behind it.
/// Hours are optional and may have any number of digits; times that do not fit are not read.
pub(super) fn read(text: &str) -> Option<(u64, &str)> {
    let (first, digits, rest) = number(text)?;
    let (second, rest) = two_digits(rest.strip_prefix(':')?)?;
    let has_hours = digits != 2 || first > 59 || rest.starts_with(':');
    let (hours, minutes, seconds, rest) = if has_hours {
        let (third, rest) = two_digits(rest.strip_prefix(':')?)?;
        (first, second, third, rest)
    } else {
        (0, first, second, rest)
    };
    let (millis, digits, rest) = number(rest.strip_prefix('.')?)?;
    if digits != 3 || minutes > 59 || seconds > 59 {
        return None;
    }
    let whole = hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?;
    let units = whole.checked_mul(SECOND)?.checked_add(millis * MILLISECOND)?;
    Some((units, rest))
}

/// Digits at the start of a text: their value, how many there are, and what is behind them.
fn number(text: &str) -> Option<(u64, usize, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, digits, rest))
}

fn two_digits(text: &str) -> Option<(u64, &str)> {
    let (value, digits, rest) = number(text)?;
    (digits == 2).then_some((value, rest))
}

/// A time in 100-ns units as both WebVTT and TTML write it, rounded to milliseconds.
pub(super) struct Timestamp(pub(super) u64);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.saturating_add(MILLISECOND / 2) / MILLISECOND;
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_standard_allows() {
        for (text, millis) in [
            ("00:00.000", 0),
            ("01:02.003", 62_003),
            ("59:59.999", 3_599_999),
            ("00:00:01.500 x", 1_500),
            ("1:00:00.000", 3_600_000),
            ("60:00:00.000", 216_000_000),
            ("123:00:00.000", 442_800_000),
        ] {
            let read = read(text).map(|(units, _)| units / MILLISECOND);
            assert_eq!(read, Some(millis), "{text}");
        }
        assert_eq!(read("00:01.000-->"), Some((SECOND, "-->")));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "x",
            "00:00",
            "00:00.00",
            "00:00.0000",
            "0:00.000",
            "00:0.000",
            "00:60.000",
            "60:00.000",
            "00:60:00.000",
            "00:00:60.000",
            "00:00:00,000",
            "00.000",
            "+1:00.000",
            "-00:01.000",
            "00:00:1.000",
            "99999999999999999999:00:00.000",
            "18446744073709551615:00:00.000",
            "９９:00.000",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["00:00:00.000", "00:59:59.999", "26:30:43.717", "1000:00:00.001"] {
            let read = read(text).map(|(units, _)| Timestamp(units).to_string());
            assert_eq!(read.as_deref(), Some(text));
        }
        assert_eq!(Timestamp(9_999_999).to_string(), "00:00:01.000");
        assert_eq!(Timestamp(u64::MAX).to_string().len(), "512409557:36:10.955".len());
    }
}
