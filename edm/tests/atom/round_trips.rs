//! Properties that hold for any value and any text.

use edm::atom::{Body, Layout, property, read_draft, read_property, read_uri, uri};
use edm::model::{Primitive, Property, Type};
use edm::{Binding, DateTime, Draft, Value};
use proptest::prelude::*;

use crate::model::{JOB, Job, TEXT, of};

/// Texts with all characters but the one that XML has no place for.
fn texts() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\0', ""))
}

fn scalars() -> impl Strategy<Value = (Value, Type)> {
    prop_oneof![
        texts().prop_map(|text| (Value::String(text), TEXT)),
        "[ \t\r\n\u{85}\u{2028}<>&'\"\\]]{0,8}".prop_map(|text| (Value::String(text), TEXT)),
        any::<bool>().prop_map(|truth| (Value::Boolean(truth), of(Primitive::Boolean))),
        any::<i64>().prop_map(|number| (Value::Integer(number), of(Primitive::Int64))),
        any::<f64>()
            .prop_filter("NaN is not equal to itself", |number| !number.is_nan())
            .prop_map(|number| (Value::Double(number), of(Primitive::Double))),
        any::<f32>().prop_filter("NaN is not equal to itself", |number| !number.is_nan()).prop_map(
            |number| {
                // The digits of 32 bits.
                let number = number.to_string().parse().unwrap();
                (Value::Double(number), of(Primitive::Single))
            }
        ),
        any::<Vec<u8>>().prop_map(|bytes| (Value::Binary(bytes), of(Primitive::Binary))),
        (0..=DateTime::MAX.ticks()).prop_map(|ticks| {
            (Value::DateTime(DateTime::from_ticks(ticks)), of(Primitive::DateTime))
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read((value, ty) in scalars()) {
        let text = property("P", &value, &ty);
        prop_assert_eq!(Body::new(&text).value(&ty).unwrap(), value.clone(), "{}", &text);
        let row = Property::new("P", ty);
        prop_assert_eq!(read_property(text.as_bytes(), &row).unwrap(), value, "{}", &text);
    }

    #[test]
    fn bodies_are_read_as_they_are_written(
        name in texts(),
        tags in prop::collection::vec(texts(), 0..4),
        urls in prop::collection::vec("[a-z&'\"<>%()=$]{1,12}\\)", 1..3),
    ) {
        let tags = tags.into_iter().map(Value::String).collect();
        let draft = Draft {
            members: vec![
                ("Name".into(), Value::String(name)),
                ("Tags".into(), Value::Collection(tags)),
            ],
            bindings: vec![Binding { navigation: "Inputs".into(), many: true, urls: urls.clone() }],
            ..Draft::default()
        };
        let text = Layout { root: "", updated: DateTime::MIN }.draft(&draft, &JOB);
        prop_assert_eq!(read_draft(text.as_bytes(), &JOB).unwrap(), draft, "{}", &text);
        prop_assert_eq!(&read_uri(uri(&urls[0]).as_bytes()).unwrap(), &urls[0]);
    }

    #[test]
    fn anything_is_read_or_refused(bytes in any::<Vec<u8>>()) {
        let _ = read_draft(&bytes, &JOB);
        let _ = read_uri(&bytes);
    }

    #[test]
    fn pieces_in_any_order_are_read_or_refused(
        pieces in "(<d:Name>|</d:Name>|<m:inline>|<d:Notes|/>|<d:element>|</|<entry|>| m:null='true'|\
            <!--|-->|<!\\[CDATA\\[|\\]\\]>|&#x|41;|&amp;|<\\?|\\?>| |a|'|=|<link rel='edit'){0,24}",
    ) {
        let text = crate::xml::properties(&pieces);
        let _ = read_draft(text.as_bytes(), &JOB);
        let _ = Body::new(&text).entity(&mut Job::default());
        let _ = Body::new(&pieces).value(&TEXT);
    }
}
