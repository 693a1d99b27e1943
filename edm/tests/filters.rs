//! A `$filter` means to a service what it means to a client: over values of every type, what the
//! client prints and the service parses is true of the rows that Rust itself finds.
#![allow(clippy::unwrap_used, missing_docs)]

use std::cmp::Ordering;

use edm::filter::BinaryOp;
use edm::model::{Primitive, StructuredType};
use edm::time::TICKS_PER_SECOND;
use edm::version::Version;
use edm::{
    Binary, Date, DateTime, DateTimeOffset, Decimal, Duration, EntityType, Expr, Filter, Guid,
    Property, Scalar, Structured, TimeOfDay, TypeError, Value,
};
use proptest::prelude::*;

/// What is filtered. Properties are made where they are needed.
#[derive(Clone, Debug, Default)]
struct Thing;

static THING: StructuredType =
    StructuredType { name: "Thing", namespace: "Demo", ..StructuredType::NEW };

impl Structured for Thing {
    fn structured_type(&self) -> &'static StructuredType {
        &THING
    }
    fn get(&self, _: usize) -> Value {
        Value::Null
    }
    fn set(&mut self, _: usize, _: Value) -> Result<(), TypeError> {
        Ok(())
    }
}

impl EntityType for Thing {
    type Key = String;
    const TYPE: &'static StructuredType = &THING;
}

/// Two properties of a row, both of one type.
struct Row {
    primitive: Primitive,
    values: [Value; 2],
}

impl Row {
    fn truth(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Not(inner) => !self.truth(inner),
            Expr::Binary(BinaryOp::And, left, right) => self.truth(left) && self.truth(right),
            Expr::Binary(BinaryOp::Or, left, right) => self.truth(left) || self.truth(right),
            Expr::Binary(BinaryOp::In, left, list) => match &**list {
                Expr::List(items) => {
                    items.iter().any(|item| self.compare(left, item) == Some(Ordering::Equal))
                }
                other => panic!("{other:?} is no list"),
            },
            Expr::Binary(op, left, right) => {
                let order = self.compare(left, right);
                match op {
                    BinaryOp::Eq => order == Some(Ordering::Equal),
                    BinaryOp::Ne => order != Some(Ordering::Equal),
                    BinaryOp::Lt => order.is_some_and(Ordering::is_lt),
                    BinaryOp::Le => order.is_some_and(Ordering::is_le),
                    BinaryOp::Gt => order.is_some_and(Ordering::is_gt),
                    BinaryOp::Ge => order.is_some_and(Ordering::is_ge),
                    other => panic!("{other:?} is no comparison"),
                }
            }
            other => panic!("{other:?} is no condition"),
        }
    }

    fn value(&self, expr: &Expr) -> Value {
        match expr {
            Expr::Literal(literal) => literal.value.clone(),
            Expr::Negate(inner) => match self.value(inner) {
                Value::Integer(number) => Value::Integer(-number),
                Value::Double(number) => Value::Double(-number),
                Value::Decimal(number) => Value::Decimal(-number),
                Value::Duration(span) => Value::Duration(Duration::from_ticks(-span.ticks())),
                other => panic!("{other:?} has no sign"),
            },
            Expr::Property(path) => match path.join("/").as_str() {
                "A" => self.values[0].clone(),
                "B" => self.values[1].clone(),
                other => panic!("there is no property {other}"),
            },
            other => panic!("{other:?} is no operand"),
        }
    }

    /// How two operands are ordered; null is equal to null, and has no order.
    fn compare(&self, left: &Expr, right: &Expr) -> Option<Ordering> {
        match (self.value(left), self.value(right)) {
            (Value::Null, Value::Null) => Some(Ordering::Equal),
            (Value::Null, _) | (_, Value::Null) => None,
            (left, right) => self.order(&left, &right),
        }
    }

    /// Numbers are promoted to the type of the property, and points in time are the same with any
    /// offset.
    fn order(&self, left: &Value, right: &Value) -> Option<Ordering> {
        match (left, right) {
            (Value::Boolean(l), Value::Boolean(r)) => Some(l.cmp(r)),
            (Value::String(l), Value::String(r)) => Some(l.cmp(r)),
            (Value::Binary(l), Value::Binary(r)) => Some(l.cmp(r)),
            (Value::Guid(l), Value::Guid(r)) => Some(l.cmp(r)),
            (Value::Duration(l), Value::Duration(r)) => Some(l.cmp(r)),
            (Value::Date(l), Value::Date(r)) => Some(l.cmp(r)),
            (Value::TimeOfDay(l), Value::TimeOfDay(r)) => Some(l.cmp(r)),
            _ => match (instant(left), instant(right)) {
                (Some(l), Some(r)) => Some(l.cmp(&r)),
                _ => self.order_numbers(left, right),
            },
        }
    }

    fn order_numbers(&self, left: &Value, right: &Value) -> Option<Ordering> {
        match self.primitive {
            Primitive::Single => single(left).partial_cmp(&single(right)),
            Primitive::Double => double(left).partial_cmp(&double(right)),
            _ => Some(decimal(left).cmp(&decimal(right))),
        }
    }
}

fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::DateTime(time) => Some(time.ticks()),
        Value::DateTimeOffset(time) => Some(time.utc().ticks()),
        _ => None,
    }
}

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::Integer(number) => (*number).into(),
        Value::Decimal(number) => *number,
        other => panic!("{other:?} is not exact"),
    }
}

fn double(value: &Value) -> f64 {
    match value {
        Value::Double(number) => *number,
        exact => decimal(exact).to_string().parse().unwrap(),
    }
}

fn single(value: &Value) -> f32 {
    match value {
        // The digits of a literal are those of 32 bits.
        Value::Double(number) => number.to_string().parse().unwrap(),
        exact => decimal(exact).to_string().parse().unwrap(),
    }
}

/// What is compared: two values of a row, and what they are compared with.
#[derive(Clone, Debug)]
struct Case<T> {
    a: Option<T>,
    b: Option<T>,
    literal: T,
    other: T,
}

/// Values are often equal, and sometimes absent.
fn cases<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Case<T>> {
    (values.clone(), values.clone(), values, 0..3_u8, 0..3_u8).prop_map(|(x, y, z, a, b)| {
        let pick = |which| [None, Some(x.clone()), Some(y.clone())][usize::from(which)].clone();
        Case { a: pick(a), b: pick(b), literal: x.clone(), other: z }
    })
}

/// How two values of a type are ordered; none for a type of which only equality has a meaning.
type Order<T> = Option<fn(&T, &T) -> Option<Ordering>>;

