#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Date, DateTime, DateTimeOffset, Decimal, Duration, Guid, TimeOfDay};

#[test]
fn forms_of_microsofts_library_are_read() {
    for (text, primitive) in [
        ("'it''s'", Primitive::String),
        ("''", Primitive::String),
        ("5", Primitive::Int32),
        ("-5", Primitive::Int32),
        ("5L", Primitive::Int64),
        ("1.10M", Primitive::Decimal),
        ("1.5", Primitive::Double),
        ("1E+300D", Primitive::Double),
        ("1.5f", Primitive::Single),
        ("-INF", Primitive::Double),
        ("X'01ABFF'", Primitive::Binary),
        ("binary'01'", Primitive::Binary),
        ("guid'abcdef01-0000-0000-0000-000000000000'", Primitive::Guid),
        ("datetime'2014-01-02T03:04'", Primitive::DateTime),
        ("datetimeoffset'2014-01-02T03:04:05+05:30'", Primitive::DateTimeOffset),
        ("time'PT1H2M3S'", Primitive::Time),
        ("true", Primitive::Boolean),
    ] {
        assert_eq!(Literal::parse(text).unwrap().primitive, Some(primitive), "{text}");
    }
    assert_eq!(Literal::parse("null").unwrap(), Literal::NULL);
}

#[test]
fn what_microsofts_library_refuses_is_refused() {
    for text in [
        "",
        "'",
        "'a",
        "a'",
        "2147483648",
        ".5",
        "5.",
        "+1",
        "True",
        "X'0'",
        "X'GG'",
        "guid'x'",
        "datetime'x'",
        "abc",
        "1 2",
        "5LL",
        "1.5L",
        "3E62f",
        "1E400",
    ] {
        assert!(Literal::parse(text).is_err(), "{text}");
    }
}

#[test]
fn literals_of_v4_are_read_and_printed() {
    for (text, primitive, v3) in [
        ("5", Primitive::Int32, "5"),
        ("10000000001", Primitive::Int64, "10000000001L"),
        ("1.10", Primitive::Decimal, "1.10M"),
        ("1e300", Primitive::Double, "1E300D"),
        ("-INF", Primitive::Double, "-INF"),
        ("'it''s'", Primitive::String, "'it''s'"),
        (
            "abcdef01-0000-0000-0000-000000000000",
            Primitive::Guid,
            "guid'abcdef01-0000-0000-0000-000000000000'",
        ),
        ("2014-01-02", Primitive::Date, "datetime'2014-01-02T00:00:00'"),
        ("-0044-03-15", Primitive::Date, "datetime'-0044-03-15T00:00:00'"),
        (
            "2014-01-02T03:04:05+05:30",
            Primitive::DateTimeOffset,
            "datetimeoffset'2014-01-02T03:04:05+05:30'",
        ),
        ("03:26:05.123", Primitive::TimeOfDay, "time'PT3H26M5.123S'"),
        ("duration'-P1DT2H'", Primitive::Duration, "time'-P1DT2H'"),
        ("binary'Aav_'", Primitive::Binary, "X'01ABFF'"),
        ("Ns.Perm'Read,Write'", Primitive::String, "'Read,Write'"),
        (
            "geography'SRID=4326;Point(-122.25 47.5)'",
            Primitive::GeographyPoint,
            "geography'SRID=4326;POINT (-122.25 47.5)'",
        ),
        (
            "geometry'SRID=7;GeometryCollection(LineString(1 2,3 4),Polygon((1 2,3 4,1 2)))'",
            Primitive::GeometryCollection,
            "geometry'SRID=7;GEOMETRYCOLLECTION (LINESTRING (1 2, 3 4), POLYGON ((1 2, 3 4, 1 2)))'",
        ),
    ] {
        let literal = Literal::parse_for(text, Version::V4).unwrap();
        assert_eq!(literal.primitive, Some(primitive), "{text}");
        assert_eq!(literal.display(Version::V4).to_string(), text);
        assert_eq!(literal.display(Version::V3).to_string(), v3);
    }
}

#[test]
fn other_spellings_of_v4_are_read() {
    for (text, printed) in [
        ("binary'AQ'", "binary'AQ=='"),
        ("binary'Aav/'", "binary'Aav_'"),
        ("TRUE", "true"),
        ("+5", "5"),
        ("03:26", "03:26:00"),
        ("2014-01-02T03:04Z", "2014-01-02T03:04:00Z"),
        ("Duration'PT1H'", "duration'PT1H'"),
        ("Geography'srid=4326;point ( 1 2 )'", "geography'SRID=4326;Point(1 2)'"),
        ("geography'Point(1 2)'", "geography'SRID=4326;Point(1 2)'"),
        ("geometry'SRID=0;MULTIPOINT (1 2, 3 4)'", "geometry'SRID=0;MultiPoint((1 2),(3 4))'"),
    ] {
        let literal = Literal::parse_for(text, Version::V4).unwrap();
        assert_eq!(literal.display(Version::V4).to_string(), printed, "{text}");
    }
}

