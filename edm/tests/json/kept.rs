//! What a model does not declare, and what is read later.

use edm::json::{Body, Dialect, Format};
use edm::version::Version;
use edm::{Draft, Edm as _, Extra, Insert, Structured, Update, Value, to_members};
use serde_json::{Value as Json, json};

use crate::model::{
    AIRPORT, Airport, BEING_TYPE, BEST, Being, FRIENDS, HOME, MODEL, PLACE, Person, Pilot, Place,
};

fn being(text: &str, format: Format) -> Being {
    let mut being = Being::default();
    Body::new(text, format).entity(&mut being).unwrap();
    being
}

#[test]
fn expanded_entities_are_read_when_asked_for() {
    for (format, text) in [
        (
            Format::Verbose,
            r#"{"d":{"Friends":{"results":[{"Name":"Bo"},{"Name":"Cy"}]},"Best":{"Name":"Bo"}}}"#,
        ),
        (
            Format::Verbose,
            r#"{"d":{"Friends":[{"Name":"Bo"},{"Name":"Cy"}],"Best":{"Name":"Bo"}}}"#,
        ),
        (
            Format::V4,
            r#"{"Friends@odata.count":2,"Friends":[{"Name":"Bo"},{"Name":"Cy"}],"Best":{"Name":"Bo"}}"#,
        ),
    ] {
        let ann = being(text, format);
        let friends = ann.extra.many(FRIENDS).unwrap().unwrap();
        let names: Vec<_> = friends.iter().map(|friend| friend.record.text("Name")).collect();
        assert_eq!(names, ["Bo", "Cy"], "{text}");
        assert_eq!(ann.extra.one(BEST).unwrap().unwrap().record.text("Name"), "Bo");
    }
    let text = r#"{"d":{"Friends":{"__deferred":{"uri":"u"}},"Best":null}}"#;
    let ann = being(text, Format::Verbose);
    assert!(ann.extra.many(FRIENDS).unwrap().is_none());
    assert!(ann.extra.one(BEST).unwrap().is_none());
    let text = r#"{"Friends":[{"Id":1},{"Id":"x"}]}"#;
    let error = being(text, Format::V4).extra.many(FRIENDS).unwrap_err();
    assert_eq!(error.to_string(), "Friends[1].Id: expected Edm.Int64, found \"x\"");
}

#[test]
fn derived_types_are_read_when_asked_for() {
    let text = r##"{"@odata.type":"#Demo.Pilot","Id":1,"Born":"1980-02-29","Hours":1.10,
                    "Licence":{"No":5},"@odata.etag":"e"}"##;
    let found = being(text, Format::V4);
    assert!(Extra::downcast::<Person>(&found).unwrap().is_none());
    let person = Extra::downcast_in::<Person>(&found, &MODEL).unwrap().unwrap();
    let born = edm::Date::parse("1980-02-29").unwrap();
    assert_eq!(value_of(&person, "Born"), Value::Date(born));
    assert!(person.extra.get("Born").is_none());
    // From the base of the base, and from the base.
    for pilot in [Extra::downcast::<Pilot>(&found), Extra::downcast::<Pilot>(&person)] {
        let pilot = pilot.unwrap().unwrap();
        assert_eq!(pilot.record.value("Hours"), &Value::Decimal("1.10".parse().unwrap()));
        assert_eq!(pilot.record.value("Id"), &Value::Integer(1));
        assert_eq!(pilot.extra.get("Licence"), Some(json!({ "No": 5 })));
        assert_eq!(pilot.extra.etag(), Some("e"));
    }
    let other = being(r##"{"@odata.type":"#Demo.Robot","Id":1,"Born":5}"##, Format::V4);
    assert!(Extra::downcast_in::<Person>(&other, &MODEL).unwrap().is_none());
    let wrong = being(r##"{"@odata.type":"#Demo.Person","Born":5}"##, Format::V4);
    assert!(Extra::downcast::<Person>(&wrong).unwrap_err().to_string().starts_with("Born: "));
}

fn value_of(entity: &dyn Structured, name: &str) -> Value {
    entity.get(entity.structured_type().property(name).unwrap().0)
}

#[test]
fn dynamic_properties_are_read_as_what_they_are() {
    let text = r#"{"DynInt":7,"Price":12345678901234567890.12,"DynDate@odata.type":"Edm.DateTime",
                   "DynDate":"2015-05-02T00:00:00","Gone":null}"#;
    let found = being(text, Format::Light);
    assert_eq!(found.extra.dynamic::<i32>("DynInt"), Ok(Some(7)));
    assert_eq!(
        found.extra.dynamic::<edm::Decimal>("Price"),
        Ok(Some("12345678901234567890.12".parse().unwrap()))
    );
    let date = edm::DateTime::parse("2015-05-02").unwrap();
    assert_eq!(found.extra.dynamic("DynDate"), Ok(Some(date)));
    assert_eq!(found.extra.dynamic::<String>("Gone"), Ok(None));
    assert_eq!(found.extra.dynamic::<String>("Other"), Ok(None));
    let error = found.extra.dynamic::<bool>("DynInt").unwrap_err();
    assert_eq!(error.to_string(), "DynInt: expected Edm.Boolean, found 7");
}

