//! Properties that hold for any value and any text.

use edm::json::{Body, Dialect, Entities, Format};
use edm::model::{Primitive, Type};
use edm::time::TICKS_PER_SECOND;
use edm::version::Version;
use edm::{
    Date, DateTime, DateTimeOffset, Decimal, Draft, Duration, Guid, TimeOfDay, Value, to_members,
};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::model::{BEING_TYPE, Being, COLOR, PLACE, of};

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![
        Just(Dialect::new(Format::Verbose, Version::V1)),
        Just(Dialect::new(Format::Verbose, Version::V2)),
        Just(Dialect::new(Format::Verbose, Version::V3)),
        Just(Dialect::new(Format::Light, Version::V3)),
        Just(Dialect::new(Format::V4, Version::V4)),
        Just(Dialect::new(Format::V4, Version::V4).ieee754_compatible()),
        Just(Dialect::new(Format::V4, Version::V401)),
    ]
}

/// Points in time in whole milliseconds: the epoch form of V1 and V2 has no more.
fn times() -> impl Strategy<Value = DateTime> {
    const PER_MILLI: i64 = TICKS_PER_SECOND / 1000;
    (0..=DateTime::MAX.ticks() / PER_MILLI).prop_map(|n| DateTime::from_ticks(n * PER_MILLI))
}

/// A day is the day of a point in time.
fn dates() -> impl Strategy<Value = Date> {
    times().prop_map(|time| Date::parse(&time.to_string()[..10]).unwrap())
}

