//! What clients send, in every dialect.

use edm::json::{Dialect, Format};
use edm::model::{Parameter, Primitive, Property, StructuredType, Type};
use edm::version::Version;
use edm::{Binding, DateTime, DateTimeOffset, Draft, Inline, Value};

use crate::model::{BEING_TYPE, COLOR, PERSON, PILOT, PLACE, TEXT, of};

const V2: Dialect = Dialect::new(Format::Verbose, Version::V2);
const V3: Dialect = Dialect::new(Format::Light, Version::V3);
const V3_VERBOSE: Dialect = Dialect::new(Format::Verbose, Version::V3);
const V4: Dialect = Dialect::new(Format::V4, Version::V4);
const V401: Dialect = Dialect::new(Format::V4, Version::V401);

fn draft() -> Draft {
    let home = vec![("Height".into(), Value::Decimal("1.10".parse().unwrap()))];
    let friend = Draft { members: vec![("Id".into(), Value::Integer(2))], ..Draft::default() };
    Draft {
        members: vec![
            ("Id".into(), Value::Integer(1)),
            ("Name".into(), Value::Null),
            ("Favourite".into(), Value::from("Red")),
            ("Home".into(), Value::Complex(home)),
        ],
        bindings: vec![Binding {
            navigation: "Best".into(),
            many: false,
            urls: vec!["Beings(7)".to_owned()],
        }],
        inline: vec![Inline { navigation: "Friends".into(), many: true, entities: vec![friend] }],
        ..Draft::default()
    }
}

#[test]
fn inserts_have_the_form_of_their_dialect() {
    for (dialect, expected) in [
        (
            V2,
            r#"{"__metadata":{"type":"Demo.Person"},"Id":"1","Name":null,"Favourite":"Red","Home":{"__metadata":{"type":"Demo.Place"},"Height":"1.10"},"Best":{"__metadata":{"uri":"http://h/Beings(7)"}},"Friends":[{"__metadata":{"type":"Demo.Being"},"Id":"2"}]}"#,
        ),
        (
            V3,
            r#"{"odata.type":"Demo.Person","Id@odata.type":"Edm.Int64","Id":"1","Name":null,"Favourite":"Red","Home":{"odata.type":"Demo.Place","Height@odata.type":"Edm.Decimal","Height":"1.10"},"Best@odata.bind":"http://h/Beings(7)","Friends":[{"odata.type":"Demo.Being","Id@odata.type":"Edm.Int64","Id":"2"}]}"#,
        ),
        (
            V4,
            r##"{"@odata.type":"#Demo.Person","Id":1,"Name":null,"Favourite":"Red","Home":{"@odata.type":"#Demo.Place","Height":1.10},"Best@odata.bind":"http://h/Beings(7)","Friends":[{"@odata.type":"#Demo.Being","Id":2}]}"##,
        ),
        (
            V401.ieee754_compatible(),
            r##"{"@odata.type":"#Demo.Person","Id":"1","Name":null,"Favourite":"Red","Home":{"@odata.type":"#Demo.Place","Height":"1.10"},"Best@odata.bind":"http://h/Beings(7)","Friends":[{"@odata.type":"#Demo.Being","Id":"2"}]}"##,
        ),
    ] {
        assert_eq!(dialect.draft(&draft(), &PERSON, "http://h/"), expected, "{dialect:?}");
    }
}

#[test]
fn derived_entities_are_created_along_by_their_own_type() {
    let pilot = Draft {
        derived: Some(&PILOT),
        members: vec![
            ("Id".into(), Value::Integer(3)),
            ("Hours".into(), Value::Decimal("12.50".parse().unwrap())),
        ],
        ..Draft::default()
    };
    let inline = vec![Inline { navigation: "Friends".into(), many: true, entities: vec![pilot] }];
    let draft = Draft { inline, ..Draft::default() };
    for (dialect, expected) in [
        (
            V3,
            r#"{"odata.type":"Demo.Being","Friends":[{"odata.type":"Demo.Pilot","Id@odata.type":"Edm.Int64","Id":"3","Hours@odata.type":"Edm.Decimal","Hours":"12.50"}]}"#,
        ),
        (
            V4,
            r##"{"@odata.type":"#Demo.Being","Friends":[{"@odata.type":"#Demo.Pilot","Id":3,"Hours":12.50}]}"##,
        ),
    ] {
        assert_eq!(dialect.draft(&draft, &BEING_TYPE, ""), expected);
    }
}

