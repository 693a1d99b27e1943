#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

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
    for text in [
        "2014-01-02T03:04:05+05:30",
        "2014-01-02T03:04:05.5-08:00",
        "2014-01-02T03:04:05Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00-14:00",
        "9999-12-31T23:59:59.9999999-14:00",
        "9999-12-31T23:59:59.9999999+14:00",
    ] {
        assert_eq!(DateTimeOffset::parse(text).unwrap().to_string(), text);
    }
    // The point in time is outside of the calendar: held in it.
    let first = DateTimeOffset::parse("0001-01-01T00:00:00+14:00").unwrap();
    assert_eq!(first.utc(), DateTime::MIN);
    for text in
        ["2014-01-02T03:04:05+14:01", "2014-01-02T03:04:05+5:30", "2014-01-02T03:04:05+0530"]
    {
        assert!(DateTimeOffset::parse(text).is_err(), "{text}");
    }
}

#[test]
fn leap_seconds_and_long_fractions_are_read() {
    for (text, printed) in [
        ("1972-06-30T23:59:60Z", "1972-07-01T00:00:00Z"),
        ("2012-09-03T13:52:01.123456789012Z", "2012-09-03T13:52:01.1234567Z"),
        ("2012-09-03T13:52+05:30", "2012-09-03T13:52:00+05:30"),
    ] {
        assert_eq!(DateTimeOffset::parse(text).unwrap().to_string(), printed);
    }
    assert_eq!(TimeOfDay::parse("13:20:59.123456789012").unwrap().to_string(), "13:20:59.1234567");
    assert_eq!(Duration::parse("-PT0.0000001S").unwrap().ticks(), -1);
    for text in ["23:59:60", "24:00", "1:00", "01:00:61", "01", "T01:00"] {
        assert!(TimeOfDay::parse(text).is_err(), "{text}");
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

proptest! {
    #[test]
    fn points_in_time_round_trip(ticks in 0..=DateTime::MAX.ticks(), minutes in -840i16..=840) {
        let time = DateTime::from_ticks(ticks);
        prop_assert_eq!(DateTime::parse(&time.to_string()).unwrap(), time);
        let local = DateTimeOffset::from_utc(time);
        prop_assert_eq!(DateTimeOffset::parse(&local.to_string()).unwrap(), local);
        let there = DateTimeOffset::new(time, minutes).unwrap();
        prop_assert_eq!(DateTimeOffset::parse(&there.to_string()).unwrap(), there);
        prop_assert_eq!(there.offset_minutes(), minutes);
        // At the ends of the calendar, a clock elsewhere stands still.
        let margin = 14 * 3600 * TICKS_PER_SECOND;
        if (margin..DateTime::MAX.ticks() - margin).contains(&ticks) {
            prop_assert_eq!(there.utc(), time);
        }
    }

    #[test]
    fn spans_and_days_round_trip(
        ticks in any::<i64>(),
        day in (-9999i16..=9999, 1i8..=12, 1i8..=31),
        clock in 0..86_400 * TICKS_PER_SECOND,
    ) {
        let span = Duration::from_ticks(ticks);
        prop_assert_eq!(Duration::parse(&span.to_string()).unwrap(), span);
        if let Some(date) = Date::new(day.0, day.1, day.2) {
            prop_assert_eq!(Date::parse(&date.to_string()).unwrap(), date);
        }
        let time = TimeOfDay::from_ticks(clock).unwrap();
        prop_assert_eq!(TimeOfDay::parse(&time.to_string()).unwrap(), time);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+0-9TZ:.PDHMSé]{0,30}") {
        let _ = DateTime::parse(&text);
        let _ = DateTimeOffset::parse(&text);
        let _ = Duration::parse(&text);
        let _ = Date::parse(&text);
        let _ = TimeOfDay::parse(&text);
    }
}