#[test]
fn what_v4_has_no_form_for_is_refused() {
    for text in [
        "datetime'2014-01-02T03:04:05'",
        "guid'abcdef01-0000-0000-0000-000000000000'",
        "5L",
        "1.5f",
        "binary'A'",
        "Color'Red'",
        "Ns.Color''",
        "2014-02-30",
        "24:00",
        "2014-01-02T03:04:05",
        "geography'SRID=4326;Point(1)'",
        "geography'SRID=4326;Circle(1 2)'",
        "1e400",
        "Null",
        "nan",
    ] {
        assert!(Literal::parse_for(text, Version::V4).is_err(), "{text}");
    }
}

#[test]
fn values_of_the_model_become_literals() {
    static COLOR: crate::model::EnumType =
        crate::model::EnumType { name: "Color", namespace: "Ns", ..crate::model::EnumType::NEW };
    let red = Literal::of(Value::from("Red"), &Type::Enum(&COLOR));
    assert_eq!(red.display(Version::V4).to_string(), "Ns.Color'Red'");
    let list = Value::Collection(vec![Value::Integer(1), Value::Integer(2)]);
    let list = Literal::of(list, &Type::Collection(&Type::Primitive(Primitive::Int32)));
    assert_eq!(list.display(Version::V4).to_string(), "[1,2]");
}

fn literals() -> impl Strategy<Value = Literal> {
    let of = Literal::new;
    prop_oneof![
        any::<String>().prop_map(Literal::text),
        any::<i32>().prop_map(move |n| of(Value::Integer(n.into()), Primitive::Int32)),
        any::<i64>().prop_map(move |n| of(Value::Integer(n), Primitive::Int64)),
        any::<f64>()
            .prop_filter("NaN is not equal to itself", |n| !n.is_nan())
            .prop_map(move |n| of(Value::Double(n), Primitive::Double)),
        any::<bool>().prop_map(move |b| of(Value::Boolean(b), Primitive::Boolean)),
        (any::<i64>(), 0u32..18)
            .prop_map(move |(n, s)| of(Value::Decimal(Decimal::new(n, s)), Primitive::Decimal)),
        any::<u128>().prop_map(move |n| of(Value::Guid(Guid::from_u128(n)), Primitive::Guid)),
        any::<Vec<u8>>().prop_map(move |b| of(Value::Binary(b), Primitive::Binary)),
        (0..=DateTime::MAX.ticks()).prop_map(move |ticks| of(
            Value::DateTime(DateTime::from_ticks(ticks)),
            Primitive::DateTime
        )),
        any::<i64>().prop_map(move |ticks| of(
            Value::Duration(Duration::from_ticks(ticks)),
            Primitive::Time
        )),
    ]
}

fn v4_literals() -> impl Strategy<Value = Literal> {
    let of = Literal::new;
    prop_oneof![
        literals(),
        (0..=DateTime::MAX.ticks(), -840i16..=840).prop_map(move |(ticks, minutes)| {
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
            let local = DateTime::from_ticks(ticks);
            let text = format!("{local}{sign}{hours:02}:{minutes:02}");
            let time = DateTimeOffset::parse(&text).unwrap_or_default();
            of(Value::DateTimeOffset(time), Primitive::DateTimeOffset)
        }),
        (-9999i16..=9999, 1i8..=12, 1i8..=28).prop_map(move |(year, month, day)| {
            of(Value::Date(Date::new(year, month, day).unwrap()), Primitive::Date)
        }),
        (0i64..864_000_000_000).prop_map(move |ticks| {
            of(Value::TimeOfDay(TimeOfDay::from_ticks(ticks).unwrap()), Primitive::TimeOfDay)
        }),
        "[A-Z][a-z]{0,5}(,[A-Z][a-z]{0,5}){0,2}".prop_map(|m| Literal::enumeration("Ns.E", m)),
        (any::<i32>(), any::<i32>()).prop_map(move |(x, y)| of(
            Value::Json(Box::new(json!({ "type": "Point", "coordinates": [x, y] }))),
            Primitive::GeographyPoint,
        )),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(literal in literals()) {
        prop_assert_eq!(Literal::parse(&literal.to_string()).unwrap(), literal);
    }

    #[test]
    fn what_is_printed_for_v4_prints_alike_again(literal in v4_literals()) {
        let printed = literal.display(Version::V4).to_string();
        let read = Literal::parse_for(&printed, Version::V4).unwrap();
        prop_assert_eq!(read.display(Version::V4).to_string(), printed);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for version in [Version::V1, Version::V3, Version::V4] {
            let _ = Literal::parse_for(&text, version);
        }
    }

    #[test]
    fn any_shape_is_read_or_refused(text in "[A-Za-z]{0,8}[(), 0-9.-]{0,24}") {
        let _ = Literal::parse(&format!("geography'SRID=4326;{text}'"));
    }
}
