//! Time expressions of TTML (TTML1 §10.3.1).

use crate::time::TIMESCALE;

const SECOND: u128 = TIMESCALE as u128;

/// What the root of a document says of its time expressions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Frames in `frames.1` seconds.
    frames: (u128, u128),
    ticks: u128,
}

impl Clock {
    /// From the attributes `frameRate`, `frameRateMultiplier`, `subFrameRate` and `tickRate`
    /// (TTML1 §6.2); what cannot be read is as if it was not there.
    pub(super) fn new<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name: &str| positive(attribute(name)?);
        let given = number("frameRate");
        let rate = given.unwrap_or(30);
        let multiplier = attribute("frameRateMultiplier").and_then(|text| {
            let (numerator, denominator) = text.split_once([' ', ':'])?;
            Some((positive(numerator)?, positive(denominator)?))
        });
        let (numerator, denominator) = multiplier.unwrap_or((1, 1));
        let sub_frames = number("subFrameRate").unwrap_or(1);
        // Without any of the two, a tick is a second.
        let ticks = number("tickRate").or(given.map(|rate| rate * sub_frames)).unwrap_or(1);
        Self { frames: (rate * numerator, denominator), ticks }
    }

    /// A time expression in 100-ns units.
    pub(super) fn read(&self, text: &str) -> Option<u64> {
        let text = text.trim();
        let units = if text.contains(':') { self.clock_time(text) } else { self.offset_time(text) };
        u64::try_from(units?).ok()
    }

    /// `hours:minutes:seconds`, with a fraction or with frames.
    fn clock_time(&self, text: &str) -> Option<u128> {
        let mut parts = text.split(':');
        let (hours, minutes) = (digits(parts.next()?)?, digits(parts.next()?)?);
        let seconds = decimal(parts.next()?, SECOND, 1)?;
        let frames = match parts.next() {
            // Parts of frames are shorter than any text is seen.
            Some(frames) => digits(frames.split('.').next()?)?,
            None => 0,
        };
        if minutes > 59 || seconds >= 61 * SECOND || parts.next().is_some() {
            return None;
        }
        let frames = frames * self.frames.1 * SECOND / self.frames.0;
        Some((hours * 3600 + minutes * 60) * SECOND + seconds + frames)
    }

    /// A number with a metric.
    fn offset_time(&self, text: &str) -> Option<u128> {
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, metric) = text.split_at(at);
        let (units, per) = match metric {
            "h" => (3600 * SECOND, 1),
            "m" => (60 * SECOND, 1),
            "s" => (SECOND, 1),
            "ms" => (SECOND, 1000),
            "f" => (self.frames.1 * SECOND, self.frames.0),
            "t" => (SECOND, self.ticks),
            _ => return None,
        };
        decimal(number, units, per)
    }
}

/// A number of at most nine digits: no expression needs more, and products of a few fit.
fn digits(text: &str) -> Option<u128> {
    let valid = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| text.parse().ok())?
}

fn positive(text: &str) -> Option<u128> {
    digits(text.trim()).filter(|number| *number > 0)
}

/// A decimal number, times `units / per`.
fn decimal(text: &str, units: u128, per: u128) -> Option<u128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    // Ticks of 100 ns make longer numbers than other units do.
    let whole = if whole.len() <= 18 { whole.parse::<u64>().ok()? } else { return None };
    let fraction = fraction.get(..fraction.len().min(9))?;
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let scaled = u128::from(whole) * scale + digits(fraction)?;
    Some(scaled.checked_mul(units)? / (scale * per))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: &[(&str, &'static str)], text: &str) -> Option<u64> {
        let find =
            |name: &str| attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        Clock::new(find).read(text).map(|units| units / 10_000)
    }

    #[test]
    fn reads_every_form() {
        for (text, millis) in [
            ("00:00:01", 1000),
            ("00:01:02.5", 62_500),
            ("01:00:00.0001", 3_600_000),
            ("100:00:00", 360_000_000),
            ("00:00:01:15", 1500),
            (" 1.5h ", 5_400_000),
            ("2m", 120_000),
            ("10.25s", 10_250),
            ("40ms", 40),
            ("15f", 500),
            ("3t", 3000),
            ("00:00:00.1234567890123", 123),
        ] {
            assert_eq!(read(&[], text), Some(millis), "{text}");
        }
        let film =
            [("frameRate", "24"), ("frameRateMultiplier", "1000 1001"), ("tickRate", "10000000")];
        assert_eq!(read(&film, "24f"), Some(1001));
        assert_eq!(read(&film, "00:00:00:12.1"), Some(500));
        assert_eq!(read(&film, "703146666t"), Some(70_314));
        assert_eq!(read(&[("frameRate", "25")], "50t"), Some(2000));
        assert_eq!(read(&[("frameRate", "0"), ("tickRate", "x")], "30f"), Some(1000));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "5",
            "s",
            "1x",
            "-1s",
            "1..5s",
            "00:00",
            "00:60:00",
            "00:00:61",
            "1:2:3:4:5",
            "::",
            "00:00:0é",
            "99999999999999999999s",
            "999999999999999999h",
            ".5s",
            "1.s",
            "00:00:01:9999999999",
        ] {
            assert_eq!(read(&[], text), None, "{text}");
        }
        let hostile = [
            ("frameRate", "999999999"),
            ("frameRateMultiplier", "999999999 999999999"),
            ("subFrameRate", "999999999"),
        ];
        assert_eq!(read(&hostile, "999999999t"), Some(0));
        assert_eq!(read(&hostile, "999999999f"), Some(1000));
    }
}