#[test]
fn values_have_the_form_of_their_dialect() {
    let time = DateTime::parse("2014-01-02T13:14:15.123").unwrap();
    let offset = DateTimeOffset::parse("2014-01-02T13:14:15.5+05:30").unwrap();
    for (value, primitive, v2, v3, v4) in [
        (Value::Integer(5), Primitive::Int32, "5", "5", "5"),
        (Value::Integer(5), Primitive::Int64, r#""5""#, r#""5""#, "5"),
        (Value::Double(1.5), Primitive::Single, "1.5", "1.5", "1.5"),
        (
            Value::Double(f64::from(1.79e20_f32)),
            Primitive::Single,
            "1.79e+20",
            "1.79e+20",
            "1.79e+20",
        ),
        (
            Value::Double(f64::INFINITY),
            Primitive::Double,
            r#""Infinity""#,
            r#""Infinity""#,
            r#""INF""#,
        ),
        (Value::Binary(vec![0xfb, 0xff]), Primitive::Binary, r#""+/8=""#, r#""+/8=""#, r#""-_8=""#),
        (
            Value::DateTime(time),
            Primitive::DateTime,
            r#""\/Date(1388668455123)\/""#,
            r#""2014-01-02T13:14:15.1230000Z""#,
            r#""2014-01-02T13:14:15.1230000Z""#,
        ),
        (
            Value::DateTimeOffset(offset),
            Primitive::DateTimeOffset,
            r#""\/Date(1388648655500+0330)\/""#,
            r#""2014-01-02T13:14:15.5+05:30""#,
            r#""2014-01-02T13:14:15.5+05:30""#,
        ),
    ] {
        let ty = of(primitive);
        for (dialect, expected) in [(V2, v2), (V3, v3), (V4, v4)] {
            assert_eq!(dialect.value(&value, &ty), expected, "{value:?} {dialect:?}");
        }
    }
}

#[test]
fn dynamic_properties_say_their_types() {
    let time = DateTimeOffset::parse("2014-01-02T13:14:15Z").unwrap();
    let members = vec![
        ("Nick".into(), Value::from("A")),
        ("Big".into(), Value::Integer(5_000_000_000)),
        ("Small".into(), Value::Integer(5)),
        ("Seen".into(), Value::DateTimeOffset(time)),
    ];
    let draft = Draft { members, ..Draft::default() };
    assert_eq!(
        V3.draft(&draft, &BEING_TYPE, ""),
        r#"{"odata.type":"Demo.Being","Nick":"A","Big@odata.type":"Edm.Int64","Big":"5000000000","Small":5,"Seen@odata.type":"Edm.DateTimeOffset","Seen":"2014-01-02T13:14:15Z"}"#
    );
    assert_eq!(
        V4.draft(&draft, &BEING_TYPE, ""),
        r##"{"@odata.type":"#Demo.Being","Nick":"A","Big@odata.type":"#Int64","Big":5000000000,"Small":5,"Seen@odata.type":"#DateTimeOffset","Seen":"2014-01-02T13:14:15Z"}"##
    );
}

#[test]
fn dynamic_doubles_say_that_they_are_doubles_where_a_reader_cannot_tell() {
    let members = vec![
        ("Half".into(), Value::Double(0.5)),
        ("Whole".into(), Value::Double(3.0)),
        ("None".into(), Value::Double(f64::NAN)),
    ];
    let draft = Draft { members, ..Draft::default() };
    assert_eq!(
        V3.draft(&draft, &PLACE, ""),
        r#"{"odata.type":"Demo.Place","Half":0.5,"Whole@odata.type":"Edm.Double","Whole":3.0,"None@odata.type":"Edm.Double","None":"NaN"}"#
    );
    assert_eq!(
        V4.draft(&draft, &PLACE, ""),
        r##"{"@odata.type":"#Demo.Place","Half":0.5,"Whole":3.0,"None@odata.type":"#Double","None":"NaN"}"##
    );
}

#[test]
fn declared_properties_say_their_types_in_light_json_of_an_open_type() {
    static ROWS: [Property; 10] = [
        Property::new("Text", TEXT),
        Property::new("Flag", of(Primitive::Boolean)),
        Property::new("Int", of(Primitive::Int32)),
        Property::new("Color", Type::Enum(&COLOR)),
        Property::new("Score", of(Primitive::Double)),
        Property::new("Visits", of(Primitive::Int64)),
        Property::new("Small", of(Primitive::Int16)),
        Property::new("Seen", of(Primitive::DateTime)),
        Property::new("Photo", of(Primitive::Binary)),
        Property::new("Badge", of(Primitive::Guid)),
    ];
    static OPEN: StructuredType =
        StructuredType { name: "Row", is_open: true, properties: &ROWS, ..StructuredType::NEW };
    static CLOSED: StructuredType =
        StructuredType { name: "Row", properties: &ROWS, ..StructuredType::NEW };
    let members = vec![
        ("Text".into(), Value::from("a")),
        ("Flag".into(), Value::Boolean(true)),
        ("Int".into(), Value::Integer(1)),
        ("Color".into(), Value::Integer(1)),
        ("Score".into(), Value::Double(3.0)),
        ("Visits".into(), Value::Integer(2)),
        ("Small".into(), Value::Integer(3)),
        ("Seen".into(), Value::DateTime(DateTime::parse("2014-01-02").unwrap())),
        ("Photo".into(), Value::Binary(vec![1])),
        ("Badge".into(), Value::Null),
    ];
    let draft = Draft { members, ..Draft::default() };
    let said = r#"{"Text":"a","Flag":true,"Int":1,"Color":1,"Score@odata.type":"Edm.Double","Score":3.0,"Visits@odata.type":"Edm.Int64","Visits":"2","Small@odata.type":"Edm.Int16","Small":3,"Seen@odata.type":"Edm.DateTime","Seen":"2014-01-02T00:00:00Z","Photo@odata.type":"Edm.Binary","Photo":"AQ==","Badge":null}"#;
    let plain = r#"{"Text":"a","Flag":true,"Int":1,"Color":1,"Score":3.0,"Visits":"2","Small":3,"Seen":"2014-01-02T00:00:00Z","Photo":"AQ==","Badge":null}"#;
    assert_eq!(V3.draft(&draft, &OPEN, ""), said);
    assert_eq!(V3.draft(&draft, &CLOSED, ""), plain);
    // Verbose JSON has no place for it, and in V4 what is declared is known.
    assert!(!V3_VERBOSE.draft(&draft, &OPEN, "").contains("odata.type"));
    assert!(!V4.draft(&draft, &OPEN, "").contains("odata.type"));
}

#[test]
fn links_properties_and_parameters_have_the_form_of_their_dialect() {
    for (dialect, link, text, null) in [
        (V2, r#"{"uri":"u"}"#, r#"{"Name":"a"}"#, r#"{"Name":null}"#),
        (V3, r#"{"url":"u"}"#, r#"{"value":"a"}"#, r#"{"odata.null":true}"#),
        (V4, r#"{"@odata.id":"u"}"#, r#"{"value":"a"}"#, r#"{"value":null}"#),
        (V401, r#"{"@id":"u"}"#, r#"{"value":"a"}"#, r#"{"value":null}"#),
    ] {
        assert_eq!(dialect.link("u"), link);
        assert_eq!(dialect.property("Name", &Value::from("a"), &TEXT), text);
        assert_eq!(dialect.property("Name", &Value::Null, &TEXT), null);
    }
    let home = Value::Complex(vec![("City".into(), Value::from("Lisbon"))]);
    let ty = Type::Complex(&PLACE);
    assert_eq!(
        V3_VERBOSE.property("Home", &home, &ty),
        r#"{"Home":{"__metadata":{"type":"Demo.Place"},"City":"Lisbon"}}"#
    );
    assert_eq!(
        V4.property("Home", &home, &ty),
        r##"{"@odata.type":"#Demo.Place","City":"Lisbon"}"##
    );
    static PARAMETERS: &[Parameter] = &[
        Parameter { name: "price", ty: of(Primitive::Decimal), nullable: false },
        Parameter { name: "tags", ty: Type::Collection(&TEXT), nullable: true },
    ];
    let values = [
        ("price", Value::Decimal("3.33".parse().unwrap())),
        ("tags", Value::Collection(vec![Value::from("a")])),
        ("unknown", Value::Null),
    ];
    for (dialect, expected) in [
        (V3_VERBOSE, r#"{"price":"3.33","tags":["a"]}"#),
        (V3, r#"{"price":"3.33","tags":["a"]}"#),
        (V4, r#"{"price":3.33,"tags":["a"]}"#),
    ] {
        assert_eq!(dialect.parameters(&values, PARAMETERS), expected);
    }
}
