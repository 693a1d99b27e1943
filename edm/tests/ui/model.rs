// A small model, as generated code would have it.

use edm::model::StructuredType;
use edm::{
    DateTimeOffset, EntityType, Many, Navigation, One, Property, Structured, TypeError, Value,
    access,
};

macro_rules! structured {
    ($($name:ident),*) => {$(
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name;
        impl $name {
            pub const TABLE: &'static StructuredType = &StructuredType {
                name: stringify!($name),
                namespace: "Ns",
                ..StructuredType::NEW
            };
        }
        impl Structured for $name {
            fn structured_type(&self) -> &'static StructuredType {
                Self::TABLE
            }
            fn get(&self, _: usize) -> Value {
                Value::Null
            }
            fn set(&mut self, _: usize, _: Value) -> Result<(), TypeError> {
                Ok(())
            }
        }
    )*};
}
structured!(Person, Trip, Address);
impl EntityType for Person {
    type Key = String;
    const TYPE: &'static StructuredType = Self::TABLE;
}
impl EntityType for Trip {
    type Key = i32;
    const TYPE: &'static StructuredType = Self::TABLE;
}
edm::complex_type!(Address, Address::TABLE);

impl Person {
    pub const NAME: Property<Self, String> = Property::new("Name");
    pub const AGE: Property<Self, Option<i64>> = Property::new("Age");
    pub const BORN: Property<Self, DateTimeOffset, access::ReadOnly> = Property::new("Born");
    pub const ADDRESS: Property<Self, Option<Address>> = Property::new("Address");
    pub const EMAILS: Property<Self, Vec<String>> = Property::new("Emails");
    pub const BEST_FRIEND: Navigation<Self, One<Person>> = Navigation::new("BestFriend");
    pub const TRIPS: Navigation<Self, Many<Trip>, access::Update> = Navigation::new("Trips");
}
impl Trip {
    pub const COST: Property<Self, f64> = Property::new("Cost");
}
impl Address {
    pub const CITY: Property<Self, String> = Property::new("City");
}
