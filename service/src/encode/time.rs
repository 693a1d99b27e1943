//! Time in presets and on ffmpeg's command lines.

use std::fmt;

/// A time or a length in whole milliseconds; written as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Seconds(u64);

impl Seconds {
    /// Of so many milliseconds.
    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The nearest millisecond; nothing is earlier than 0.
    pub(crate) fn new(seconds: f64) -> Self {
        // Float casts saturate, and no file is that long.
        Self((seconds * 1000.0).round().max(0.0) as u64)
    }

    /// Milliseconds.
    pub(crate) fn millis(self) -> u64 {
        self.0
    }

    /// As a floating point number; exact for any real length.
    pub(crate) fn value(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// How much later this is, or 0.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// So much later.
    pub(crate) fn plus(self, length: Self) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// Reads a time as presets have it: `hh:mm:ss[.fff]`, or `PT1H2M3.5S` as XML schema writes it.
pub(crate) fn parse(text: &str) -> Option<Seconds> {
    let text = text.trim();
    let seconds = match text.strip_prefix("PT") {
        Some(parts) => iso(parts)?,
        None => clock(text)?,
    };
    Some(Seconds::new(seconds))
}

fn clock(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let hours: u16 = hours.parse().ok()?;
    let minutes: u16 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds = decimal(seconds).filter(|seconds| *seconds < 60.0)?;
    Some(f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds)
}

fn iso(mut parts: &str) -> Option<f64> {
    let mut total = 0.0;
    for (unit, scale) in [('H', 3600.0), ('M', 60.0), ('S', 1.0)] {
        if let Some((number, rest)) = parts.split_once(unit) {
            total += decimal(number)? * scale;
            parts = rest;
        }
    }
    // The longest time of the other form.
    parts.is_empty().then_some(total).filter(|total| *total < 65_536.0 * 3600.0)
}

/// A number without sign and exponent.
fn decimal(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, millis) in [
            ("00:00:04", 4000),
            (" 01:02:03.5 ", 3_723_500),
            ("00:00:00.0005", 1),
            ("PT5S", 5000),
            ("PT1H2M3.5S", 3_723_500),
            ("PT2M", 120_000),
            ("PT", 0),
        ] {
            assert_eq!(parse(text), Some(Seconds(millis)), "{text}");
        }
        for text in [
            "",
            "5",
            "5 s",
            "00:60:00",
            "00:00:60",
            "-1:00:00",
            "00:00:1e3",
            "PT5",
            "PTxS",
            "PT5S1H",
            "PT1e300H",
            "00:00:00:00",
            "PT99999999999H",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_ffmpeg_reads_them() {
        assert_eq!(Seconds::new(61.2345).to_string(), "61.235");
        assert_eq!(Seconds::new(-1.0).to_string(), "0.000");
        let (four, six) = (Seconds::from_millis(4000), Seconds::from_millis(6000));
        assert_eq!((six.since(four), four.since(six)), (Seconds(2000), Seconds(0)));
    }
}
