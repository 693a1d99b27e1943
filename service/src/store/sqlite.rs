//! [`Store`] over SQLite: one file, one writer, readers beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use edm::model::{EntitySet, Model, StructuredType};
use edm::{Expr, Record, Structured as _, Value};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use super::checkpoint::{self, Checkpoints};
use super::filter_sql::{Sql, order_by};
use super::generations::{EntityGenerations, Touched};
use super::schema::{self, quote};
use super::sqlite_transaction::SqliteTransaction;
use super::{Change, Page, Query, Source, Store, StoreError, Transaction, derived, row};

/// The embedded store.
#[derive(Clone, Debug)]
pub(crate) struct SqliteStore {
    /// One connection: SQLite has one writer at a time, and waiting here is fair.
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    generations: EntityGenerations,
    _checkpoints: Arc<Checkpoints>,
}

/// How much of the database a connection keeps in memory, in KiB with a minus sign. The system
/// keeps the rest of it.
const CACHE: &str = "-16384";

impl SqliteStore {
    /// Opens the database, and makes the file and what the model has more of than the file.
    pub(crate) async fn open(path: &Path, model: &'static Model) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives a power cut, too.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", checkpoint::MOST_PAGES)
            .foreign_keys(true);
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let mut connection = writer.acquire().await?;
        (&mut *connection).execute(AssertSqlSafe(schema::FIXED)).await?;
        let mut tables = Vec::new();
        for set in model.entity_sets {
            let sql = format!("SELECT name FROM pragma_table_info('{}')", set.name);
            let columns = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
            tables.push((set.name, columns.fetch_all(&mut *connection).await?));
        }
        let columns = |table: &str| {
            let found = tables.iter().find(|(name, _)| *name == table);
            found.map(|(_, columns)| columns.clone()).unwrap_or_default()
        };
        for statement in schema::statements(model, columns) {
            (&mut *connection).execute(AssertSqlSafe(statement)).await?;
        }
        derived::install(&mut connection).await?;
        drop(connection);
        let checkpoints = Arc::new(Checkpoints::start(&options).await?);
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        let generations = EntityGenerations::new();
        Ok(Self { writer, readers, generations, _checkpoints: checkpoints })
    }
}

/// `SELECT … FROM … WHERE …` of a query, without order and page.
fn select(what: &str, query: &Query) -> Result<Sql, StoreError> {
    let table = quote(query.set.name);
    let mut sql = Sql::new(format!("SELECT {what} FROM {table}"));
    let mut keyword = " WHERE ";
    if let Some(source) = &query.linked_from {
        let key = quote(query.set.entity_type.key.first().copied().unwrap_or_default());
        sql.push(&format!(" JOIN link ON link.target_key = {table}.{key}"));
        sql.push_text(" WHERE link.target_set = ", query.set.name);
        push_source(&mut sql, " AND ", source);
        keyword = " AND ";
    }
    if let Some(filter) = &query.filter {
        sql.push(keyword);
        sql.push_filter(filter, query.set.entity_type)?;
        keyword = " AND ";
    }
    if let Some(after) = query.after {
        sql.push_number(&format!("{keyword}seq > "), after);
    }
    Ok(sql)
}

fn push_source(sql: &mut Sql, keyword: &str, source: &Source) {
    sql.push_text(&format!("{keyword}source_set = "), source.set);
    sql.push_text(" AND source_key = ", &source.key);
    sql.push_text(" AND navigation = ", source.navigation);
}

fn select_by_key(set: &EntitySet, key: &str) -> Sql {
    let column = quote(set.entity_type.key.first().copied().unwrap_or_default());
    let mut sql = Sql::new(format!("SELECT * FROM {} WHERE ", quote(set.name)));
    sql.push_text(&format!("{column} = "), key);
    sql
}

async fn fetch(connection: &mut SqliteConnection, sql: Sql) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(sqlx::query_with(AssertSqlSafe(sql.text), sql.arguments).fetch_all(connection).await?)
}

