//! Every primitive type, enumerations, complex and open types, inheritance.

use live::ODATAPY;
use live::clients::odatapy::{
    Colour, Permits, Person, Place, Sample, Tanker, Tariff, TariffKey, Vessel,
};
use serde_json::json;

use super::harbour;

#[tokio::test]
async fn every_primitive_type_survives_and_can_be_compared() {
    let Some(server) = ODATAPY.server() else { return };
    let samples = harbour(&server).samples();
    let id: edm::Guid = "aaaaaaaa-0000-4000-8000-000000000001".parse().unwrap();
    let decimal: edm::Decimal = "-1234567890123456.0123456789".parse().unwrap();
    let date = edm::Date::new(1, 1, 1).unwrap();
    let time = edm::TimeOfDay::parse("23:59:59.1234567").unwrap();
    let moment = edm::DateTimeOffset::parse("2020-01-02T03:04:05.1234567+05:30").unwrap();
    let span = edm::Duration::parse("-P1DT2H3M4S").unwrap();
    let text = "O'Neil & co ☃ \"quoted\" \\ / 100%\n+";
    let binary = edm::Binary(vec![0, 1, 254, 255, 62, 63]);
    let point = edm::Geo::point(-122.25, 47.5);
    let line = edm::Geo::from_geojson(
        json!({"type": "LineString", "coordinates": [[1.0, 2.5], [3.0, 4.0]]}),
    );
    let area = edm::Geometry::from_geojson(
        json!({"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]}),
    );
    let numbers = vec![i64::MIN, 9_007_199_254_740_993, i64::MAX];
    let made = samples
        .create()
        .set(Sample::ID, id)
        .set(Sample::BOOLEAN, false)
        .set(Sample::BYTE, u8::MAX)
        .set(Sample::S_BYTE, i8::MIN)
        .set(Sample::INT16, i16::MIN)
        .set(Sample::INT32, i32::MIN)
        .set(Sample::INT64, i64::MAX)
        .set(Sample::SINGLE, f32::NEG_INFINITY)
        .set(Sample::DOUBLE, 1e-300)
        .set(Sample::DECIMAL, decimal)
        .set(Sample::STRING, text)
        .set(Sample::BINARY, binary.clone())
        .set(Sample::DATE, date)
        .set(Sample::TIME_OF_DAY, time)
        .set(Sample::DATE_TIME_OFFSET, moment)
        .set(Sample::DURATION, span)
        .set(Sample::POINT, point.clone())
        .set(Sample::LINE, line.clone())
        .set(Sample::AREA, area.clone())
        .set(Sample::NUMBERS, numbers.clone())
        .await
        .unwrap();
    let read = samples.by_key(id).get().await.unwrap();
    for sample in [made, read] {
        assert_eq!(sample.id, id);
        assert_eq!(sample.boolean, Some(false));
        assert_eq!(sample.byte, Some(u8::MAX));
        assert_eq!(sample.s_byte, Some(i8::MIN));
        assert_eq!(sample.int16, Some(i16::MIN));
        assert_eq!(sample.int32, Some(i32::MIN));
        assert_eq!(sample.int64, Some(i64::MAX));
        assert_eq!(sample.single, Some(f32::NEG_INFINITY));
        assert_eq!(sample.double, Some(1e-300));
        assert_eq!(sample.decimal, Some(decimal));
        assert_eq!(sample.string.as_deref(), Some(text));
        assert_eq!(sample.binary, Some(binary.clone()));
        assert_eq!(sample.date, Some(date));
        assert_eq!(sample.time_of_day, Some(time));
        assert_eq!(sample.date_time_offset, Some(moment));
        assert_eq!(sample.date_time_offset.unwrap().offset_minutes(), 330);
        assert_eq!(sample.duration, Some(span));
        assert_eq!(sample.point, Some(point.clone()));
        assert_eq!(sample.line, Some(line.clone()));
        assert_eq!(sample.area, Some(area.clone()));
        assert_eq!(sample.numbers, numbers);
    }
    let cases = [
        Sample::BOOLEAN.eq(false),
        Sample::BYTE.eq(u8::MAX),
        Sample::S_BYTE.eq(i8::MIN),
        Sample::INT16.eq(i16::MIN),
        Sample::INT64.eq(i64::MAX),
        Sample::SINGLE.lt(-1e30_f32),
        Sample::DOUBLE.eq(1e-300),
        Sample::DECIMAL.eq(decimal),
        Sample::STRING.eq(text),
        Sample::BINARY.eq(binary),
        Sample::DATE.eq(date),
        Sample::TIME_OF_DAY.eq(time),
        Sample::DATE_TIME_OFFSET.eq(moment),
        Sample::DURATION.eq(span),
    ];
    for filter in cases {
        let shown = filter.to_string();
        let found = samples.clone().filter(Sample::ID.eq(id)).filter(filter).all().await.unwrap();
        assert_eq!(found.len(), 1, "{shown}");
    }
}

#[tokio::test]
async fn entities_of_derived_types_keep_what_is_theirs() {
    let Some(server) = ODATAPY.server() else { return };
    let vessels = harbour(&server).vessels();
    let cleaned = edm::DateTimeOffset::parse("2020-01-02T03:04:05.123456Z").unwrap();
    let tanker = vessels
        .create_as::<Tanker>()
        .set(Tanker::ID, 1001)
        .set(Tanker::NAME, "Exxon")
        .set(Tanker::HULL, Colour::Red)
        .set(Tanker::PERMITS, Permits::ENTER | Permits::FUEL)
        .set(Tanker::TONNAGE, "214861.125".parse::<edm::Decimal>().unwrap())
        .set(Tanker::VOLUME, 1.5)
        .set(Tanker::CLEANED, cleaned)
        .await
        .unwrap();
    assert_eq!((tanker.name.as_str(), tanker.volume), ("Exxon", Some(1.5)));
    vessels.create().set(Vessel::ID, 1002).set(Vessel::NAME, "Plain").await.unwrap();

    // Among others of the set, it says what it is.
    let mine = vessels.clone().filter(Vessel::ID.ge(1001)).filter(Vessel::ID.le(1002));
    let mine = mine.order_by(Vessel::ID.asc()).all().await.unwrap();
    let tankers: Vec<_> =
        mine.iter().map(|vessel| edm::Extra::downcast::<Tanker>(vessel).unwrap()).collect();
    assert_eq!(tankers[0].as_ref().unwrap().cleaned, Some(cleaned));
    assert!(tankers[1].is_none());
    assert_eq!(mine[0].permits, Some(Permits::ENTER | Permits::FUEL));

    // By a cast, it is one.
    let big = vessels
        .clone()
        .of_type::<Tanker>()
        .filter(Tanker::VOLUME.gt(1.0).and(Tanker::ID.le(1002)))
        .all()
        .await
        .unwrap();
    assert_eq!(big.iter().map(|tanker| tanker.id).collect::<Vec<_>>(), [1001]);
    let one = vessels.by_key(1001).as_type::<Tanker>().get().await.unwrap();
    assert_eq!(one.tonnage, Some("214861.125".parse().unwrap()));
    let other = vessels.by_key(1002).as_type::<Tanker>().get().await.unwrap_err();
    assert!(other.is_not_found(), "{other}");
    let changed = vessels.by_key(1001).as_type::<Tanker>().if_match(&one);
    changed.update().set(Tanker::VOLUME, 2.5).await.unwrap();
    let read = vessels.by_key(1001).as_type::<Tanker>().get().await.unwrap();
    assert_eq!((read.volume, read.hull), (Some(2.5), Some(Colour::Red)));
}

#[tokio::test]
async fn enumerations_are_compared_and_tested_for_flags() {
    let Some(server) = ODATAPY.server() else { return };
    let vessels = harbour(&server).vessels();
    for (id, hull, permits) in [
        (1011, Colour::Red, Permits::LOAD),
        (1012, Colour::Blue, Permits::LOAD | Permits::FUEL),
        (1013, Colour::Blue, Permits::ENTER),
    ] {
        let vessel = vessels.create().set(Vessel::ID, id).set(Vessel::NAME, "Flagged");
        vessel.set(Vessel::HULL, hull).set(Vessel::PERMITS, permits).await.unwrap();
    }
    let mine = vessels.filter(Vessel::ID.ge(1011)).filter(Vessel::ID.le(1013));
    let cases = [
        (Vessel::HULL.eq(Colour::Blue), vec![1012, 1013]),
        (Vessel::HULL.ne(Colour::Blue), vec![1011]),
        (Vessel::PERMITS.has(Permits::LOAD), vec![1011, 1012]),
        (Vessel::PERMITS.has(Permits::LOAD | Permits::FUEL), vec![1012]),
    ];
    for (filter, expected) in cases {
        let shown = filter.to_string();
        let found = mine.clone().filter(filter).order_by(Vessel::ID.asc()).all().await.unwrap();
        assert_eq!(found.iter().map(|vessel| vessel.id).collect::<Vec<_>>(), expected, "{shown}");
    }
}

#[tokio::test]
async fn complex_values_may_be_derived_too() {
    let Some(server) = ODATAPY.server() else { return };
    let vessels = harbour(&server).vessels();
    let place = |town: &str| {
        let mut place = Place::default();
        place.town = Some(town.to_owned());
        place
    };
    let mut home = place("Hull");
    home.point = Some(edm::Geo::point(-0.33, 53.74));
    let calls = vec![home.clone(), place("York")];
    let made = vessels
        .create()
        .set(Vessel::ID, 1021)
        .set(Vessel::NAME, "Caller")
        .set(Vessel::HOME, home.clone())
        .set(Vessel::CALLS, calls.clone())
        .set(Vessel::SIGNALS, vec!["a,b".to_owned(), String::new()])
        .await
        .unwrap();
    assert_eq!(made.home.as_ref().unwrap().point, home.point);
    let vessel = vessels.by_key(1021);
    let read = vessel.get().await.unwrap();
    let towns: Vec<_> = read.calls.iter().map(|place| place.town.as_deref()).collect();
    assert_eq!(towns, [Some("Hull"), Some("York")]);
    assert_eq!(read.signals, ["a,b", ""]);
    let here =
        vessels.clone().filter(Vessel::HOME.then(Place::TOWN).eq("Hull")).all().await.unwrap();
    assert_eq!(here.iter().map(|vessel| vessel.id).collect::<Vec<_>>(), [1021]);
}

#[tokio::test]
async fn open_types_keep_what_the_model_does_not_know() {
    let Some(server) = ODATAPY.server() else { return };
    let people = harbour(&server).people();
    let joined = edm::DateTimeOffset::parse("2020-01-02T03:04:05Z").unwrap();
    let body = edm::Insert::new()
        .set(Person::LOGIN, "open")
        .set_dynamic("Hat", "bowler")
        .set_dynamic("Shoes", 43)
        .set_dynamic("Steps", 9_007_199_254_740_993_i64)
        .set_dynamic("Joined", joined);
    let made = people.insert(body).await.unwrap();
    assert_eq!(made.extra.get("Hat"), Some(json!("bowler")));
    let person = people.by_key("open");
    let change = edm::Update::new().set_dynamic("Shoes", 44).set_dynamic("Hat", edm::Value::Null);
    person.update_with(change).await.unwrap();
    let read = person.get().await.unwrap().extra;
    assert_eq!(read.dynamic::<i32>("Shoes").unwrap(), Some(44));
    assert_eq!(read.dynamic::<i64>("Steps").unwrap(), Some(9_007_199_254_740_993));
    assert_eq!(read.dynamic("Joined").unwrap(), Some(joined));
    assert_eq!(read.dynamic::<String>("Hat").unwrap(), None);
}

#[tokio::test]
async fn a_key_of_several_parts_may_have_an_enumeration() {
    let Some(server) = ODATAPY.server() else { return };
    let tariffs = harbour(&server).tariffs();
    let from = edm::Date::new(2020, 1, 1).unwrap();
    for code in ["a b/c", "d'e", "f%2F&", "ü+ 1"] {
        let fee: edm::Decimal = "1.25".parse().unwrap();
        let made = tariffs
            .create()
            .set(Tariff::CODE, code)
            .set(Tariff::FROM, from)
            .set(Tariff::HULL, Colour::Blue)
            .set(Tariff::FEE, fee);
        made.await.unwrap();
        let tariff = tariffs.by_key(TariffKey { code: code.to_owned(), from, hull: Colour::Blue });
        let read = tariff.get().await.unwrap();
        assert_eq!((read.code.as_str(), read.fee), (code, Some(fee)));
        tariff.delete().await.unwrap();
    }
}
