//! What a filter means: over every property of every set, rows that SQL finds are those that Rust
//! finds, for a filter that a client has printed and the service has parsed.
#![allow(clippy::unwrap_used)]

use std::cmp::Ordering;

use azure_media::v2_19::tables::MODEL;
use azure_media::{AccessPolicy, AssetFile};
use edm::filter::BinaryOp;
use edm::literal::Literal;
use edm::model::{EntitySet, Primitive, Property, Type};
use edm::{DateTime, Duration, Expr, Filter, Guid, Record, Value};

use super::sqlite::SqliteStore;
use super::{Change, Query, Store as _};
use crate::odata::key_of;

/// How many rows each set has: more than there are samples of a type, and null.
const ROWS: usize = 7;

/// Values of a type, the ends of its range among them.
fn samples(primitive: Primitive) -> Vec<Value> {
    use Primitive as P;
    let integers = |all: &[i64]| all.iter().copied().map(Value::Integer).collect();
    match primitive {
        P::Boolean => vec![false.into(), true.into()],
        P::Int16 => integers(&[0, -1, i16::MAX.into(), i16::MIN.into()]),
        P::Int32 => integers(&[0, 1, i32::MAX.into(), i32::MIN.into()]),
        P::Int64 => integers(&[0, -5, i64::MAX, i64::MIN + 1]),
        P::Double => [0.0, -0.5, 1e300, 440.0].map(Value::Double).into(),
        P::String => ["", "it's \"\u{fc}\"", "a", "B", "\u{1f600} % _"].map(Value::from).into(),
        P::DateTime => [
            DateTime::MIN,
            DateTime::parse("2015-01-18T22:06:40.6010903Z").unwrap(),
            DateTime::parse("2015-01-18T22:06:40.601Z").unwrap(),
            DateTime::MAX,
        ]
        .map(Value::DateTime)
        .into(),
        P::Time => [0, -1, 54_000_000_000, i64::MAX]
            .map(|ticks| Value::Duration(Duration::from_ticks(ticks)))
            .into(),
        P::Guid => [Guid::nil(), Guid::from_u128(7), Guid::max()].map(Value::Guid).into(),
        other => panic!("there are no samples of {}", other.name()),
    }
}

/// The rows of a set: each property goes through its samples, and through null if it may.
fn rows(set: &EntitySet) -> Vec<Record> {
    let ty = set.entity_type;
    let row = |number: usize| {
        let mut record = Record::new(ty);
        for (column, row) in ty.properties.iter().enumerate() {
            let Some(primitive) = row.ty.primitive() else { continue };
            let value = if ty.key.contains(&row.name) {
                match primitive {
                    Primitive::Guid => Value::Guid(Guid::from_u128(number.try_into().unwrap())),
                    _ => Value::from(format!("key {number}")),
                }
            } else {
                let mut values = samples(primitive);
                // What an entity belongs to is always there.
                let is_optional = row.nullable && !matches!(row.ty, Type::Id(_));
                values.extend(is_optional.then_some(Value::Null));
                values[(number + column) % values.len()].clone()
            };
            record.put(row.name, value);
        }
        record
    };
    (0..ROWS).map(row).collect()
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Boolean(l), Value::Boolean(r)) => Some(l.cmp(r)),
        (Value::Integer(l), Value::Integer(r)) => Some(l.cmp(r)),
        (Value::Double(l), Value::Double(r)) => l.partial_cmp(r),
        (Value::String(l), Value::String(r)) => Some(l.as_bytes().cmp(r.as_bytes())),
        (Value::DateTime(l), Value::DateTime(r)) => Some(l.cmp(r)),
        (Value::Duration(l), Value::Duration(r)) => Some(l.cmp(r)),
        (Value::Guid(l), Value::Guid(r)) => Some(l.to_string().cmp(&r.to_string())),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

fn holds(op: BinaryOp, left: &Value, right: &Value) -> bool {
    let order = order(left, right);
    match op {
        BinaryOp::Eq => order == Some(Ordering::Equal),
        BinaryOp::Ne => order != Some(Ordering::Equal),
        BinaryOp::Lt => order.is_some_and(Ordering::is_lt),
        BinaryOp::Le => order.is_some_and(Ordering::is_le),
        BinaryOp::Gt => order.is_some_and(Ordering::is_gt),
        _ => order.is_some_and(Ordering::is_ge),
    }
}

struct Stored<'a> {
    store: &'a SqliteStore,
    set: &'static EntitySet,
    rows: Vec<Record>,
}

async fn open() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("test.db"), &MODEL).await.unwrap();
    (folder, store)
}