/// What a store reads, over any connection: in a transaction that is the one that writes.
pub(super) struct Reader<'c>(pub(super) &'c mut SqliteConnection);

impl Reader<'_> {
    pub(super) async fn get(
        self,
        set: &'static EntitySet,
        key: &str,
    ) -> Result<Option<Record>, StoreError> {
        let rows = fetch(self.0, select_by_key(set, key)).await?;
        rows.first().map(|found| row::record(found, set.entity_type)).transpose()
    }

    pub(super) async fn query(self, query: &Query) -> Result<Page, StoreError> {
        let ty = query.set.entity_type;
        let mut sql = select(&format!("{}.*", quote(query.set.name)), query)?;
        // What is linked has the order of the links.
        let order = match (&query.linked_from, query.order_by.as_slice()) {
            (Some(_), []) => "link.position".to_owned(),
            (_, terms) => order_by(terms, ty)?,
        };
        sql.push(&format!(" ORDER BY {order}"));
        // One more than asked for tells whether there is more.
        let limit = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        sql.push_number(" LIMIT ", limit(query.top.saturating_add(1)));
        sql.push_number(" OFFSET ", limit(query.skip));
        let mut rows = fetch(self.0, sql).await?;
        let top = usize::try_from(query.top).unwrap_or(usize::MAX);
        let more = rows.len() > top;
        rows.truncate(top);
        let next = match rows.last() {
            Some(last) if more => Some(last.try_get("seq")?),
            _ => None,
        };
        let records = rows.iter().map(|found| row::record(found, ty)).collect::<Result<_, _>>()?;
        Ok(Page { records, next })
    }

    pub(super) async fn count(self, query: &Query) -> Result<u64, StoreError> {
        let sql = select("COUNT(*)", &Query { after: None, ..query.clone() })?;
        let count = sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(sql.text), sql.arguments);
        Ok(count.fetch_one(self.0).await?.unsigned_abs())
    }

    pub(super) async fn links(self, from: &Source) -> Result<Vec<String>, StoreError> {
        let mut sql = Sql::new("SELECT target_key FROM link");
        push_source(&mut sql, " WHERE ", from);
        sql.push(" ORDER BY position");
        let keys = sqlx::query_scalar_with::<_, String, _>(AssertSqlSafe(sql.text), sql.arguments);
        Ok(keys.fetch_all(self.0).await?)
    }

    pub(super) async fn linked_by(
        self,
        (target_set, key): (&'static EntitySet, &str),
        source: &'static EntitySet,
        navigation: &'static str,
    ) -> Result<Vec<String>, StoreError> {
        let mut sql = Sql::new("SELECT source_key FROM link");
        sql.push_text(" WHERE target_set = ", target_set.name);
        sql.push_text(" AND target_key = ", key);
        sql.push_text(" AND source_set = ", source.name);
        sql.push_text(" AND navigation = ", navigation);
        let keys = sqlx::query_scalar_with::<_, String, _>(AssertSqlSafe(sql.text), sql.arguments);
        Ok(keys.fetch_all(self.0).await?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, set: &'static EntitySet, key: &str) -> Result<Option<Record>, StoreError> {
        Reader(&mut *self.readers.acquire().await?).get(set, key).await
    }

    async fn query(&self, query: &Query) -> Result<Page, StoreError> {
        Reader(&mut *self.readers.acquire().await?).query(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        Reader(&mut *self.readers.acquire().await?).count(query).await
    }

    async fn links(&self, from: &Source) -> Result<Vec<String>, StoreError> {
        Reader(&mut *self.readers.acquire().await?).links(from).await
    }

    async fn linked_by(
        &self,
        target: (&'static EntitySet, &str),
        source: &'static EntitySet,
        navigation: &'static str,
    ) -> Result<Vec<String>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        Reader(&mut connection).linked_by(target, source, navigation).await
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut touched = Touched::default();
        changes.iter().for_each(|change| touched.note(change));
        let mut connection = self.writer.acquire().await?;
        let generations = self.generations.clone();
        // To its end even when the caller goes away: what is committed has to be told.
        let committed = tokio::spawn(async move {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            for change in changes {
                apply(&mut transaction, change).await?;
            }
            let committed = transaction.commit().await;
            generations.bump(&touched);
            Ok(committed?)
        });
        committed.await.unwrap_or(Err(StoreError::Over))
    }

    fn generations(&self) -> &EntityGenerations {
        &self.generations
    }

    async fn begin(&self) -> Result<Arc<dyn Transaction>, StoreError> {
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Arc::new(SqliteTransaction::new(transaction, self.generations.clone())))
    }
}

async fn execute(connection: &mut SqliteConnection, sql: Sql) -> Result<u64, StoreError> {
    let query = sqlx::query_with(AssertSqlSafe(sql.text), sql.arguments);
    Ok(query.execute(connection).await?.rows_affected())
}

/// Makes one change.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    change: Change,
) -> Result<(), StoreError> {
    match change {
        Change::Insert(set, record) => insert(connection, set, &record).await,
        Change::Set(set, key, values) => update(connection, set, &key, values.into_iter()).await,
        Change::Delete(set, key) => delete(connection, set, &key).await,
        Change::DeleteWhere(set, filter) => {
            let ty = set.entity_type;
            let mut sql = Sql::new(format!("SELECT * FROM {} WHERE ", quote(set.name)));
            sql.push_filter(&filter, ty)?;
            let query = sqlx::query_with(AssertSqlSafe(sql.text), sql.arguments);
            for found in query.fetch_all(&mut *connection).await? {
                delete(connection, set, &key_of(&row::record(&found, ty)?)).await?;
            }
            Ok(())
        }
        Change::DeleteUnlinked(set, key) => delete_unlinked(connection, set, &key).await,
        Change::Link(from, target_set, key) => link(connection, &from, target_set, &key).await,
        Change::Unlink(from, key) => {
            let mut sql = Sql::new("DELETE FROM link");
            push_source(&mut sql, " WHERE ", &from);
            sql.push_text(" AND target_key = ", &key);
            match execute(connection, sql).await? {
                0 => Err(StoreError::NotFound("link")),
                _ => Ok(()),
            }
        }
        Change::AtMost { set, filter, count, otherwise } => {
            let found = count_where(connection, set, &filter).await?;
            if found > count { Err(StoreError::Conflict(otherwise)) } else { Ok(()) }
        }
        Change::Within { set, limit, otherwise } => {
            let found = derived::count(connection, set).await?;
            if found > limit { Err(StoreError::Full(otherwise)) } else { Ok(()) }
        }
        Change::AtMostLinked { from, set, filter, count, otherwise } => {
            let found = count_linked(connection, &from, set, &filter).await?;
            if found > count { Err(StoreError::Conflict(otherwise)) } else { Ok(()) }
        }
        Change::Require { set, filter, otherwise } => {
            let found = count_where(connection, set, &filter).await?;
            if found == 0 { Err(StoreError::Unmet(otherwise)) } else { Ok(()) }
        }
    }
}

