//! The model of the service that Microsoft's client was recorded against, as far as the recording
//! uses it. Values are held by [`Record`]: a test needs no fields.

use edm::model::{
    Navigation as NavigationRow, Operation, OperationKind, Parameter, Primitive, Property as Row,
    StructuredType, Type,
};
use edm::{
    Binary, DateTime, DateTimeOffset, Decimal, Duration, Edm as _, Extra, Geo, Guid, Many,
    Navigation, One, Property, Record, TypeError, Value,
};
use odata_client::{Addressed, EntityRequest};

macro_rules! entity {
    ($name:ident: $table:ident, $key:ty, $key_name:literal {
        $($property:ident: $ty:ty = $wire:literal,)*
    } $($link:ident: $end:ty = $link_wire:literal,)*) => {
        #[derive(Clone, Debug)]
        pub(crate) struct $name { record: Record, extra: Extra }

        impl $name {
            $(pub(crate) const $property: Property<Self, $ty> = Property::new($wire);)*
            $(pub(crate) const $link: Navigation<Self, $end, edm::access::Update> =
                Navigation::new($link_wire);)*
        }
        impl Default for $name {
            fn default() -> Self {
                Self { record: Record::new(&$table), extra: Extra::default() }
            }
        }
        impl edm::Structured for $name {
            fn structured_type(&self) -> &'static StructuredType { &$table }
            fn get(&self, index: usize) -> Value { self.record.get(index) }
            fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
                self.record.set(index, value)
            }
            fn extra(&self) -> Option<&Extra> { Some(&self.extra) }
            fn extra_mut(&mut self) -> Option<&mut Extra> { Some(&mut self.extra) }
        }
        impl edm::EntityType for $name {
            type Key = $key;
            const TYPE: &'static StructuredType = &$table;
        }
        impl edm::Keyed for $name {
            fn key(&self) -> $key {
                <$key>::from_value(self.record.value($key_name).clone()).unwrap()
            }
        }
        impl Addressed for $name {
            type Request = EntityRequest<Self>;
        }
    };
}

entity!(Product: PRODUCT, i32, "ID" {
    ID: i32 = "ID",
    NAME: Option<String> = "Name",
    DESCRIPTION: Option<String> = "Description",
    DISCONTINUED: Option<DateTime> = "DiscontinuedDate",
    RELEASED: DateTime = "ReleaseDate",
    PRICE: Decimal = "Price",
    RATING: i16 = "Rating",
    TAGS: Vec<String> = "Tags",
    VERSION: i32 = "Version",
}
    CATEGORY: One<Category> = "Category",
);
entity!(Featured: FEATURED, i32, "ID" {
    ID: i32 = "ID",
    NAME: Option<String> = "Name",
    DESCRIPTION: Option<String> = "Description",
    DISCONTINUED: Option<DateTime> = "DiscontinuedDate",
    RELEASED: DateTime = "ReleaseDate",
    PRICE: Decimal = "Price",
    RATING: i16 = "Rating",
    TAGS: Vec<String> = "Tags",
    VERSION: i32 = "Version",
    SLOGAN: Option<String> = "Slogan",
});
entity!(Category: CATEGORY, i32, "ID" {
    ID: i32 = "ID",
    NAME: Option<String> = "Name",
}
    PRODUCTS: Many<Product> = "Products",
);
entity!(Advertisement: ADVERTISEMENT, Guid, "ID" {
    ID: Guid = "ID",
    NAME: Option<String> = "Name",
    AIR_DATE: DateTime = "AirDate",
});
entity!(AllTypes: ALL_TYPES, i64, "Id" {
    ID: i64 = "Id",
    BIN: Option<Binary> = "Bin",
    BOOL: bool = "Bool",
    BYTE: u8 = "Byte",
    DATES: Vec<DateTime> = "Dates",
    DATE_TIME: DateTime = "DateTime",
    OFFSET: DateTimeOffset = "DateTimeOffset",
    DECIMAL: Decimal = "Decimal",
    DOUBLE: f64 = "Double",
    GUID: Guid = "Guid",
    INT16: i16 = "Int16",
    INT32: i32 = "Int32",
    INT64: i64 = "Int64",
    INTS: Vec<i32> = "Ints",
    LONGS: Vec<i64> = "Longs",
    NULLABLE: Option<i32> = "NInt32",
    POINT: Option<Geo> = "Point",
    SBYTE: i8 = "SByte",
    SINGLE: f32 = "Single",
    STRING: Option<String> = "String",
    TIME: Duration = "Time",
});

impl edm::DerivedFrom<Product> for Featured {}

const fn of(primitive: Primitive) -> Type {
    Type::Primitive(primitive)
}
const STRING: Type = of(Primitive::String);
const STRINGS: Type = Type::Collection(&STRING);
const INT32: Type = of(Primitive::Int32);
const INT64: Type = of(Primitive::Int64);
const DATE_TIME: Type = of(Primitive::DateTime);

const ID: Row = Row::new("ID", INT32);
const NAME: Row = Row::new("Name", STRING);
const DESCRIPTION: Row = Row::new("Description", STRING);
const DISCONTINUED: Row = Row::new("DiscontinuedDate", DATE_TIME);
const RELEASED: Row = Row::new("ReleaseDate", DATE_TIME);
const PRICE: Row = Row::new("Price", of(Primitive::Decimal));
const RATING: Row = Row::new("Rating", of(Primitive::Int16));
const TAGS: Row = Row::new("Tags", STRINGS);
const VERSION: Row = Row::new("Version", INT32);

