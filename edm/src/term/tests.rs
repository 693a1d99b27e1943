#![allow(clippy::unwrap_used)]
use super::*;
use crate::model::StructuredType;
use crate::query::QueryOptions;
use crate::version::Version;
use crate::{
    DerivedFrom, EntityType, Geo, Geometry, Many, Navigation, One, Property, Structured, TypeError,
    Value,
};

/// A type with properties and nothing else: these tests never send one.
macro_rules! structured {
    ($name:ident) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        struct $name;
        impl Structured for $name {
            fn structured_type(&self) -> &'static StructuredType {
                const {
                    &StructuredType {
                        name: stringify!($name),
                        namespace: "Ns",
                        ..StructuredType::NEW
                    }
                }
            }
            fn get(&self, _: usize) -> Value {
                Value::Null
            }
            fn set(&mut self, _: usize, _: Value) -> Result<(), TypeError> {
                Ok(())
            }
        }
    };
}
structured!(Person);
structured!(Employee);
structured!(Trip);
structured!(Address);

macro_rules! entity {
    ($($name:ident),*) => {$(
        impl EntityType for $name {
            type Key = String;
            const TYPE: &'static StructuredType = &StructuredType {
                name: stringify!($name),
                namespace: "Ns",
                ..StructuredType::NEW
            };
        }
    )*};
}
entity!(Person, Employee, Trip);
impl DerivedFrom<Person> for Employee {}
static ADDRESS: StructuredType =
    StructuredType { name: "Address", namespace: "Ns", ..StructuredType::NEW };
crate::complex_type!(Address, &ADDRESS);

impl Person {
    const NAME: Property<Self, String> = Property::new("Name");
    const AGE: Property<Self, Option<i64>> = Property::new("Age");
    const WEIGHT: Property<Self, Decimal> = Property::new("Weight");
    const ACTIVE: Property<Self, bool> = Property::new("Active");
    const BORN: Property<Self, DateTimeOffset> = Property::new("Born");
    const HOME: Property<Self, Option<Geo>> = Property::new("Home");
    const DESK: Property<Self, Geometry> = Property::new("Desk");
    const EMAILS: Property<Self, Vec<String>> = Property::new("Emails");
    const ADDRESS: Property<Self, Option<Address>> = Property::new("Address");
    const ADDRESSES: Property<Self, Vec<Address>> = Property::new("Addresses");
    const BEST_FRIEND: Navigation<Self, One<Person>> = Navigation::new("BestFriend");
    const FRIENDS: Navigation<Self, Many<Person>> = Navigation::new("Friends");
    const TRIPS: Navigation<Self, Many<Trip>> = Navigation::new("Trips");
}
impl Employee {
    const SALARY: Property<Self, i32> = Property::new("Salary");
}
impl Address {
    const CITY: Property<Self, String> = Property::new("City");
}
impl Trip {
    const NAME: Property<Self, String> = Property::new("Name");
    const BUDGET: Property<Self, f64> = Property::new("Budget");
    const GUESTS: Navigation<Self, Many<Person>> = Navigation::new("Guests");
}

#[track_caller]
fn prints(filter: Filter<Person>, v3: &str, v401: &str) {
    let expr = filter.into_expr();
    assert_eq!(expr.to_string(), v3);
    assert_eq!(expr.display(Version::V401).to_string(), v401);
    // Both are what the parser understands.
    assert_eq!(Expr::parse(v3).unwrap().to_string(), v3);
    let again = Expr::parse_for(v401, Version::V401).unwrap();
    assert_eq!(again.display(Version::V401).to_string(), v401);
}

#[test]
fn functions_are_operands() {
    prints(Person::NAME.length().gt(3), "length(Name) gt 3", "length(Name) gt 3");
    prints(
        Person::NAME.to_lower().trim().contains("x").or(Person::NAME.index_of("y").eq(-1)),
        "substringof('x',trim(tolower(Name))) or indexof(Name,'y') eq -1",
        "contains(trim(tolower(Name)),'x') or indexof(Name,'y') eq -1",
    );
    prints(
        Person::BORN.year().eq(2014).and(Person::BORN.month().in_([1, 2])),
        "year(Born) eq 2014 and (month(Born) eq 1 or month(Born) eq 2)",
        "year(Born) eq 2014 and month(Born) in (1,2)",
    );
    prints(
        Person::AGE.plus(1).times(2).le(10).and(!Person::ACTIVE.is_true()),
        "(Age add 1L) mul 2L le 10L and not Active",
        "(Age add 1) mul 2 le 10 and not Active",
    );
    prints(
        Person::AGE.cast::<String>().eq("5").or(Person::AGE.is_null()),
        "cast(Age,'Edm.String') eq '5' or Age eq null",
        "cast(Age,Edm.String) eq '5' or Age eq null",
    );
    prints(
        Person::WEIGHT.round().gt_to(Person::WEIGHT),
        "round(Weight) gt Weight",
        "round(Weight) gt Weight",
    );
    prints(
        Person::HOME.distance(&Geo::point(-122.25, 47.5)).lt(1.5),
        "geo.distance(Home,geography'SRID=4326;POINT (-122.25 47.5)') lt 1.5",
        "geo.distance(Home,geography'SRID=4326;Point(-122.25 47.5)') lt 1.5",
    );
    prints(
        Person::DESK.distance(&Geometry::point(1.0, 2.0)).lt(1.5),
        "geo.distance(Desk,geometry'SRID=0;POINT (1 2)') lt 1.5",
        "geo.distance(Desk,geometry'SRID=0;Point(1 2)') lt 1.5",
    );
    let room = serde_json::json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]] });
    prints(
        Person::DESK.intersects(&Geometry::from_geojson(room)),
        "geo.intersects(Desk,geometry'SRID=0;POLYGON ((0 0, 1 0, 0 0))')",
        "geo.intersects(Desk,geometry'SRID=0;Polygon((0 0,1 0,0 0))')",
    );
    prints(Person::NAME.in_::<&str>([]), "false", "Name in ()");
}

