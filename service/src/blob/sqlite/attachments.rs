//! What is kept beside versions of blobs.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection, SqlitePool};

use super::super::error::Result;
use super::super::model::{Attachment, AttachmentKind, ObjectKey};
use super::{garbage, row};

/// Versions per statement, well below SQLite's limit of bound values.
const VERSIONS_PER_STATEMENT: usize = 1000;

/// `None` if the version is gone.
pub(super) async fn attach(
    db: &mut SqliteConnection,
    version: i64,
    kind: AttachmentKind,
    attachment: &Attachment,
) -> Result<Option<Vec<ObjectKey>>> {
    let found = sqlx::query("SELECT 1 FROM blob_blobs WHERE version = ?").bind(version);
    if found.fetch_optional(&mut *db).await?.is_none() {
        return Ok(None);
    }
    let replaced =
        sqlx::query("DELETE FROM blob_attachments WHERE version = ? AND kind = ? RETURNING object")
            .bind(version)
            .bind(kind.as_str())
            .fetch_all(&mut *db)
            .await?;
    sqlx::query("INSERT INTO blob_attachments (version, kind, object, length) VALUES (?, ?, ?, ?)")
        .bind(version)
        .bind(kind.as_str())
        .bind(attachment.object.as_str())
        .bind(row::signed(attachment.length)?)
        .execute(&mut *db)
        .await?;
    let replaced = replaced.iter().map(row::object).collect::<Result<BTreeSet<_>>>()?;
    garbage::add(db, replaced).await.map(Some)
}

pub(super) async fn of_versions(
    pool: &SqlitePool,
    versions: &[i64],
    kind: AttachmentKind,
) -> Result<BTreeMap<i64, Attachment>> {
    let mut attachments = BTreeMap::new();
    for some in versions.chunks(VERSIONS_PER_STATEMENT) {
        let mut statement: QueryBuilder<Sqlite> =
            QueryBuilder::new("SELECT version, object, length FROM blob_attachments WHERE kind = ");
        statement.push_bind(kind.as_str()).push(" AND version IN (");
        let mut values = statement.separated(", ");
        for version in some {
            values.push_bind(*version);
        }
        values.push_unseparated(")");
        for found in &statement.build().fetch_all(pool).await? {
            let length = row::unsigned(found.try_get("length")?)?;
            let attachment = Attachment { object: row::object(found)?, length };
            attachments.insert(found.try_get("version")?, attachment);
        }
    }
    Ok(attachments)
}
