//! Objects that nobody owns any more.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use super::super::error::Result;
use super::super::model::ObjectKey;
use super::row;

/// Keys per statement, well below SQLite's limit of bound values.
const KEYS_PER_STATEMENT: usize = 1000;

/// Records `objects` as garbage and returns them.
pub(super) async fn add(
    db: &mut SqliteConnection,
    objects: BTreeSet<ObjectKey>,
) -> Result<Vec<ObjectKey>> {
    let objects: Vec<_> = objects.into_iter().collect();
    for some in objects.chunks(KEYS_PER_STATEMENT) {
        let mut statement: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT OR IGNORE INTO blob_garbage (object) ");
        statement.push_values(some, |mut values, key| {
            values.push_bind(key.as_str());
        });
        statement.build().execute(&mut *db).await?;
    }
    Ok(objects)
}

pub(super) async fn all(pool: &SqlitePool) -> Result<Vec<ObjectKey>> {
    sqlx::query("SELECT object FROM blob_garbage ORDER BY object")
        .fetch_all(pool)
        .await?
        .iter()
        .map(row::object)
        .collect()
}

pub(super) async fn forget(db: &mut SqliteConnection, keys: &[ObjectKey]) -> Result<()> {
    for some in keys.chunks(KEYS_PER_STATEMENT) {
        let mut statement: QueryBuilder<Sqlite> =
            QueryBuilder::new("DELETE FROM blob_garbage WHERE object IN (");
        push_keys(&mut statement, some);
        statement.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// Those of `keys` that no table has. `db` must be in a transaction: an object
/// that moves from one table to the next meanwhile must not be missed in both.
pub(super) async fn unknown(
    db: &mut SqliteConnection,
    keys: Vec<ObjectKey>,
) -> Result<Vec<ObjectKey>> {
    let mut known = BTreeSet::new();
    for some in keys.chunks(KEYS_PER_STATEMENT) {
        for table in [
            "SELECT object FROM blob_segments WHERE object IN (",
            "SELECT object FROM blob_attachments WHERE object IN (",
            "SELECT object FROM blob_blocks WHERE object IN (",
            "SELECT object FROM blob_garbage WHERE object IN (",
        ] {
            let mut statement: QueryBuilder<Sqlite> = QueryBuilder::new(table);
            push_keys(&mut statement, some);
            for found in &statement.build().fetch_all(&mut *db).await? {
                known.insert(row::object(found)?);
            }
        }
    }
    Ok(keys.into_iter().filter(|key| !known.contains(key)).collect())
}

fn push_keys(statement: &mut QueryBuilder<Sqlite>, keys: &[ObjectKey]) {
    let mut values = statement.separated(", ");
    for key in keys {
        values.push_bind(key.as_str().to_owned());
    }
    values.push_unseparated(")");
}