/// The text of a record's key.
pub(super) fn key_of(record: &Record) -> String {
    let ty: &StructuredType = record.structured_type();
    match record.value(ty.key.first().copied().unwrap_or_default()) {
        Value::String(text) => text.clone(),
        Value::Guid(guid) => guid.to_string(),
        _ => String::new(),
    }
}

async fn count_where(
    connection: &mut SqliteConnection,
    set: &'static EntitySet,
    filter: &Expr,
) -> Result<u64, StoreError> {
    let mut sql = Sql::new(format!("SELECT COUNT(*) FROM {} WHERE ", quote(set.name)));
    sql.push_filter(filter, set.entity_type)?;
    let count = sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(sql.text), sql.arguments);
    Ok(count.fetch_one(connection).await?.unsigned_abs())
}

async fn count_linked(
    connection: &mut SqliteConnection,
    from: &Source,
    set: &'static EntitySet,
    filter: &Expr,
) -> Result<u64, StoreError> {
    let column = quote(set.entity_type.key.first().copied().unwrap_or_default());
    let head = format!("SELECT COUNT(*) FROM {} WHERE {column} IN", quote(set.name));
    let mut sql = Sql::new(head);
    push_source(&mut sql, " (SELECT target_key FROM link WHERE ", from);
    sql.push(") AND ");
    sql.push_filter(filter, set.entity_type)?;
    let count = sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(sql.text), sql.arguments);
    Ok(count.fetch_one(connection).await?.unsigned_abs())
}