impl<'a> Stored<'a> {
    async fn new(store: &'a SqliteStore, set: &'static EntitySet) -> Self {
        let rows = rows(set);
        let changes = rows.iter().map(|row| Change::Insert(set, row.clone())).collect();
        store.commit(changes).await.unwrap();
        Self { store, set, rows }
    }

    /// Prints a filter, parses it, and looks for the rows that it should find.
    async fn check(&self, filter: &Expr, holds: impl Fn(&Record) -> bool) {
        let printed = filter.to_string();
        let parsed = Expr::parse(&printed).unwrap();
        let found = self.store.query(&Query::all(self.set, parsed)).await.unwrap().records;
        let keys = |rows: &mut dyn Iterator<Item = &Record>| -> Vec<String> {
            rows.map(|row| key_of(self.set, row)).collect()
        };
        let expected = keys(&mut self.rows.iter().filter(|row| holds(row)));
        assert_eq!(keys(&mut found.iter()), expected, "{}: {printed}", self.set.name);
    }

    async fn check_property(&self, row: &'static Property, primitive: Primitive) {
        use BinaryOp as Op;
        // Of these only equality has a meaning.
        let ops = match primitive {
            Primitive::Boolean | Primitive::Guid => &[Op::Eq, Op::Ne][..],
            _ => &[Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge],
        };
        let name = || Expr::property(row.name);
        for literal in samples(primitive).into_iter().chain([Value::Null]) {
            let ops = if literal.is_null() { &ops[..2] } else { ops };
            for &op in ops {
                let operand = Expr::Literal(Literal::of(literal.clone(), &row.ty));
                let filter = Expr::binary(op, name(), operand);
                let is = |record: &Record| holds(op, record.value(row.name), &literal);
                self.check(&filter, is).await;
                self.check(&Expr::Not(Box::new(filter)), |record| !is(record)).await;
            }
        }
    }
}

#[tokio::test]
async fn every_property_of_every_set_is_compared_as_it_should_be() {
    let (_folder, store) = open().await;
    let mut compared = 0;
    for set in MODEL.entity_sets {
        let stored = Stored::new(&store, set).await;
        for row in set.entity_type.properties {
            if let Some(primitive) = row.ty.primitive() {
                stored.check_property(row, primitive).await;
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

#[tokio::test]
async fn typed_terms_mean_what_they_say() {
    async fn check<E>(stored: &Stored<'_>, filter: Filter<E>, holds: impl Fn(&Record) -> bool) {
        stored.check(&filter.into_expr(), holds).await;
    }
    let (_folder, store) = open().await;
    let files = Stored::new(&store, MODEL.entity_set("Files").unwrap()).await;
    let is_in = |record: &Record, part: &str| {
        record.value("Name").as_str().is_some_and(|name| name.contains(part))
    };
    check(&files, AssetFile::NAME.contains("'s \""), |file| is_in(file, "'s \"")).await;
    check(&files, AssetFile::NAME.contains("%"), |file| is_in(file, "%")).await;
    check(&files, AssetFile::NAME.starts_with("it's"), |file| is_in(file, "it's")).await;
    check(&files, AssetFile::NAME.ends_with("_"), |file| is_in(file, "% _")).await;
    // What a function gives for null is null, and so is its opposite.
    check(&files, !AssetFile::NAME.contains("a"), |file| {
        !file.value("Name").is_null() && !is_in(file, "a")
    })
    .await;
    check(&files, AssetFile::NAME.length().eq(1), |file| {
        file.value("Name").as_str().is_some_and(|name| name.chars().count() == 1)
    })
    .await;
    let year = AssetFile::CREATED.year().eq(2015);
    let small = AssetFile::CONTENT_FILE_SIZE.lt(1_i64);
    check(&files, year.and(small), |file| {
        let created = file.value("Created").as_date_time().unwrap().to_string();
        created.starts_with("2015") && file.value("ContentFileSize").as_integer() < Some(1)
    })
    .await;
    let named = AssetFile::NAME.in_(["a", "B"]);
    check(&files, named.or(AssetFile::IS_PRIMARY.eq(true)), |file| {
        matches!(file.value("Name").as_str(), Some("a" | "B"))
            || file.value("IsPrimary").as_bool() == Some(true)
    })
    .await;
    let policies = Stored::new(&store, MODEL.entity_set("AccessPolicies").unwrap()).await;
    check(&policies, AccessPolicy::DURATION_IN_MINUTES.ge(440.0), |policy| {
        policy.value("DurationInMinutes").as_double() >= Some(440.0)
    })
    .await;
}