static PRODUCT: StructuredType = StructuredType {
    name: "Product",
    namespace: "Demo",
    has_derived: true,
    has_etag: true,
    key: &["ID"],
    properties: &[ID, NAME, DESCRIPTION, DISCONTINUED, RELEASED, PRICE, RATING, TAGS, VERSION],
    streams: &["Thumb"],
    navigation: &[NavigationRow::one("Category", &CATEGORY)],
    ..StructuredType::NEW
};
static FEATURED: StructuredType = StructuredType {
    name: "FeaturedProduct",
    namespace: "Demo",
    base: Some(&PRODUCT),
    key: &["ID"],
    properties: &[
        ID,
        NAME,
        DESCRIPTION,
        DISCONTINUED,
        RELEASED,
        PRICE,
        RATING,
        TAGS,
        VERSION,
        Row::new("Slogan", STRING),
    ],
    ..StructuredType::NEW
};
static CATEGORY: StructuredType = StructuredType {
    name: "Category",
    namespace: "Demo",
    key: &["ID"],
    properties: &[ID, NAME],
    navigation: &[NavigationRow::many("Products", &PRODUCT)],
    ..StructuredType::NEW
};
static ADVERTISEMENT: StructuredType = StructuredType {
    name: "Advertisement",
    namespace: "Demo",
    has_stream: true,
    key: &["ID"],
    properties: &[Row::new("ID", of(Primitive::Guid)), NAME, Row::new("AirDate", DATE_TIME)],
    ..StructuredType::NEW
};
static ALL_TYPES: StructuredType = StructuredType {
    name: "AllTypes",
    namespace: "Demo",
    key: &["Id"],
    properties: &[
        Row::new("Id", INT64),
        Row::new("Bin", of(Primitive::Binary)),
        Row::new("Bool", of(Primitive::Boolean)),
        Row::new("Byte", of(Primitive::Byte)),
        Row::new("Dates", Type::Collection(&DATE_TIME)),
        Row::new("DateTime", DATE_TIME),
        Row::new("DateTimeOffset", of(Primitive::DateTimeOffset)),
        Row::new("Decimal", of(Primitive::Decimal)),
        Row::new("Double", of(Primitive::Double)),
        Row::new("Guid", of(Primitive::Guid)),
        Row::new("Int16", of(Primitive::Int16)),
        Row::new("Int32", INT32),
        Row::new("Int64", INT64),
        Row::new("Ints", Type::Collection(&INT32)),
        Row::new("Longs", Type::Collection(&INT64)),
        Row::new("NInt32", INT32),
        Row::new("Point", of(Primitive::GeographyPoint)),
        Row::new("SByte", of(Primitive::SByte)),
        Row::new("Single", of(Primitive::Single)),
        Row::new("String", STRING),
        Row::new("Time", of(Primitive::Time)),
    ],
    ..StructuredType::NEW
};
static ADDRESS: StructuredType = StructuredType {
    name: "Address",
    namespace: "Demo",
    properties: &[
        Row::new("Street", STRING),
        Row::new("City", STRING),
        Row::new("Geo", Type::Complex(&GEO_INFO)),
    ],
    ..StructuredType::NEW
};
static GEO_INFO: StructuredType = StructuredType {
    name: "GeoInfo",
    namespace: "Demo",
    properties: &[
        Row::new("Elevation", of(Primitive::Double)),
        Row::new("Where", of(Primitive::GeographyPoint)),
    ],
    ..StructuredType::NEW
};

const fn parameter(name: &'static str, ty: Type) -> Parameter {
    Parameter { name, ty, nullable: false }
}

pub(crate) static DISCOUNT: Operation = Operation {
    name: "Discount",
    parameters: &[parameter("price", of(Primitive::Decimal))],
    ..Operation::NEW
};
pub(crate) static RATE: Operation = Operation {
    name: "Rate",
    parameters: &[parameter("rating", INT32)],
    result: Some(Type::Entity(&PRODUCT)),
    ..Operation::NEW
};
pub(crate) static ECHO_ALL: Operation = Operation {
    name: "EchoAll",
    parameters: &[
        parameter("addr", Type::Complex(&ADDRESS)),
        parameter("nums", Type::Collection(&INT32)),
        parameter("when", DATE_TIME),
        parameter("big", INT64),
    ],
    result: Some(STRING),
    ..Operation::NEW
};

macro_rules! echo {
    ($($name:ident: $wire:literal, $ty:expr;)*) => {$(
        pub(crate) static $name: Operation = Operation {
            name: $wire,
            kind: OperationKind::Service,
            method: "GET",
            parameters: &[parameter("value", $ty)],
            result: Some($ty),
            since: None,
        };
    )*};
}
echo! {
    ECHO_STRING: "EchoString", STRING;
    ECHO_DATE_TIME: "EchoDateTime", DATE_TIME;
    ECHO_GUID: "EchoGuid", of(Primitive::Guid);
    ECHO_DECIMAL: "EchoDecimal", of(Primitive::Decimal);
    ECHO_INT64: "EchoInt64", INT64;
}
