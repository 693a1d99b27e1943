//! Conversions between timescales, all rounding to the nearest unit.

/// Units per second in manifests and URLs: 100 ns, as in Smooth Streaming (MS-SSTR §2.2.2.1).
pub const TIMESCALE: u32 = 10_000_000;

/// Converts `value` from one timescale to another, half up.
///
/// Converting accumulated times and subtracting, rather than converting durations, is what keeps
/// long streams free of drift.
pub(crate) fn rescale(value: i64, from: u32, to: u32) -> i64 {
    if from == to {
        return value;
    }
    // Nearly all times fit, and this is several times as fast.
    let doubled = value.checked_mul(i64::from(to) * 2);
    if let Some(sum) = doubled.and_then(|doubled| doubled.checked_add(i64::from(from))) {
        return sum.div_euclid(i64::from(from.max(1)) * 2);
    }
    let (from, to) = (i128::from(from.max(1)), i128::from(to));
    let scaled = (i128::from(value) * to * 2 + from).div_euclid(from * 2);
    i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
}

/// A time of the presentation in 100-ns units; nothing lies before 0.
pub(crate) fn to_units(value: i64, timescale: u32) -> u64 {
    u64::try_from(rescale(value, timescale, TIMESCALE)).unwrap_or(0)
}

/// 100-ns units after the start of 1970 as a date with time, such as
/// `1970-01-01T00:00:06.000+00:00`. Tracks last a month at most.
pub(crate) fn iso_date_time(units: u64) -> String {
    let millis = (units + 5000) / 10_000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let day = 1 + hours / 24;
    format!(
        "1970-01-{day:02}T{:02}:{:02}:{:02}.{millis:03}+00:00",
        hours % 24,
        minutes % 60,
        seconds % 60
    )
}

/// 100-ns units as an ISO 8601 duration, such as `PT1M10.315S` (XML Schema part 2, §3.2.6).
pub(crate) fn iso_duration(units: u64) -> String {
    let scale = u64::from(TIMESCALE);
    let seconds = units / scale;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = String::from("PT");
    if hours > 0 {
        text.push_str(&format!("{hours}H"));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}M"));
    }
    let fraction = format!("{:07}", units % scale);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    text.push_str(&format!("{}{dot}{fraction}S", seconds % 60));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescales_to_the_nearest_unit() {
        assert_eq!(rescale(1001, 30000, TIMESCALE), 333_667);
        assert_eq!(rescale(-1024, 48000, TIMESCALE), -213_333);
        assert_eq!(rescale(1, 2, 1), 1);
        assert_eq!(rescale(-1, 2, 1), 0);
        assert_eq!(rescale(i64::MAX, 1, TIMESCALE), i64::MAX);
        assert_eq!(rescale(i64::MAX, 2, 1), 1 << 62);
        assert_eq!(rescale(i64::MIN, 2, 1), -(1 << 62));
    }

    #[test]
    fn dates_as_in_playlists() {
        assert_eq!(iso_date_time(0), "1970-01-01T00:00:00.000+00:00");
        assert_eq!(iso_date_time(60_060_000), "1970-01-01T00:00:06.006+00:00");
        let day = 24 * 36_000_000_000;
        assert_eq!(iso_date_time(30 * day - 10_000), "1970-01-30T23:59:59.999+00:00");
    }

    #[test]
    fn durations_as_in_manifests() {
        assert_eq!(iso_duration(703_150_000), "PT1M10.315S");
        assert_eq!(iso_duration(36_000_000_000), "PT1H0S");
        assert_eq!(iso_duration(0), "PT0S");
        assert_eq!(iso_duration(1), "PT0.0000001S");
    }
}