fn check<T>(case: &Case<T>, order: Order<T>, versions: &[Version]) -> Result<(), TestCaseError>
where
    T: Scalar + edm::Operand<Literal = T> + Clone + PartialEq,
    T: edm::NotOption,
    Option<T>: edm::Edm,
{
    const fn property<T>(name: &'static str) -> Property<Thing, Option<T>> {
        Property::new(name)
    }
    let Case { a, b, literal, other } = case;
    let value = |value: &Option<T>| value.as_ref().map_or(Value::Null, edm::Edm::to_value);
    let row = Row { primitive: T::PRIMITIVE, values: [value(a), value(b)] };
    let equal = |l: &T, r: &T| match order {
        Some(order) => order(l, r) == Some(Ordering::Equal),
        None => l == r,
    };
    let is = |wanted: fn(Ordering) -> bool, l: &Option<T>, r: &T| match (order, l) {
        (Some(order), Some(l)) => order(l, r).is_some_and(wanted),
        _ => false,
    };
    let eq_a = a.as_ref().is_some_and(|a| equal(a, literal));
    let eq_b = b.as_ref().is_some_and(|b| equal(b, other));
    let both = match (a, b) {
        (Some(a), Some(b)) => equal(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let p = property::<T>("A");
    let q = property::<T>("B");
    let mut filters: Vec<(Filter<Thing>, bool)> = vec![
        (p.eq(literal.clone()), eq_a),
        (p.ne(literal.clone()), !eq_a),
        (p.eq_to(q), both),
        (p.ne_to(q), !both),
        (p.is_null(), a.is_none()),
        (p.is_not_null(), a.is_some()),
        (!p.eq(literal.clone()), !eq_a),
        (p.eq(literal.clone()).and(q.eq(other.clone())), eq_a && eq_b),
        (!(p.eq(literal.clone()).or(q.ne(other.clone()))), !eq_a && eq_b),
        (p.in_([literal.clone(), other.clone()]), {
            a.as_ref().is_some_and(|a| equal(a, literal) || equal(a, other))
        }),
    ];
    if order.is_some() {
        let (lt, gt) = (is(Ordering::is_lt, a, literal), is(Ordering::is_gt, a, literal));
        filters.extend([
            (p.lt(literal.clone()), lt),
            (p.le(literal.clone()), is(Ordering::is_le, a, literal)),
            (p.gt(literal.clone()), gt),
            (p.ge(literal.clone()), is(Ordering::is_ge, a, literal)),
            (p.lt(literal.clone()).or(p.gt(literal.clone()).and(q.eq(other.clone()))), {
                lt || (gt && eq_b)
            }),
        ]);
    }
    for (filter, expected) in filters {
        let expr = filter.into_expr();
        for &version in versions {
            let printed = expr.display(version).to_string();
            let parsed = Expr::parse_for(&printed, version);
            let parsed = parsed.map_err(|e| TestCaseError::fail(format!("{printed}: {e}")))?;
            prop_assert_eq!(row.truth(&parsed), expected, "{:?}: {}", version, printed);
            let again = parsed.display(version).to_string();
            let read = Expr::parse_for(&again, version).unwrap();
            prop_assert_eq!(row.truth(&read), expected, "{:?}: {}", version, again);
        }
    }
    Ok(())
}

const ALL: &[Version] = &[Version::V2, Version::V3, Version::V4, Version::V401];
const V4: &[Version] = &[Version::V4, Version::V401];

fn by_order<T: PartialOrd>(left: &T, right: &T) -> Option<Ordering> {
    left.partial_cmp(right)
}

fn by_instant(left: &DateTimeOffset, right: &DateTimeOffset) -> Option<Ordering> {
    left.utc().partial_cmp(&right.utc())
}

fn times() -> impl Strategy<Value = DateTime> + Clone {
    (0..=DateTime::MAX.ticks()).prop_map(DateTime::from_ticks)
}

fn offsets() -> impl Strategy<Value = DateTimeOffset> + Clone {
    const DAY: i64 = 86_400 * TICKS_PER_SECOND;
    (DAY..DateTime::MAX.ticks() - DAY, -840_i16..=840).prop_map(|(ticks, minutes)| {
        DateTimeOffset::new(DateTime::from_ticks(ticks), minutes).unwrap()
    })
}

fn decimals() -> impl Strategy<Value = Decimal> + Clone {
    (any::<i64>(), 0..18_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn dates() -> impl Strategy<Value = Date> + Clone {
    (1_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

fn times_of_day() -> impl Strategy<Value = TimeOfDay> + Clone {
    (0..86_400 * TICKS_PER_SECOND).prop_map(|ticks| TimeOfDay::from_ticks(ticks).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn texts(case in cases(any::<String>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn truths(case in cases(any::<bool>())) {
        check(&case, None, ALL)?;
    }
    #[test]
    fn bytes(case in cases(any::<u8>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn signed_bytes(case in cases(any::<i8>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn short_integers(case in cases(any::<i16>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn integers(case in cases(any::<i32>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn long_integers(case in cases(any::<i64>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn singles(case in cases(any::<f32>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn doubles(case in cases(any::<f64>())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn exact_numbers(case in cases(decimals())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn guids(case in cases(any::<u128>().prop_map(Guid::from_u128))) {
        check(&case, None, ALL)?;
    }
    #[test]
    fn binaries(case in cases(any::<Vec<u8>>().prop_map(Binary))) {
        check(&case, None, ALL)?;
    }
    #[test]
    fn points_in_time(case in cases(times())) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn points_in_time_with_an_offset(case in cases(offsets())) {
        check(&case, Some(by_instant), ALL)?;
    }
    #[test]
    fn spans_of_time(case in cases(any::<i64>().prop_map(Duration::from_ticks))) {
        check(&case, Some(by_order), ALL)?;
    }
    #[test]
    fn days(case in cases(dates())) {
        check(&case, Some(by_order), V4)?;
    }
    #[test]
    fn times_of_a_day(case in cases(times_of_day())) {
        check(&case, Some(by_order), V4)?;
    }
}
