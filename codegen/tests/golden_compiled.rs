//! The goldens, compiled as they are under the strictest lints, and used.
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, clippy::all)]

#[path = "golden/action_parameters/out/mod.rs"]
#[rustfmt::skip]
pub mod action_parameters;
#[path = "golden/amendments/out/mod.rs"]
#[rustfmt::skip]
pub mod amendments;
#[path = "golden/complex/out/mod.rs"]
#[rustfmt::skip]
pub mod complex;
#[path = "golden/complex_derived/out/mod.rs"]
#[rustfmt::skip]
pub mod complex_derived;
#[path = "golden/complex_recursive/out/mod.rs"]
#[rustfmt::skip]
pub mod complex_recursive;
#[path = "golden/containers_two/out/mod.rs"]
#[rustfmt::skip]
pub mod containers_two;
#[path = "golden/deprecated/out/mod.rs"]
#[rustfmt::skip]
pub mod deprecated;
#[path = "golden/entity_derived/out/mod.rs"]
#[rustfmt::skip]
pub mod entity_derived;
#[path = "golden/entity_keyless/out/mod.rs"]
#[rustfmt::skip]
pub mod entity_keyless;
#[path = "golden/enum_by_name/out/mod.rs"]
#[rustfmt::skip]
pub mod enum_by_name;
#[path = "golden/enum_flags/out/mod.rs"]
#[rustfmt::skip]
pub mod enum_flags;
#[path = "golden/facets/out/mod.rs"]
#[rustfmt::skip]
pub mod facets;
#[path = "golden/function_bound_collection/out/mod.rs"]
#[rustfmt::skip]
pub mod function_bound_collection;
#[path = "golden/function_overloads/out/mod.rs"]
#[rustfmt::skip]
pub mod function_overloads;
#[path = "golden/function_unbound/out/mod.rs"]
#[rustfmt::skip]
pub mod function_unbound;
#[path = "golden/key_alternate/out/mod.rs"]
#[rustfmt::skip]
pub mod key_alternate;
#[path = "golden/key_composite_derived/out/mod.rs"]
#[rustfmt::skip]
pub mod key_composite_derived;
#[path = "golden/key_enum/out/mod.rs"]
#[rustfmt::skip]
pub mod key_enum;
#[path = "golden/key_path_alias/out/mod.rs"]
#[rustfmt::skip]
pub mod key_path_alias;
#[path = "golden/keys/out/mod.rs"]
#[rustfmt::skip]
pub mod keys;
#[path = "golden/names/out/mod.rs"]
#[rustfmt::skip]
pub mod names;
#[path = "golden/names_collisions/out/mod.rs"]
#[rustfmt::skip]
pub mod names_collisions;
#[path = "golden/names_foreign/out/mod.rs"]
#[rustfmt::skip]
pub mod names_foreign;
#[path = "golden/names_namespaces/out/mod.rs"]
#[rustfmt::skip]
pub mod names_namespaces;
#[path = "golden/navigation/out/mod.rs"]
#[rustfmt::skip]
pub mod navigation;
#[path = "golden/navigation_contained/out/mod.rs"]
#[rustfmt::skip]
pub mod navigation_contained;
#[path = "golden/navigation_of_complex/out/mod.rs"]
#[rustfmt::skip]
pub mod navigation_of_complex;
#[path = "golden/operation_inherited/out/mod.rs"]
#[rustfmt::skip]
pub mod operation_inherited;
#[path = "golden/operations/out/mod.rs"]
#[rustfmt::skip]
pub mod operations;
#[path = "golden/primitives/out/mod.rs"]
#[rustfmt::skip]
pub mod primitives;
#[path = "golden/singleton/out/mod.rs"]
#[rustfmt::skip]
pub mod singleton;
#[path = "golden/streams/out/mod.rs"]
#[rustfmt::skip]
pub mod streams;
#[path = "golden/type_definition/out/mod.rs"]
#[rustfmt::skip]
pub mod type_definition;
#[path = "golden/types_only/out/mod.rs"]
#[rustfmt::skip]
pub mod types_only;

use edm::{Key, Keyed, Structured, Value};

/// Sets every property of a value to what another one has.
fn copy(from: &dyn Structured, to: &mut dyn Structured) {
    for index in 0..from.structured_type().properties.len() {
        to.set(index, from.get(index)).expect("the value is of the type");
    }
}

#[test]
fn properties_go_by_index() {
    let line = keys::OrderLine {
        order: 7,
        product: "it's".to_owned(),
        quantity: Some(3),
        ..Default::default()
    };
    let mut other = keys::OrderLine::default();
    copy(&line, &mut other);
    assert_eq!(line, other);
    other.set(2, Value::Null).expect("nullable");
    other.set(1, Value::Null).expect("null leaves what is not nullable alone");
    assert_eq!((other.quantity, other.order), (None, 7));
    assert!(other.set(1, Value::String("x".to_owned())).is_err());
    assert_eq!(other.get(99), Value::Null);
}