#[test]
fn complex_values_keep_what_is_not_declared() {
    for (format, text) in [
        (
            Format::V4,
            r##"{"@odata.type":"#Demo.Airport","City":"Lisbon","Code":"LIS","Runways":[1,2]}"##,
        ),
        (
            Format::Light,
            r#"{"City":"Lisbon","odata.type":"Demo.Airport","Code":"LIS","Runways":[1,2]}"#,
        ),
        (
            Format::Verbose,
            r#"{"City":"Lisbon","Code":"LIS","Runways":[1,2],"__metadata":{"type":"Demo.Airport"}}"#,
        ),
    ] {
        let body = match format {
            Format::Verbose => format!(r#"{{"d":{{"Home":{text}}}}}"#),
            _ => format!(r#"{{"Home":{text}}}"#),
        };
        let home = value_of(&being(&body, format), "Home");
        let place = Place::from_value(home).unwrap();
        assert_eq!(place.extra.type_name(), Some("Demo.Airport"), "{text}");
        assert_eq!(place.extra.get("Code"), Some(json!("LIS")));
        let airport = Extra::downcast::<Airport>(&place).unwrap().unwrap();
        assert_eq!(airport.code, Value::from("LIS"));
        assert_eq!(airport.extra.get("Runways"), Some(json!([1, 2])));

        // And back, as it came.
        let members = vec![("Home".into(), place.to_value())];
        let draft = Draft { members, ..Draft::default() };
        let sent = Dialect::new(format, Version::V3).draft(&draft, &BEING_TYPE, "");
        let sent: Json = serde_json::from_str(&sent).unwrap();
        let mut expected: Json = serde_json::from_str(text).unwrap();
        expected["Height"] = Json::Null;
        assert_eq!(sent["Home"], expected);
    }
    assert!(AIRPORT.is_or_derives_from("Demo.Place") && PLACE.has_derived);
}

#[test]
fn values_of_derived_types_are_set_and_read_back() {
    let airport =
        Airport { city: Value::from("Lisbon"), gates: Value::Integer(5), ..Airport::default() };
    for (format, said, gates) in [
        (Format::V4, r##""@odata.type":"#Demo.Airport""##, "5"),
        (Format::Light, r#""odata.type":"Demo.Airport""#, r#""5""#),
        (Format::Verbose, r#""__metadata":{"type":"Demo.Airport"}"#, r#""5""#),
    ] {
        let dialect = Dialect::new(format, Version::V3);
        let insert = Insert::<Being>::new().set_derived(HOME, &airport).into_draft();
        let sent = dialect.draft(&insert, &BEING_TYPE, "");
        // Also what the base does not declare is written as its type has it.
        let rest = format!(r#""City":"Lisbon","Height":null,"Code":null,"Gates":{gates}"#);
        let home = format!(r#""Home":{{{said},{rest}}}"#);
        assert!(sent.contains(&home), "{sent}");
        let body = if format == Format::Verbose { format!(r#"{{"d":{sent}}}"#) } else { sent };
        let place = Place::from_value(value_of(&being(&body, format), "Home")).unwrap();
        let read = Extra::downcast::<Airport>(&place).unwrap().unwrap();
        assert_eq!((&read.city, &read.gates), (&airport.city, &airport.gates));

        // One that was read knows its name, and says it once.
        let update = Update::<Being>::new().set_derived(HOME, &read).into_draft();
        let sent = dialect.draft(&update, &BEING_TYPE, "");
        assert_eq!(sent.matches("Demo.Airport").count(), 1, "{sent}");
        assert!(sent.contains(&home), "{sent}");

        // The last value counts, and its type.
        let again = Insert::<Being>::new().set_derived(HOME, &airport).set(HOME, place);
        assert!(again.into_draft().derived_values.is_empty());
    }
}

#[test]
fn entities_are_written_back_without_loss() {
    for (format, text) in [
        (
            Format::V4,
            r##"{"@odata.type":"#Demo.Robot","Id":9007199254740993,"Name":"R","Favourite":"Mauve","Home":null,"Since@odata.type":"#Date","Since":"2014-01-02","Price@odata.type":"#Decimal","Price":12345678901234567890.1234567,"Parts":[{"No":1}]}"##,
        ),
        (
            Format::Light,
            r#"{"odata.type":"Demo.Robot","Id@odata.type":"Edm.Int64","Id":"9007199254740993","Name":"R","Favourite":"Mauve","Home":null,"Since@odata.type":"Edm.DateTime","Since":"2014-01-02T00:00:00","Parts":[{"No":1}]}"#,
        ),
        (
            Format::Verbose,
            r#"{"__metadata":{"type":"Demo.Robot"},"Id":"9007199254740993","Name":"R","Favourite":"Mauve","Home":null,"Since":"\/Date(1421618800601)\/","Parts":{"results":[{"No":1}]}}"#,
        ),
    ] {
        let body = match format {
            Format::Verbose => format!(r#"{{"d":{text}}}"#),
            _ => text.to_owned(),
        };
        let robot = being(&body, format);
        let draft = Draft { members: to_members(&robot), ..Draft::default() };
        assert_eq!(Dialect::new(format, Version::V3).draft(&draft, &BEING_TYPE, ""), text);
    }
}
