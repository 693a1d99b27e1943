//! Bodies that are something else than what was asked for.

use edm::error::ServiceError;
use edm::json::{Body, Entities, Format, PayloadError, PayloadErrorKind as Kind};
use edm::model::Type;

use crate::model::{Being, TEXT};

fn page(text: &str) -> PayloadError {
    let mut entities = Entities::<Being>::default();
    Body::new(text, Format::V4).page(&mut entities).unwrap_err()
}

#[test]
fn the_place_is_named() {
    for (text, expected) in [
        (r#"{"value":[{"Id":1},{"Id":true}]}"#, "value[1].Id: expected Edm.Int64, found true"),
        (
            r#"{"value":[{"Home":{"Height":"x"}}]}"#,
            "value[0].Home.Height: expected Edm.Decimal, found \"x\"",
        ),
        (r#"{"value":[{"Home":[]}]}"#, "value[0].Home: expected Place, found an array"),
        (r#"{"value":[5]}"#, "value[0]: expected an entity of type Being, found 5"),
        (r#"{"value":[null]}"#, "value[0]: expected an entity, found null"),
        (r#"{"value":{}}"#, "value: expected a list of entities, found an object"),
        (r#"{"other":[]}"#, "expected a list of entities, found an object without one"),
        ("5", "expected a list of entities, found 5"),
    ] {
        let error = page(text);
        assert_eq!((error.to_string().as_str(), &error.kind), (expected, &Kind::Mismatch));
    }
    let error = page(r#"{"value":[{"Name":"before","Id":"x","Best":"behind"}]}"#);
    assert!(error.excerpt.contains(r#""Id":"x""#), "{error:?}");
}

#[test]
fn what_is_no_payload_is_told_apart() {
    for (text, kind) in [
        ("", Kind::Empty),
        (" \n", Kind::Empty),
        ("<!DOCTYPE html><html><title>Sign in</title></html>", Kind::Markup),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", Kind::Markup),
        (r#"{"value":[{"Id":1},{"Na"#, Kind::Truncated),
        (r#"{"value":[{"Id":1}]"#, Kind::Truncated),
        (r#"{"value":[{"Id":1}]} garbage"#, Kind::Syntax),
        (r#"{"value":[{"Id":01}]}"#, Kind::Syntax),
    ] {
        let error = page(text);
        assert_eq!(error.kind, kind, "{text}: {error}");
    }
    let error = page("<!DOCTYPE html><html><title>Sign in</title></html>");
    assert!(error.excerpt.starts_with("<!DOCTYPE html>"));
    let bytes = Body::from_bytes(b"{\"value\":\"\xff\"}", Format::V4).unwrap_err();
    assert_eq!(bytes.kind, Kind::Syntax);
}

#[test]
fn an_error_behind_the_start_of_a_payload_is_found() {
    let light = r#"{"odata.error":{"code":"7","message":{"lang":"en-US","value":"lost"}}}"#;
    let v4 = r#"{"error":{"code":"7","message":"lost","target":"Id"}}"#;
    let xml = "<m:error xmlns:m=\"x\"><m:code>7</m:code><m:message>lost</m:message></m:error>";
    for text in [
        format!(r#"{{"value":[{{"Id":1}},{light}"#),
        format!(r#"{{"value":[{{"Id":1}}]}}{v4}"#),
        format!(r#"{{"value":[{{"Id":1}},{{"Name":"half{v4}"#),
        format!(r#"{{"value":[{{"Id":1}},{xml}"#),
        format!(r#"{{"value":[{{"Id":1}},{light}]}}"#),
        format!(r#"{{"value":[{v4}]}}"#),
        v4.to_owned(),
        light.to_owned(),
        xml.to_owned(),
    ] {
        let Kind::Service(error) = page(&text).kind else { panic!("{text}") };
        assert_eq!((error.code.as_str(), error.message.as_str()), ("7", "lost"), "{text}");
    }
    let mut being = Being::default();
    let error = Body::new(v4, Format::V4).entity(&mut being).unwrap_err();
    assert!(matches!(error.kind, Kind::Service(_)), "{error:?}");
    let error = Body::new(v4, Format::V4).value(&TEXT).unwrap_err();
    assert!(matches!(error.kind, Kind::Service(_)), "{error:?}");
}

#[test]
fn errors_keep_their_details() {
    let v4 = r#"{"error":{"code":null,"message":"m","target":"t","details":[
        {"code":"1","message":"a","target":"x"},{"code":"2","message":"b"}],
        "innererror":{"stack":"s"}}}"#;
    let error = ServiceError::parse(v4).unwrap();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("", "m"));
    assert_eq!((error.target.as_deref(), error.details.len()), (Some("t"), 2));
    assert_eq!(error.details[0].target.as_deref(), Some("x"));
    assert_eq!(error.inner.unwrap()["stack"], "s");

    let sap = r#"{"error":{"code":"SY/530","message":{"lang":"en","value":"m"},"innererror":{
        "errordetails":[{"code":"A/1","message":"a","propertyref":"Name","severity":"error"}]}}}"#;
    let error = ServiceError::parse(sap).unwrap();
    assert_eq!((error.code.as_str(), error.details[0].message.as_str()), ("SY/530", "a"));
    assert_eq!(error.details[0].target.as_deref(), Some("Name"));

    let xml = "<m:error xmlns:m='x'><m:code>1</m:code><m:message>m</m:message><m:details>\
        <m:detail><m:code>2</m:code><m:message>a</m:message><m:target>x</m:target></m:detail>\
        </m:details></m:error>";
    let error = ServiceError::parse(xml).unwrap();
    assert_eq!((error.message.as_str(), error.target), ("m", None));
    assert_eq!((error.details.len(), error.details[0].message.as_str()), (1, "a"));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |open: &str, close: &str| {
        format!(r#"{{"value":[{{"X":{}{}}}]}}"#, open.repeat(100_000), close.repeat(100_000))
    };
    // What nobody has asked for is skipped without being taken apart.
    let mut entities = Entities::<Being>::default();
    let body = deep("[", "]");
    Body::new(&body, Format::V4).page(&mut entities).unwrap();
    assert_eq!(entities.items[0].extra.get("X"), Some(serde_json::Value::Null));
    let body = body.replace("\"X\"", "\"Home\"");
    assert!(Body::new(&body, Format::V4).page(&mut entities).is_err());
    let list = Type::Collection(&TEXT);
    let body = format!(r#"{{"value":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(Body::new(&body, Format::V4).value(&list).is_err());
}
