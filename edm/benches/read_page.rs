//! Reads a page of 1,000 entities with 20 properties, and compares with `serde_json` into derived
//! structs of the same shape: `cargo bench -p edm --bench read_page`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use edm::json::{Body, Entities, Format};
use edm::model::{Primitive, Property, StructuredType, Type};
use edm::{
    DateTimeOffset, Decimal, Edm, EntityType, Extra, Guid, Structured, TypeError, Value, assign,
};
use serde::Deserialize;

struct Counting;
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A type as the generator writes it.
macro_rules! generated {
    ($table:ident, $name:ident { $($index:literal $field:ident: $ty:ty = $wire:literal, $row:expr;)* }) => {
        static $table: StructuredType = StructuredType {
            name: stringify!($name),
            namespace: "Demo",
            properties: &[$(Property::new($wire, $row)),*],
            ..StructuredType::NEW
        };
        #[derive(Clone, Debug, Default, PartialEq)]
        struct $name { $($field: $ty,)* extra: Extra }
        impl Structured for $name {
            fn structured_type(&self) -> &'static StructuredType { &$table }
            fn get(&self, index: usize) -> Value {
                match index { $($index => self.$field.to_value(),)* _ => Value::Null }
            }
            fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
                match index { $($index => assign(&mut self.$field, value)?,)* _ => {} }
                Ok(())
            }
            fn extra(&self) -> Option<&Extra> { Some(&self.extra) }
            fn extra_mut(&mut self) -> Option<&mut Extra> { Some(&mut self.extra) }
        }
    };
}

const fn of(primitive: Primitive) -> Type {
    Type::Primitive(primitive)
}
const TEXT: Type = of(Primitive::String);

generated! { ADDRESS, Address {
    0 street: Option<String> = "Street", TEXT;
    1 city: Option<String> = "City", TEXT;
    2 country: Option<String> = "Country", TEXT;
} }
edm::complex_type!(Address, &ADDRESS);

generated! { PRODUCT, Product {
    0 id: i64 = "Id", of(Primitive::Int64);
    1 name: String = "Name", TEXT;
    2 description: Option<String> = "Description", TEXT;
    3 category: String = "Category", TEXT;
    4 sku: String = "Sku", TEXT;
    5 price: Decimal = "Price", of(Primitive::Decimal);
    6 weight: f64 = "Weight", of(Primitive::Double);
    7 rating: Option<f64> = "Rating", of(Primitive::Double);
    8 stock: i32 = "Stock", of(Primitive::Int32);
    9 reserved: i32 = "Reserved", of(Primitive::Int32);
    10 is_active: bool = "IsActive", of(Primitive::Boolean);
    11 is_new: bool = "IsNew", of(Primitive::Boolean);
    12 created: DateTimeOffset = "Created", of(Primitive::DateTimeOffset);
    13 modified: Option<DateTimeOffset> = "Modified", of(Primitive::DateTimeOffset);
    14 row: Guid = "Row", of(Primitive::Guid);
    15 vendor: Option<String> = "Vendor", TEXT;
    16 url: Option<String> = "Url", TEXT;
    17 revision: i64 = "Revision", of(Primitive::Int64);
    18 origin: Option<Address> = "Origin", Type::Complex(&ADDRESS);
    19 tags: Vec<String> = "Tags", Type::Collection(&TEXT);
} }
impl EntityType for Product {
    type Key = i64;
    const TYPE: &'static StructuredType = &PRODUCT;
}

/// The same shape by hand, as one would write it for one format: dates, decimals and guids stay
/// the texts or numbers that they are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is only read into")]
struct Derived<N> {
    #[serde(rename = "@odata.etag", alias = "odata.etag")]
    etag: String,
    id: N,
    name: String,
    description: Option<String>,
    category: String,
    sku: String,
    price: N,
    weight: f64,
    rating: Option<f64>,
    stock: i32,
    reserved: i32,
    is_active: bool,
    is_new: bool,
    created: String,
    modified: Option<String>,
    row: String,
    vendor: Option<String>,
    url: Option<String>,
    revision: N,
    origin: Option<DerivedAddress>,
    tags: Vec<String>,
}
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is only read into")]
struct DerivedAddress {
    street: Option<String>,
    city: Option<String>,
    country: Option<String>,
}
#[derive(Debug, Deserialize)]
struct DerivedPage<N> {
    value: Vec<Derived<N>>,
}

const ENTITIES: usize = 1_000;

/// How many times longer than derived code the reader may take.
const GOAL: f64 = 2.5;

fn page(format: Format) -> String {
    let (at, quote) = if format == Format::V4 { ("@", "") } else { ("", "\"") };
    let context = if format == Format::V4 { "context" } else { "metadata" };
    let entity = |i: usize| {
        format!(
            r#"{{"{at}odata.etag":"W/\"{i}\"","Id":{quote}{}{quote},"Name":"Product number {i}","Description":"A thing that one can buy, of some use \u00fcber all","Category":"Things","Sku":"SKU-{i:08}","Price":{quote}{i}.99{quote},"Weight":{}.25,"Rating":null,"Stock":{i},"Reserved":3,"IsActive":true,"IsNew":false,"Created":"2014-05-17T16:45:53.1234567Z","Modified":"2015-01-18T22:06:40+01:00","Row":"01234567-89ab-cdef-0123-{i:012}","Vendor":"Vendor {}","Url":"https://example.org/products/{i}","Revision":{quote}{}{quote},"Origin":{{"Street":"Main street {i}","City":"Lisbon","Country":"PT"}},"Tags":["new","blue"]}}"#,
            9_000_000_000 + i,
            i % 7,
            i % 13,
            i * 31
        )
    };
    let entities: Vec<_> = (0..ENTITIES).map(entity).collect();
    format!(
        r#"{{"{at}odata.{context}":"http://host/$metadata#Products","value":[{}]}}"#,
        entities.join(",")
    )
}

/// The shortest of many runs, and the allocations of one.
fn measure<T>(mut run: impl FnMut() -> T) -> (Duration, usize) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    black_box(run());
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let one = |_| {
        let start = Instant::now();
        let result = black_box(run());
        let elapsed = start.elapsed();
        drop(result);
        elapsed
    };
    ((0..60).map(one).min().unwrap_or_default(), allocations)
}

fn compare<N: for<'de> Deserialize<'de>>(label: &str, format: Format) {
    let text = page(format);
    let derived = || serde_json::from_str::<DerivedPage<N>>(&text).unwrap().value;
    let ours = || {
        let mut entities = Entities::<Product>::default();
        Body::new(&text, format).page(&mut entities).unwrap();
        entities.items
    };
    assert_eq!(ours().len(), ENTITIES);
    assert_eq!(ours()[7].extra.etag(), Some(derived()[7].etag.as_str()));
    let (base, base_allocations) = measure(derived);
    let (time, allocations) = measure(ours);
    let ratio = time.as_secs_f64() / base.as_secs_f64();
    println!(
        "{label}: {:.0} µs, serde_json derived {:.0} µs: {:.2} times; {:.1} allocations an entity, \
         derived {:.1}; {} KiB",
        time.as_secs_f64() * 1e6,
        base.as_secs_f64() * 1e6,
        ratio,
        allocations as f64 / ENTITIES as f64,
        base_allocations as f64 / ENTITIES as f64,
        text.len() / 1024,
    );
    assert!(ratio <= GOAL, "{label}: more than {GOAL} times");
}

fn main() {
    compare::<f64>("V4", Format::V4);
    compare::<String>("V3 light", Format::Light);
}