#[test]
fn paths_go_through_complex_values_and_entities() {
    let same = |filter: Filter<Person>, text: &str| prints(filter, text, text);
    same(Person::ADDRESS.then(Address::CITY).eq("Rome"), "Address/City eq 'Rome'");
    same(
        Person::BEST_FRIEND
            .then(Person::BEST_FRIEND)
            .then(Person::ADDRESS.then(Address::CITY))
            .ne("x"),
        "BestFriend/BestFriend/Address/City ne 'x'",
    );
    same(
        Person::BEST_FRIEND.as_type::<Employee>().then(Employee::SALARY).gt(5),
        "BestFriend/Ns.Employee/Salary gt 5",
    );
    same(Person::BEST_FRIEND.is_null(), "BestFriend eq null");
    same(Employee::SALARY.gt(5).on_base(), "Ns.Employee/Salary gt 5");
    prints(is_of::<Person, Employee>(), "isof('Ns.Employee')", "isof(Ns.Employee)");
}

#[test]
fn collections_are_asked_by_lambdas() {
    let same = |filter: Filter<Person>, text: &str| prints(filter, text, text);
    same(
        Person::TRIPS.any(Trip::NAME.eq("Rome").and(Trip::BUDGET.lt(1.5))),
        "Trips/any(x:x/Name eq 'Rome' and x/Budget lt 1.5)",
    );
    same(Person::TRIPS.any_exist(), "Trips/any()");
    same(
        Person::TRIPS.all(Trip::GUESTS.any(Person::NAME.eq("x")).or(Trip::NAME.eq("y"))),
        "Trips/all(x1:x1/Guests/any(x:x/Name eq 'x') or x1/Name eq 'y')",
    );
    same(Person::EMAILS.any(|it| it.ends_with("@x.org")), "Emails/any(x:endswith(x,'@x.org'))");
    same(Person::ADDRESSES.all(|_| Address::CITY.eq("x")), "Addresses/all(x:x/City eq 'x')");
    same(
        Person::BEST_FRIEND.then(Person::FRIENDS).of_type::<Employee>().any(Employee::SALARY.eq(1)),
        "BestFriend/Friends/Ns.Employee/any(x:x/Salary eq 1)",
    );
    prints(
        Person::FRIENDS.any(is_of::<Person, Employee>()),
        "Friends/any(x:isof(x,'Ns.Employee'))",
        "Friends/any(x:isof(x,Ns.Employee))",
    );
    prints(Person::TRIPS.count().gt(2), "Trips/$count gt 2L", "Trips/$count gt 2");
}

#[test]
fn nested_expansions_are_paths_up_to_v3() {
    let selection: Selection<Person> = Person::NAME.into();
    let trips = Person::TRIPS.expand().select(Trip::NAME).expand(Trip::GUESTS);
    let mut options = QueryOptions {
        select: vec![selection.into_item()],
        expand: vec![Expansion::from(trips).into_item()],
        ..QueryOptions::default()
    };
    assert_eq!(
        options.to_query(Version::V3),
        "$select=Name,Trips/Name,Trips/Guests&$expand=Trips/Guests"
    );
    assert_eq!(
        options.to_query(Version::V4),
        "$select=Name&$expand=Trips($select=Name;$expand=Guests)"
    );
    options.select.clear();
    assert_eq!(
        options.to_query(Version::V3),
        "$select=*,Trips/Name,Trips/Guests&$expand=Trips/Guests"
    );
    options.expand = vec![Expansion::<Person>::from(Person::BEST_FRIEND).into_item()];
    assert_eq!(options.to_query(Version::V3), "$expand=BestFriend");
}

#[test]
fn nested_expansions_have_options_since_v4() {
    let friends = Person::FRIENDS
        .expand()
        .filter(Person::NAME.ne("x"))
        .filter(Person::AGE.gt(5))
        .order_by(Person::AGE.desc())
        .order_by(Person::NAME.length().asc())
        .top(3)
        .skip(1)
        .with_count()
        .levels(2);
    let expand = vec![
        Expansion::from(friends).into_item(),
        Expansion::from(Person::TRIPS.expand().references()).into_item(),
        Expansion::from(Person::BEST_FRIEND.then(Person::TRIPS).expand().only_count()).into_item(),
        Expansion::from(Person::FRIENDS.expand().all_levels()).into_item(),
    ];
    let options = QueryOptions { expand, ..QueryOptions::default() };
    let query = options.to_query(Version::V4);
    assert_eq!(
        query,
        "$expand=Friends($filter=Name%20ne%20'x'%20and%20Age%20gt%205;\
         $orderby=Age%20desc,length(Name);$top=3;$skip=1;$count=true;$levels=2),\
         Trips/$ref,BestFriend/Trips/$count,Friends($levels=max)"
    );
    assert_eq!(QueryOptions::parse_for(&query, Version::V4).unwrap().to_query(Version::V4), query);
}