#[test]
fn composite_keys_keep_the_order_of_the_key() {
    let line = keys::OrderLine {
        order: 7,
        product: "it's".to_owned(),
        quantity: None,
        ..Default::default()
    };
    let literals: Vec<String> = line.key().literals().iter().map(ToString::to_string).collect();
    assert_eq!(literals, ["7", "'it''s'"]);
    assert_eq!(keys::tables::ORDER_LINE.key, ["Order", "Product"]);
}

#[test]
fn enumerations_are_open() {
    use amendments::{Colour, Modes, Protocol};
    assert_eq!(Colour::from_number(-1), Colour::Dark);
    assert_eq!(Colour::from_number(0), Colour::Unknown_);
    assert_eq!(Colour::from_number(99), Colour::Unknown(99));
    assert_eq!(Colour::Red.value(), 16);
    assert!((Modes::BLINK | Modes::FADE_OUT).contains(Modes::FADE_OUT));
    assert_eq!(Protocol::from("a \"b\""), Protocol::Quoted);
}

#[test]
fn amendments_reach_the_tables() {
    let table = &amendments::tables::LIGHT;
    let row = |name: &str| table.property(name).expect("declared").1;
    assert_eq!(row("Created").access, edm::model::Access::ReadOnly);
    assert_eq!(row("Colour").access, edm::model::Access::Update);
    assert!(row("Colour").required);
    assert_eq!(row("Modes").since, Some("1.2"));
    assert_eq!((row("Protocol").nullable, row("Protocol").max_length), (false, Some(16)));
    let set = amendments::tables::MODEL.entity_set("Lights").expect("declared");
    assert!(set.allow.list && set.allow.get && !set.allow.create);
    assert_eq!(amendments::Light::ADDRESS.name(), "URL");
}

#[test]
fn complex_values_nest() {
    let mut photo = complex::Photo::default();
    photo.taken.name = Some("Oslo".to_owned());
    photo.taken.near.push(complex::Place::default());
    photo.route.push(photo.taken.clone());
    let mut other = complex::Photo::default();
    copy(&photo, &mut other);
    assert_eq!(photo, other);
    assert_eq!(other.printed, None);
}

#[test]
fn operations_are_told_apart_by_their_binding() {
    let model = &operations::tables::MODEL;
    let names: Vec<&str> = model.operations.iter().map(|operation| operation.name).collect();
    assert_eq!(names, ["Ping", "Rename"]);
    assert_eq!(operations::tables::CHANNEL.operations.len(), 2);
    assert_eq!(operations::tables::PROGRAM.operation("Start").expect("declared").method, "POST");
}

#[test]
fn navigation_leads_to_its_target() {
    let sheep = navigation::tables::SHEEP.navigation("Owner").expect("declared");
    assert_eq!((sheep.target.name, sheep.many), ("Person", false));
    let friends = navigation::tables::PERSON.navigation("Friends").expect("declared");
    assert!(friends.many && friends.links && friends.access == edm::model::Access::ReadOnly);
}

#[test]
fn prelude_names_are_only_names() {
    let option = names::Option::default();
    assert_eq!(option.structured_type().name, "Option");
    assert_eq!(names::Flags::SELF.value(), 1);
    assert_eq!(names::tables::WORDS.properties[0].name, "as");
}

#[test]
fn enumerations_by_name_keep_what_they_do_not_know() {
    use enum_by_name::Color;
    use enum_flags::Rights;
    for name in ["Red", "Rot", "red", "Purple", "77"] {
        assert_eq!(Color::from(name).as_str(), name);
    }
    assert_eq!(Color::from("5").as_str(), "red");
    assert_eq!(Color::default().as_str(), "Red");
    assert_eq!((Rights::READ | Rights::WRITE).as_str(), "Both");
    assert_eq!(Rights::from("Read,New").as_str(), "Read,New");
}

#[test]
fn keys_are_found_through_complex_properties_and_base_types() {
    let mut house = key_path_alias::House::default();
    house.place.zip = 1234;
    house.number = 5;
    let key = house.key();
    assert_eq!((key.zip, key.number), (1234, 5));
    assert_eq!(key_path_alias::tables::HOUSE.key, ["Zip", "Number"]);
    let gift = key_composite_derived::GiftLine { number: 3, ..Default::default() };
    let key: key_composite_derived::LineKey = gift.key();
    assert_eq!(key.number, 3);
}

#[test]
fn what_contains_itself_has_an_end() {
    let node = complex_recursive::Node::default();
    assert!(node.next.is_none() && node.must.is_none() && node.children.is_empty());
}