async fn delete_unlinked(
    connection: &mut SqliteConnection,
    set: &'static EntitySet,
    key: &str,
) -> Result<(), StoreError> {
    let mut sql = Sql::new("SELECT COUNT(*) FROM link");
    sql.push_text(" WHERE target_set = ", set.name);
    sql.push_text(" AND target_key = ", key);
    let links = sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(sql.text), sql.arguments);
    match links.fetch_one(&mut *connection).await? {
        0 => delete(connection, set, key).await,
        _ => Ok(()),
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    set: &'static EntitySet,
    record: &Record,
) -> Result<(), StoreError> {
    let properties = set.entity_type.properties;
    let columns: Vec<_> = properties.iter().map(|property| quote(property.name)).collect();
    let head = format!("INSERT INTO {} ({}) VALUES (", quote(set.name), columns.join(", "));
    let mut sql = Sql::new(head);
    for (index, property) in properties.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        sql.push_bind(comma, &record.get(index), &property.ty);
    }
    sql.push(")");
    match execute(connection, sql).await {
        Err(StoreError::Database(sqlx::Error::Database(error))) if error.is_unique_violation() => {
            let name = set.entity_type.name;
            let key = key_of(record);
            Err(StoreError::Conflict(format!("The {name} '{key}' is there already.")))
        }
        result => result.map(drop),
    }
}

async fn update(
    connection: &mut SqliteConnection,
    set: &'static EntitySet,
    key: &str,
    values: impl Iterator<Item = (&'static str, Value)>,
) -> Result<(), StoreError> {
    let ty = set.entity_type;
    let mut sql = Sql::new(format!("UPDATE {} SET ", quote(set.name)));
    let mut comma = "";
    for (name, value) in values {
        let Some((_, property)) = ty.property(name) else { continue };
        sql.push_bind(&format!("{comma}{} = ", quote(name)), &value, &property.ty);
        comma = ", ";
    }
    if comma.is_empty() {
        return Ok(());
    }
    let column = quote(ty.key.first().copied().unwrap_or_default());
    sql.push_text(&format!(" WHERE {column} = "), key);
    match execute(connection, sql).await? {
        0 => Err(StoreError::NotFound(ty.name)),
        _ => Ok(()),
    }
}

async fn delete(
    connection: &mut SqliteConnection,
    set: &'static EntitySet,
    key: &str,
) -> Result<(), StoreError> {
    let column = quote(set.entity_type.key.first().copied().unwrap_or_default());
    let mut sql = Sql::new(format!("DELETE FROM {} WHERE ", quote(set.name)));
    sql.push_text(&format!("{column} = "), key);
    execute(connection, sql).await?;
    for side in ["source", "target"] {
        let mut sql = Sql::new("DELETE FROM link WHERE ");
        sql.push_text(&format!("{side}_set = "), set.name);
        sql.push_text(&format!(" AND {side}_key = "), key);
        execute(connection, sql).await?;
    }
    Ok(())
}

async fn link(
    connection: &mut SqliteConnection,
    from: &Source,
    target_set: &str,
    key: &str,
) -> Result<(), StoreError> {
    let columns = "source_set, source_key, navigation, target_set, target_key, position";
    let mut sql = Sql::new(format!("INSERT INTO link ({columns}) SELECT "));
    sql.push_text("", from.set);
    sql.push_text(", ", &from.key);
    sql.push_text(", ", from.navigation);
    sql.push_text(", ", target_set);
    sql.push_text(", ", key);
    sql.push(", COALESCE(MAX(position), 0) + 1 FROM link");
    push_source(&mut sql, " WHERE ", from);
    execute(connection, sql).await.map(drop)
}
