//! What services answer, in every format.

use edm::json::{Body, Entities, Format};
use edm::model::{Primitive, Type};
use edm::{Decimal, Value};
use serde_json::json;

use crate::model::{Being, COLOR, TEXT, of};

fn page(text: &str, format: Format) -> (Entities<Being>, edm::json::PageInfo) {
    let mut entities = Entities::default();
    let info = Body::new(text, format).page(&mut entities).unwrap();
    (entities, info)
}

#[test]
fn every_form_of_a_page_is_read() {
    for (format, text) in [
        (Format::Verbose, r#"{"d":[{"Id":"1"},{"Id":"2"}]}"#),
        (Format::Verbose, r#"{"d":{"__next":"n","results":[{"Id":"1"},{"Id":2}],"__count":"7"}}"#),
        (
            Format::Light,
            r#"{"odata.count":"7","value":[{"Id":"1"},{"Id":"2"}],"odata.nextLink":"n"}"#,
        ),
        (Format::V4, r#"{"@odata.nextLink":"n","@odata.count":7,"value":[{"Id":1},{"Id":2}]}"#),
        (Format::V4, r#"{"@nextLink":"n","value":[{"Id":"1"},{"Id":"2"}],"@count":"7"}"#),
    ] {
        let (entities, info) = page(text, format);
        let ids: Vec<_> = entities.items.iter().map(|e| e.record.value("Id").clone()).collect();
        assert_eq!(ids, [Value::Integer(1), Value::Integer(2)], "{text}");
        if text.contains('7') {
            assert_eq!((info.count, info.next.as_deref()), (Some(7), Some("n")), "{text}");
        }
    }
}

#[test]
fn every_form_of_an_entity_is_read() {
    for (format, text) in [
        (
            Format::Verbose,
            r#"{"d":{"Name":"Ann","__metadata":{"uri":"e","id":"i","etag":"W/\"1\"","type":"Demo.Being"}}}"#,
        ),
        (
            Format::Light,
            r#"{"odata.metadata":"m","odata.type":"Demo.Being","odata.id":"i","odata.etag":"W/\"1\"","odata.editLink":"e","Name":"Ann"}"#,
        ),
        (
            Format::V4,
            r##"{"@odata.context":"m","@odata.type":"#Demo.Being","@odata.id":"i","@odata.etag":"W/\"1\"","@odata.editLink":"e","Name":"Ann"}"##,
        ),
        (
            Format::V4,
            r#"{"Name":"Ann","@type":"http://host/$metadata#Demo.Being","@id":"i","@etag":"W/\"1\"","@editLink":"e"}"#,
        ),
    ] {
        let mut being = Being::default();
        Body::new(text, format).entity(&mut being).unwrap();
        let payload = being.extra.payload().unwrap();
        assert_eq!(being.record.text("Name"), "Ann", "{text}");
        assert_eq!(payload.format, format);
        assert_eq!(being.extra.type_name(), Some("Demo.Being"), "{text}");
        assert_eq!(being.extra.id(), Some("i"), "{text}");
        assert_eq!(being.extra.etag(), Some("W/\"1\""), "{text}");
        assert_eq!(payload.edit_link.as_deref(), Some("e"), "{text}");
    }
}

#[test]
fn an_entity_that_is_null_is_none() {
    let mut being = Being::default();
    for (format, text) in [
        (Format::Verbose, r#"{"d":null}"#),
        (Format::Light, r#"{"odata.metadata":"m#Edm.Null","odata.null":true}"#),
        (Format::V4, "null"),
        (Format::V4, ""),
    ] {
        assert_eq!(Body::new(text, format).nullable_entity(&mut being), Ok(false), "{text}");
    }
    let error = Body::new(r#"{"d":null}"#, Format::Verbose).entity(&mut being).unwrap_err();
    assert_eq!(error.to_string(), "expected an entity of type Being, found null");
}

fn value(text: &str, ty: Type) -> Value {
    let body = format!(r#"{{"@odata.context":"m","value":{text}}}"#);
    Body::new(&body, Format::V4).value(&ty).unwrap()
}

#[test]
fn numbers_are_exact() {
    let decimal = |text| Value::Decimal(Decimal::from_str_exact(text).unwrap());
    for (text, expected) in [
        ("1.10", "1.10"),
        ("\"1.10\"", "1.10"),
        ("12345678901234567890.12345678", "12345678901234567890.12345678"),
        ("1.5E3", "1500"),
        ("34", "34"),
        ("0.10000000000000000000000000000000", "0.1"),
    ] {
        assert_eq!(value(text, of(Primitive::Decimal)), decimal(expected), "{text}");
    }
    for text in ["9223372036854775807", "\"9223372036854775807\""] {
        assert_eq!(value(text, of(Primitive::Int64)), Value::Integer(i64::MAX));
    }
    // Of two neighbours, the right one.
    for number in [2.396946540496625e305, -1.5192957084775224e-44, 5e-324] {
        assert_eq!(value(&format!("{number:e}"), of(Primitive::Double)), Value::Double(number));
    }
    for text in ["\"INF\"", "\"Infinity\""] {
        assert_eq!(value(text, of(Primitive::Double)), Value::Double(f64::INFINITY));
    }
}

#[test]
fn bytes_are_read_in_both_alphabets() {
    for text in ["\"+/8=\"", "\"+/8\"", "\"-_8=\"", "\"-_8\"", "\"+/\\r\\n8=\""] {
        assert_eq!(value(text, of(Primitive::Binary)), Value::Binary(vec![0xfb, 0xff]), "{text}");
    }
}

#[test]
fn a_member_of_an_enumeration_is_its_name() {
    for (text, name) in [
        ("\"Red\"", "Red"),
        ("1", "Red"),
        ("\"Mauve\"", "Mauve"),
        ("9", "9"),
        ("\"Red,9\"", "Red,9"),
    ] {
        assert_eq!(value(text, Type::Enum(&COLOR)), Value::from(name), "{text}");
    }
}

#[test]
fn points_in_time_of_every_version_are_read() {
    let offset = value("\"/Date(1400345153000+0330)/\"", of(Primitive::DateTimeOffset));
    let Value::DateTimeOffset(time) = offset else { panic!("{offset:?}") };
    assert_eq!((time.utc().unix_millis(), time.offset_minutes()), (1_400_345_153_000, 330));
    assert_eq!(
        value("\"2014-05-17T00:00:00\"", of(Primitive::Date)),
        value("\"2014-05-17\"", of(Primitive::Date))
    );
}

#[test]
fn results_of_operations_are_read() {
    let texts = Value::Collection(vec![Value::from("a"), Value::from("b")]);
    let list = Type::Collection(&TEXT);
    let home = Type::Complex(&crate::model::PLACE);
    let lisbon = Value::Complex(vec![("City".into(), Value::from("Lisbon"))]);
    for (format, text, ty, expected) in [
        (Format::Verbose, r#"{"d":{"Echo":"a"}}"#, TEXT, Value::from("a")),
        (Format::Verbose, r#"{"d":{"Echo":null}}"#, TEXT, Value::Null),
        (Format::Verbose, r#"{"d":["a","b"]}"#, list, texts.clone()),
        (Format::Verbose, r#"{"d":{"results":["a","b"]}}"#, list, texts.clone()),
        (
            Format::Verbose,
            r#"{"d":{"Op":{"__metadata":{"type":"Collection(Edm.String)"},"results":["a","b"]}}}"#,
            list,
            texts.clone(),
        ),
        (
            Format::Verbose,
            r#"{"d":{"Home":{"City":"Lisbon","__metadata":{"type":"Demo.Place"}}}}"#,
            home,
            lisbon.clone(),
        ),
        (
            Format::Verbose,
            r#"{"d":{"__metadata":{"type":"Demo.Place"},"City":"Lisbon"}}"#,
            home,
            lisbon.clone(),
        ),
        (Format::Light, r#"{"odata.metadata":"m#Edm.Null","odata.null":true}"#, home, Value::Null),
        (Format::Light, r#"{"value":["a","b"],"odata.metadata":"m"}"#, list, texts.clone()),
        (Format::V4, r#"{"value":"a"}"#, TEXT, Value::from("a")),
        (Format::V4, r##"{"@odata.type":"#Demo.Place","City":"Lisbon"}"##, home, lisbon.clone()),
    ] {
        assert_eq!(Body::new(text, format).value(&ty).unwrap(), expected, "{text}");
    }
}

#[test]
fn links_and_service_documents_are_read() {
    for (format, text) in [
        (Format::Verbose, r#"{"d":{"results":[{"uri":"a"},{"uri":"b"}],"__next":"n"}}"#),
        (
            Format::Light,
            r#"{"odata.metadata":"m","value":[{"url":"a"},{"url":"b"}],"odata.nextLink":"n"}"#,
        ),
        (Format::V4, r#"{"@odata.nextLink":"n","value":[{"@odata.id":"a"},{"@odata.id":"b"}]}"#),
        (Format::V4, r#"{"@nextLink":"n","value":[{"@id":"a"},{"@id":"b"}]}"#),
    ] {
        let (links, info) = Body::new(text, format).links().unwrap();
        assert_eq!((links, info.next.as_deref()), (vec!["a".into(), "b".into()], Some("n")));
    }
    assert_eq!(Body::new(r#"{"d":{"uri":"a"}}"#, Format::Verbose).links().unwrap().0, ["a"]);
    for (format, text) in [
        (Format::Verbose, r#"{"d":{"EntitySets":["People"]}}"#),
        (Format::Verbose, r#"{"d":{"EntitySet":["People"]}}"#),
        (Format::Light, r#"{"odata.metadata":"m","value":[{"name":"People","url":"People"}]}"#),
        (Format::V4, r#"{"value":[{"name":"People","kind":"EntitySet","url":"People"}]}"#),
    ] {
        let resources = Body::new(text, format).resources().unwrap();
        let found = (resources[0].name.as_str(), resources[0].url.as_str());
        assert_eq!((found, resources[0].kind.as_str()), (("People", "People"), "EntitySet"));
    }
}

#[test]
fn what_has_changed_is_told_apart() {
    for text in [
        r##"{"@odata.deltaLink":"d","value":[{"Id":1},
             {"@odata.context":"#Beings/$deletedEntity","id":"Beings(2)","reason":"deleted"},
             {"@odata.context":"#Beings/$link","source":"Beings(1)","relationship":"Friends","target":"Beings(3)"}]}"##,
        r##"{"@deltaLink":"d","value":[{"Id":1},{"@removed":{"reason":"changed"},"@id":"Beings(2)","Id":2},
             {"source":"Beings(1)","relationship":"Friends","target":"Beings(3)","@context":"#Beings/$link"}]}"##,
    ] {
        let (entities, info) = page(text, Format::V4);
        assert_eq!(info.delta.as_deref(), Some("d"));
        assert_eq!((entities.items.len(), entities.removed.len()), (1, 1), "{text}");
        let removed = entities.removed[0].extra.payload().unwrap().removed_id();
        assert_eq!(removed.as_deref(), Some("Beings(2)"));
        let link = &info.links[0];
        assert_eq!((link.source.as_str(), link.is_removed), ("Beings(1)", false));
        assert_eq!((link.relationship.as_str(), link.target.as_str()), ("Friends", "Beings(3)"));
    }
}

#[test]
fn the_id_of_what_was_removed_is_no_property() {
    let text = r##"{"value":[
        {"@odata.context":"http://h/$metadata#Beings/$deletedEntity","Id":"Beings(2)","id":"x"}]}"##;
    let (entities, _) = page(text, Format::V4);
    assert_eq!(entities.removed[0].extra.get("Id"), Some(json!("Beings(2)")));
    assert!(entities.items.is_empty());
}

#[test]
fn null_is_no_error_where_the_model_says_that_it_cannot_be() {
    let mut being = Being::default();
    let text = json!({ "Id": null, "Name": "Ann", "Home": null }).to_string();
    Body::new(&text, Format::V4).entity(&mut being).unwrap();
    assert_eq!(being.record.text("Name"), "Ann");
    assert!(being.record.value("Id").is_null() && being.record.value("Home").is_null());
}
