//! What the database itself derives from the entities, in the transaction that changes them.
//!
//! Triggers do it: whatever changes an entity, a request or a worker, and however it ends, what is
//! derived from it is right. They are made anew at each start, so that they are those of this
//! version.

use edm::model::EntitySet;
use sqlx::SqliteConnection;

use super::StoreError;
use super::schema::quote;
use crate::quotas::COUNTED;

/// Tables for what is derived.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS entity_count (
        entity_set TEXT PRIMARY KEY NOT NULL,
        number INTEGER NOT NULL
    ) WITHOUT ROWID;";

/// Makes tables and triggers, once the tables of the entities are there.
pub(super) async fn install(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::raw_sql(TABLES).execute(&mut *connection).await?;
    for (set, _) in COUNTED {
        sqlx::raw_sql(sqlx::AssertSqlSafe(counting(set))).execute(&mut *connection).await?;
    }
    sqlx::raw_sql(include_str!("derived.sql")).execute(connection).await?;
    Ok(())
}

/// Counts the entities of a set: with millions of them, nothing else tells their number in time.
fn counting(set: &str) -> String {
    let table = quote(set);
    let trigger = |event: &str, sign: &str| {
        let name = quote(&format!("count {event} {set}"));
        format!(
            "DROP TRIGGER IF EXISTS {name};
             CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN
                UPDATE entity_count SET number = number {sign} 1 WHERE entity_set = '{set}';
             END;"
        )
    };
    let (insert, delete) = (trigger("INSERT", "+"), trigger("DELETE", "-"));
    format!(
        "INSERT OR IGNORE INTO entity_count SELECT '{set}', COUNT(*) FROM {table};
         {insert} {delete}"
    )
}

/// How many entities a counted set has.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    set: &EntitySet,
) -> Result<u64, StoreError> {
    let number: i64 = sqlx::query_scalar("SELECT number FROM entity_count WHERE entity_set = ?1")
        .bind(set.name)
        .fetch_one(connection)
        .await?;
    Ok(number.unsigned_abs())
}
