//! The queries of Microsoft's LINQ provider, built with typed terms.

use edm::query::QueryOptions;
use edm::version::Version;
use edm::{
    Binary, DateTime, DateTimeOffset, Decimal, DerivedFrom, Duration, EntityType, Expr, Filter,
    Geo, Guid, Many, Navigation, One, Order, Property, Structured, TypeError, Value, is_of,
};

use crate::{Tally, text, vectors};

/// Types with a table and nothing else: no value of them is sent.
macro_rules! types {
    ($($name:ident in $namespace:literal),*) => {$(
        #[derive(Clone, Debug, Default, PartialEq)]
        struct $name;
        impl $name {
            const TABLE: &'static edm::model::StructuredType = &edm::model::StructuredType {
                name: stringify!($name),
                namespace: $namespace,
                ..edm::model::StructuredType::NEW
            };
        }
        impl Structured for $name {
            fn structured_type(&self) -> &'static edm::model::StructuredType {
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
types!(Product in "Demo", Gadget in "Demo", Category in "Demo", Address in "Demo");

macro_rules! entities {
    ($($name:ident),*) => {$(
        impl EntityType for $name {
            type Key = i32;
            const TYPE: &'static edm::model::StructuredType = Self::TABLE;
        }
    )*};
}
entities!(Product, Gadget, Category);
impl DerivedFrom<Product> for Gadget {}
edm::complex_type!(Address, Address::TABLE);

impl Product {
    const ID: Property<Self, i32> = Property::new("ID");
    const NAME: Property<Self, Option<String>> = Property::new("Name");
    const PRICE: Property<Self, Decimal> = Property::new("Price");
    const D: Property<Self, f64> = Property::new("D");
    const F: Property<Self, f32> = Property::new("F");
    const L: Property<Self, i64> = Property::new("L");
    const S: Property<Self, i16> = Property::new("S");
    const B: Property<Self, u8> = Property::new("B");
    const OK: Property<Self, bool> = Property::new("Ok");
    const G: Property<Self, Guid> = Property::new("G");
    const WHEN: Property<Self, DateTime> = Property::new("When");
    const MAYBE: Property<Self, Option<DateTime>> = Property::new("Maybe");
    const OFF: Property<Self, DateTimeOffset> = Property::new("Off");
    const T: Property<Self, Duration> = Property::new("T");
    const BIN: Property<Self, Binary> = Property::new("Bin");
    const NI: Property<Self, Option<i32>> = Property::new("NI");
    const TAGS: Property<Self, Vec<String>> = Property::new("Tags");
    const P: Property<Self, Geo> = Property::new("P");
    const ADDR: Property<Self, Address> = Property::new("Addr");
    const CATEGORY: Navigation<Self, One<Category>> = Navigation::new("Category");
}
impl Gadget {
    const SLOGAN: Property<Self, String> = Property::new("Slogan");
}
impl Category {
    const NAME: Property<Self, String> = Property::new("Name");
    const PRODUCTS: Navigation<Self, Many<Product>> = Navigation::new("Products");
}
impl Address {
    const CITY: Property<Self, String> = Property::new("City");
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn time(text: &str) -> DateTime {
    DateTime::parse(text).unwrap()
}

/// What a query is in typed terms; `None` where they cannot say it.
#[allow(clippy::too_many_lines, reason = "a table")]
fn filter(linq: &str) -> Option<Expr> {
    type P = Product;
    let guid = "abcdef01-2345-6789-abcd-ef0123456789";
    let filter: Filter<Product> = match linq {
        "Name == \"O'Neil & Co/x?y#z%+=\"" => P::NAME.eq("O'Neil & Co/x?y#z%+="),
        "Name == \"日本 é\"" => P::NAME.eq("日本 é"),
        "Name == null" => P::NAME.is_null(),
        "Price == 1.10m" => P::PRICE.eq(decimal("1.10")),
        "Price > 1000000m" => P::PRICE.gt(decimal("1000000")),
        "D == 1.5" => P::D.eq(1.5),
        "D == 1" => P::D.eq(1.0),
        "D == 1e300" => P::D.eq(1e300),
        "D == INF" => P::D.eq(f64::INFINITY),
        "D == NaN" => P::D.eq(f64::NAN),
        "F == 1.5f" => P::F.eq(1.5),
        "L == 5" => P::L.eq(5),
        "L == 9007199254740993" => P::L.eq(9_007_199_254_740_993_i64),
        "S == 3" => P::S.cast::<i32>().eq(3),
        "B == 255" => P::B.cast::<i32>().eq(255),
        "Ok" => P::OK.is_true(),
        "!Ok" => !P::OK.is_true(),
        "Ok == true" => P::OK.eq(true),
        "G == guid" => P::G.eq(guid.parse::<Guid>().unwrap()),
        "When >= 2014-01-02T03:04:05.678 unspecified" => {
            P::WHEN.ge(time("2014-01-02T03:04:05.678"))
        }
        "When < utc" => P::WHEN.lt(time("2014-01-02T03:04:05")),
        "Maybe == null" => P::MAYBE.is_null(),
        "Maybe.Value > dt" => P::MAYBE.gt(time("2014-01-02T03:04:05.678")),
        "Off == +05:30" => P::OFF.eq(DateTimeOffset::parse("2014-01-02T03:04:05+05:30").unwrap()),
        "T == 01:02:03" => P::T.eq(Duration::parse("PT1H2M3S").unwrap()),
        "Bin == {01,ab,ff}" => P::BIN.eq(vec![0x01, 0xab, 0xff]),
        "NI == 5" => P::NI.eq(5),
        "Category.Name == 'x'" => P::CATEGORY.then(Category::NAME).eq("x"),
        "Addr.City == 'x'" => P::ADDR.then(Address::CITY).eq("x"),
        "Name.Contains" => P::NAME.contains("a'b"),
        "Name.StartsWith" => P::NAME.starts_with("a"),
        "Name.EndsWith" => P::NAME.ends_with("a"),
        "Name.IndexOf" => P::NAME.index_of("a").eq(1),
        "Name.Replace" => P::NAME.replace("a", "b").eq("c"),
        "Name.Substring(1)" => P::NAME.substring(1).eq("c"),
        "Name.Substring(1,2)" => P::NAME.substring_of(1, 2).eq("c"),
        "ToLower/ToUpper/Trim" => {
            P::NAME.to_lower().eq("c").and(P::NAME.to_upper().eq("C")).and(P::NAME.trim().eq("c"))
        }
        "Name.Length" => P::NAME.length().gt(3),
        "concat" | "Name + x" => P::NAME.concat("x").eq("ax"),
        "When.Year..Second" => (P::WHEN.year().eq(2014))
            .and(P::WHEN.month().eq(1))
            .and(P::WHEN.day().eq(2))
            .and(P::WHEN.hour().eq(3))
            .and(P::WHEN.minute().eq(4))
            .and(P::WHEN.second().eq(5)),
        "Math.Round/Floor/Ceiling" => (P::D.round().eq(1.0))
            .and(P::D.floor().eq(1.0))
            .and(P::PRICE.ceiling().eq(decimal("1"))),
        "arith" => {
            let right = P::ID.divided_by(2).modulo(5);
            P::ID.plus(1).times(2).minus(3).gt_to(right)
        }
        "negate" => P::ID.negated().lt(0),
        "precedence" => P::ID.eq(1).or(P::ID.eq(2)).and(!P::ID.gt(3)),
        "precedence2" => P::ID.eq(1).or(P::ID.eq(2).and(P::ID.gt(3))),
        "ne" => P::ID.ne(1),
        "le ge" => P::ID.le(1).and(P::ID.ge(0)),
        "string.Compare" => P::NAME.gt("b"),
        "two wheres" => P::ID.gt(1).and(P::ID.lt(9)),
        "is" => is_of::<Product, Gadget>(),
        "as" => Gadget::SLOGAN.eq("x").on_base(),
        "any tags" => P::TAGS.any(|tag| tag.eq("x")),
        "all tags" => P::TAGS.all(|tag| tag.ne("x")),
        "any no predicate" => return Some(Category::PRODUCTS.any_exist().into_expr()),
        "key nav filter" => P::PRICE.gt(decimal("1")),
        "geo distance" => P::P.distance(&Geo::point(2.0, 1.0)).lt(10.0),
        "isof cast" => P::S.cast::<i32>().eq(1),
        "double cast" => P::ID.cast::<f64>().eq(1.5),
        "null coalescing property compare" => P::CATEGORY.is_null(),
        _ => return None,
    };
    Some(filter.into_expr())
}

/// Why typed terms do not say a query that has a filter.
const NOT_SAID: &[(&str, &str)] = &[
    ("any nested", "a condition inside of a lambda about the entity outside of it"),
    ("NI.HasValue", "the provider's mistake: there is no such property"),
];

#[test]
fn queries_of_linq_are_built_of_typed_terms() {
    for (name, version) in [
        ("ms-oracle/linq-to-url-v3.jsonl", Version::V3),
        ("ms-oracle/linq-to-url-v4.jsonl", Version::V4),
    ] {
        let mut tally = Tally::new(name);
        for vector in vectors(name) {
            let query = text(&vector, "url").split_once('?').unwrap_or_default().1;
            let options = QueryOptions::parse_for(query, version).unwrap();
            let linq = text(&vector, "linq");
            let Some(sent) = options.filter else {
                tally.skip("no filter");
                continue;
            };
            // The client's model is not in a namespace, and it names variables by itself.
            let sent = sent.display(version).to_string();
            let sent = sent.replace("t:t", "x:x").replace("Gadget", "Demo.Gadget");
            match (filter(linq), NOT_SAID.iter().find(|(name, _)| *name == linq)) {
                (None, Some((_, reason))) => tally.skip(reason),
                (None, None) => tally.check(false, || format!("{linq} is not built")),
                (Some(built), _) => {
                    let built = built.display(version).to_string();
                    tally.check(built == sent, || format!("{linq}\n    {built}\n    {sent}"));
                }
            }
        }
        tally.finish();
    }
}

#[test]
fn orders_of_typed_terms_are_what_linq_sends() {
    let orders: Vec<Order<Product>> = vec![Product::NAME.asc(), Product::PRICE.desc()];
    let order_by = orders.into_iter().map(Order::into_order_by).collect();
    let options = QueryOptions { order_by, ..QueryOptions::default() };
    assert_eq!(options.to_query(Version::V3), "$orderby=Name,Price%20desc");
}