fn scalars() -> impl Strategy<Value = (Value, Type)> {
    let integer = |primitive, low: i64, high: i64| {
        (low..=high).prop_map(move |n| (Value::Integer(n), of(primitive)))
    };
    let is_number = |n: &f64| !n.is_nan();
    let offset = |(utc, minutes): (DateTime, i16)| {
        // The local time must be in the calendar, too.
        let year = utc.to_string()[..4].parse::<u32>().unwrap().clamp(2, 9998);
        let text = format!("{year:04}{}", &utc.to_string()[4..].replace("-02-29", "-02-28"));
        Value::DateTimeOffset(
            DateTimeOffset::new(DateTime::parse(&text).unwrap(), minutes).unwrap(),
        )
    };
    prop_oneof![
        Just((Value::Null, of(Primitive::String))),
        any::<bool>().prop_map(|b| (Value::Boolean(b), of(Primitive::Boolean))),
        integer(Primitive::Byte, 0, 255),
        integer(Primitive::SByte, -128, 127),
        integer(Primitive::Int16, i16::MIN.into(), i16::MAX.into()),
        integer(Primitive::Int32, i32::MIN.into(), i32::MAX.into()),
        integer(Primitive::Int64, i64::MIN, i64::MAX),
        any::<f64>()
            .prop_filter("NaN is not equal to itself", is_number)
            .prop_map(|n| (Value::Double(n), of(Primitive::Double))),
        (any::<i128>(), 0u32..28).prop_map(|(n, scale)| {
            // 96 bits.
            let number = Decimal::from_i128_with_scale(n >> 32, scale);
            (Value::Decimal(number), of(Primitive::Decimal))
        }),
        any::<String>().prop_map(|s| (Value::String(s), of(Primitive::String))),
        any::<String>().prop_map(|s| (Value::String(s), Type::Enum(&COLOR))),
        any::<Vec<u8>>().prop_map(|b| (Value::Binary(b), of(Primitive::Binary))),
        any::<u128>().prop_map(|n| (Value::Guid(Guid::from_u128(n)), of(Primitive::Guid))),
        times().prop_map(|t| (Value::DateTime(t), of(Primitive::DateTime))),
        (times(), -840i16..=840)
            .prop_map(move |pair| (offset(pair), of(Primitive::DateTimeOffset))),
        any::<i64>()
            .prop_map(|t| (Value::Duration(Duration::from_ticks(t)), of(Primitive::Duration))),
        any::<i64>().prop_map(|t| (Value::Duration(Duration::from_ticks(t)), of(Primitive::Time))),
        dates().prop_map(|d| (Value::Date(d), of(Primitive::Date))),
        (0..86_400 * TICKS_PER_SECOND).prop_map(|t| {
            (Value::TimeOfDay(TimeOfDay::from_ticks(t).unwrap()), of(Primitive::TimeOfDay))
        }),
        (any::<f64>(), any::<f64>())
            .prop_filter("JSON has no infinity", |(x, y)| x.is_finite() && y.is_finite())
            .prop_map(|(x, y)| {
                let point = edm::Geo::point(x, y);
                (Value::Json(point.as_geojson().clone().into()), of(Primitive::GeographyPoint))
            }),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::btree_map("[A-Za-z]{1,8}", inner, 0..6)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn wrap(dialect: Dialect, text: &str) -> String {
    match dialect.format {
        Format::Verbose => format!(r#"{{"d":{{"Name":{text}}}}}"#),
        Format::Light | Format::V4 => format!(r#"{{"value":{text}}}"#),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back((value, ty) in scalars(), dialect in dialects()) {
        let text = wrap(dialect, &dialect.value(&value, &ty));
        prop_assert_eq!(Body::new(&text, dialect.format).value(&ty).unwrap(), value);
    }

    #[test]
    fn collections_are_read_back(
        items in prop::collection::vec(any::<i64>(), 0..5),
        dialect in dialects(),
    ) {
        const LIST: Type = Type::Collection(&Type::Primitive(Primitive::Int64));
        let value = Value::Collection(items.into_iter().map(Value::from).collect());
        let text = wrap(dialect, &dialect.value(&value, &LIST));
        prop_assert_eq!(Body::new(&text, dialect.format).value(&LIST).unwrap(), value);
    }

    #[test]
    fn complex_values_are_read_back(
        city in any::<String>(),
        height in any::<i64>(),
        dynamic in json(),
        dialect in dialects(),
    ) {
        let height = Decimal::new(height, 3);
        let mut members = vec![
            ("City".into(), Value::String(city)),
            ("Height".into(), Value::Decimal(height)),
        ];
        if !dynamic.is_null() {
            members.push(("Dynamic".into(), Value::Json(dynamic.into())));
        }
        let ty = Type::Complex(&PLACE);
        let text = dialect.value(&Value::Complex(members.clone()), &ty);
        let text = if dialect.format == Format::Verbose { wrap(dialect, &text) } else { text };
        if dialect.format == Format::Light {
            // A read keeps what light JSON of an open type says of a declared property.
            let said = ("Height@odata.type".into(), Value::Json(Json::from("Edm.Decimal").into()));
            members.insert(1, said);
        }
        let read = Body::new(&text, dialect.format).value(&ty).unwrap();
        prop_assert_eq!(read, Value::Complex(members));
    }

    #[test]
    fn what_was_read_is_written_back(
        name in any::<String>(),
        color in any::<String>(),
        unknown in json(),
        digits in "-?[1-9][0-9]{0,27}",
        dialect in dialects(),
    ) {
        let name = Json::from(name).to_string();
        let color = Json::from(color).to_string();
        let entity = format!(
            r#"{{"Name":{name},"Favourite":{color},"Unknown":{unknown},"Digits":{digits}}}"#
        );
        let body = match dialect.format {
            Format::Verbose => format!(r#"{{"d":{entity}}}"#),
            Format::Light | Format::V4 => entity.clone(),
        };
        let mut being = Being::default();
        Body::new(&body, dialect.format).entity(&mut being).unwrap();
        prop_assert_eq!(being.extra.payload().unwrap().members[1].1.as_str(), digits.as_str());

        let draft = Draft { members: to_members(&being), ..Draft::default() };
        let text = dialect.draft(&draft, &BEING_TYPE, "");
        let sent: Json = serde_json::from_str(&text).unwrap();
        let expected: Json = serde_json::from_str(&entity).unwrap();
        for name in ["Name", "Favourite", "Unknown"] {
            prop_assert_eq!(&sent[name], &expected[name]);
        }
        let plain = format!("\"Digits\":{digits}");
        let quoted = format!("\"Digits\":\"{digits}\"");
        prop_assert!(text.contains(&plain) || text.contains(&quoted));
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), dialect in dialects()) {
        read_everything(&text, dialect.format);
    }

    #[test]
    fn any_json_is_read_or_refused(json in json(), dialect in dialects()) {
        read_everything(&json.to_string(), dialect.format);
        read_everything(&serde_json::json!({ "d": json }).to_string(), dialect.format);
        let page = serde_json::json!({ "value": [{ "Home": json, "Id": json, "Best": json }] });
        read_everything(&page.to_string(), dialect.format);
    }

    #[test]
    fn any_cut_is_refused(cut in 0usize..FEED.len(), format in dialects()) {
        if let Some(start) = FEED.get(..cut) {
            let mut entities = Entities::<Being>::default();
            prop_assert!(Body::new(start, format.format).page(&mut entities).is_err());
        }
    }
}

const FEED: &str = r##"{"@odata.context":"m","value":[{"@odata.type":"#Demo.Person","Id":"1",
    "Name":"größe","Home":{"City":"\u00e9","Height":1.5},"Friends":[{"Id":2}],"Best":null}]}"##;

fn read_everything(text: &str, format: Format) {
    let body = Body::new(text, format);
    let mut being = Being::default();
    if body.nullable_entity(&mut being).is_ok() {
        let _ = being.extra.many(crate::model::FRIENDS);
        let _ = being.extra.one(crate::model::BEST);
        let _ = to_members(&being);
    }
    let _ = body.page(&mut Entities::<Being>::default());
    for ty in [of(Primitive::Decimal), Type::Complex(&PLACE), Type::Enum(&COLOR)] {
        let _ = body.value(&ty);
    }
    let _ = (body.links(), body.resources(), Format::of_payload(text));
    let _ = edm::error::ServiceError::parse(text);
    let _ = edm::error::ServiceError::in_stream(text);
}
