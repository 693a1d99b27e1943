//! A small model with one of everything, and types as the generator writes them.

use edm::model::{EnumType, Members, Model, Navigation, Primitive, Property, StructuredType, Type};
use edm::{EntityType, Extra, Record, Structured, TypeError, Value};

pub(crate) const fn of(primitive: Primitive) -> Type {
    Type::Primitive(primitive)
}
pub(crate) const TEXT: Type = of(Primitive::String);

pub(crate) static COLOR: EnumType = EnumType {
    name: "Color",
    namespace: "Demo",
    members: Members::Integer(&[("Red", 1), ("Green", 2)]),
    ..EnumType::NEW
};
pub(crate) static PLACE: StructuredType = StructuredType {
    name: "Place",
    namespace: "Demo",
    has_derived: true,
    is_open: true,
    properties: &[Property::new("City", TEXT), Property::new("Height", of(Primitive::Decimal))],
    ..StructuredType::NEW
};
pub(crate) static AIRPORT: StructuredType = StructuredType {
    name: "Airport",
    namespace: "Demo",
    base: Some(&PLACE),
    properties: &[
        Property::new("City", TEXT),
        Property::new("Height", of(Primitive::Decimal)),
        Property::new("Code", TEXT),
        Property::new("Gates", of(Primitive::Int64)),
    ],
    ..StructuredType::NEW
};
const BEING: [Property; 4] = [
    Property::new("Id", of(Primitive::Int64)),
    Property::new("Name", TEXT),
    Property::new("Favourite", Type::Enum(&COLOR)),
    Property::new("Home", Type::Complex(&PLACE)),
];
pub(crate) static BEING_TYPE: StructuredType = StructuredType {
    name: "Being",
    namespace: "Demo",
    has_derived: true,
    is_open: true,
    key: &["Id"],
    properties: &BEING,
    navigation: &[Navigation::many("Friends", &BEING_TYPE), Navigation::one("Best", &BEING_TYPE)],
    ..StructuredType::NEW
};
pub(crate) static PERSON: StructuredType = StructuredType {
    name: "Person",
    namespace: "Demo",
    base: Some(&BEING_TYPE),
    has_derived: true,
    is_open: true,
    key: &["Id"],
    properties: &{
        let [a, b, c, d] = BEING;
        [a, b, c, d, Property::new("Born", of(Primitive::Date))]
    },
    navigation: &[Navigation::many("Friends", &BEING_TYPE), Navigation::one("Best", &BEING_TYPE)],
    ..StructuredType::NEW
};
pub(crate) static PILOT: StructuredType = StructuredType {
    name: "Pilot",
    namespace: "Demo",
    base: Some(&PERSON),
    is_open: true,
    key: &["Id"],
    properties: &{
        let [a, b, c, d] = BEING;
        [
            a,
            b,
            c,
            d,
            Property::new("Born", of(Primitive::Date)),
            Property::new("Hours", of(Primitive::Decimal)),
        ]
    },
    ..StructuredType::NEW
};
pub(crate) static MODEL: Model = Model {
    namespace: "Demo",
    entity_types: &[&BEING_TYPE, &PERSON, &PILOT],
    complex_types: &[&PLACE, &AIRPORT],
    ..Model::NEW
};

/// An entity of a type of the model, with what generated types keep.
macro_rules! entity {
    ($name:ident, $table:expr) => {
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            pub(crate) record: Record,
            pub(crate) extra: Extra,
        }
        impl Default for $name {
            fn default() -> Self {
                Self { record: Record::new($table), extra: Extra::default() }
            }
        }
        impl Structured for $name {
            fn structured_type(&self) -> &'static StructuredType {
                $table
            }
            fn get(&self, index: usize) -> Value {
                self.record.get(index)
            }
            fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
                self.record.set(index, value)
            }
            fn extra(&self) -> Option<&Extra> {
                Some(&self.extra)
            }
            fn extra_mut(&mut self) -> Option<&mut Extra> {
                Some(&mut self.extra)
            }
        }
        impl EntityType for $name {
            type Key = i64;
            const TYPE: &'static StructuredType = $table;
        }
    };
}
entity!(Being, &BEING_TYPE);
entity!(Person, &PERSON);
entity!(Pilot, &PILOT);

/// A complex type, as the generator writes it.
macro_rules! complex {
    ($name:ident, $table:expr, $($field:ident: $index:literal),*) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct $name {
            $(pub(crate) $field: Value,)*
            pub(crate) extra: Extra,
        }
        impl Structured for $name {
            fn structured_type(&self) -> &'static StructuredType {
                $table
            }
            fn get(&self, index: usize) -> Value {
                match index {
                    $($index => self.$field.clone(),)*
                    _ => Value::Null,
                }
            }
            fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
                match index {
                    $($index => self.$field = value,)*
                    _ => {}
                }
                Ok(())
            }
            fn extra(&self) -> Option<&Extra> {
                Some(&self.extra)
            }
            fn extra_mut(&mut self) -> Option<&mut Extra> {
                Some(&mut self.extra)
            }
        }
        edm::complex_type!($name, $table);
    };
}
complex!(Place, &PLACE, city: 0, height: 1);
complex!(Airport, &AIRPORT, city: 0, height: 1, code: 2, gates: 3);
impl edm::DerivedFrom<Place> for Airport {}

pub(crate) const FRIENDS: edm::Navigation<Being, edm::Many<Being>> =
    edm::Navigation::new("Friends");
pub(crate) const BEST: edm::Navigation<Being, edm::One<Being>> = edm::Navigation::new("Best");
pub(crate) const HOME: edm::Property<Being, Option<Place>> = edm::Property::new("Home");
