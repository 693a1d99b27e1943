//! Containers and their stored access policies.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection, SqlitePool};

use super::super::error::{BlobError, Result};
use super::super::model::{ContainerInfo, ETag, ObjectKey, Permissions, Policy};
use super::{garbage, row};

/// Most stored access policies of a container (Azure: "Set Container ACL").
const MAX_POLICIES: i64 = 5;

pub(super) async fn create(pool: &SqlitePool, name: &str) -> Result<()> {
    let added = sqlx::query(
        "INSERT INTO blob_containers (name, etag, last_modified) VALUES (?, ?, ?)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .bind(ETag::fresh().as_str())
    .bind(Timestamp::now().as_millisecond())
    .execute(pool)
    .await?;
    if added.rows_affected() == 1 {
        Ok(())
    } else {
        Err(BlobError::ContainerExists(name.to_owned()))
    }
}

pub(super) async fn delete(db: &mut SqliteConnection, name: &str) -> Result<Vec<ObjectKey>> {
    require(db, name).await?;
    let rows = sqlx::query(
        "SELECT object FROM blob_segments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ?1)
         UNION SELECT object FROM blob_attachments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ?1)
         UNION SELECT object FROM blob_blocks WHERE container = ?1",
    )
    .bind(name)
    .fetch_all(&mut *db)
    .await?;
    let objects = rows.iter().map(row::object).collect::<Result<BTreeSet<_>>>()?;
    for statement in [
        "DELETE FROM blob_segments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ?)",
        "DELETE FROM blob_attachments
           WHERE version IN (SELECT version FROM blob_blobs WHERE container = ?)",
        "DELETE FROM blob_blobs WHERE container = ?",
        "DELETE FROM blob_blocks WHERE container = ?",
        "DELETE FROM blob_policies WHERE container = ?",
        "DELETE FROM blob_containers WHERE name = ?",
    ] {
        sqlx::query(statement).bind(name).execute(&mut *db).await?;
    }
    garbage::add(db, objects).await
}

pub(super) async fn get(db: &mut SqliteConnection, name: &str) -> Result<Option<ContainerInfo>> {
    sqlx::query("SELECT etag, last_modified FROM blob_containers WHERE name = ?")
        .bind(name)
        .fetch_optional(db)
        .await?
        .map(|found| {
            Ok(ContainerInfo {
                etag: ETag::stored(found.try_get("etag")?),
                last_modified: row::time(found.try_get("last_modified")?)?,
            })
        })
        .transpose()
}

/// Fails with [`BlobError::ContainerNotFound`] unless the container exists.
pub(super) async fn require(db: &mut SqliteConnection, name: &str) -> Result<()> {
    match get(db, name).await? {
        Some(_) => Ok(()),
        None => Err(BlobError::ContainerNotFound(name.to_owned())),
    }
}

pub(super) async fn set_policy(
    db: &mut SqliteConnection,
    container: &str,
    id: &str,
    policy: &Policy,
) -> Result<()> {
    require(db, container).await?;
    let others: i64 =
        sqlx::query("SELECT COUNT(*) FROM blob_policies WHERE container = ? AND id <> ?")
            .bind(container)
            .bind(id)
            .fetch_one(&mut *db)
            .await?
            .try_get(0)?;
    if others >= MAX_POLICIES {
        return Err(BlobError::TooManyPolicies(container.to_owned()));
    }
    sqlx::query(
        "INSERT INTO blob_policies (container, id, start, expiry, permissions)
         VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (container, id) DO UPDATE SET
           start = excluded.start, expiry = excluded.expiry, permissions = excluded.permissions",
    )
    .bind(container)
    .bind(id)
    .bind(policy.start.map(Timestamp::as_millisecond))
    .bind(policy.expiry.map(Timestamp::as_millisecond))
    .bind(policy.permissions.to_string())
    .execute(&mut *db)
    .await?;
    touch(db, container).await
}

pub(super) async fn remove_policy(
    db: &mut SqliteConnection,
    container: &str,
    id: &str,
) -> Result<bool> {
    let removed = sqlx::query("DELETE FROM blob_policies WHERE container = ? AND id = ?")
        .bind(container)
        .bind(id)
        .execute(&mut *db)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    touch(db, container).await?;
    Ok(true)
}

pub(super) async fn policy(pool: &SqlitePool, container: &str, id: &str) -> Result<Option<Policy>> {
    sqlx::query(
        "SELECT start, expiry, permissions FROM blob_policies WHERE container = ? AND id = ?",
    )
    .bind(container)
    .bind(id)
    .fetch_optional(pool)
    .await?
    .map(|found| read_policy(&found))
    .transpose()
}

fn read_policy(found: &SqliteRow) -> Result<Policy> {
    let start: Option<i64> = found.try_get("start")?;
    let expiry: Option<i64> = found.try_get("expiry")?;
    let permissions: String = found.try_get("permissions")?;
    Ok(Policy {
        start: start.map(row::time).transpose()?,
        expiry: expiry.map(row::time).transpose()?,
        permissions: Permissions::from_letters(&permissions),
    })
}

/// Gives the container a new entity tag, as a change of its policies does.
async fn touch(db: &mut SqliteConnection, container: &str) -> Result<()> {
    sqlx::query("UPDATE blob_containers SET etag = ?, last_modified = ? WHERE name = ?")
        .bind(ETag::fresh().as_str())
        .bind(Timestamp::now().as_millisecond())
        .bind(container)
        .execute(db)
        .await?;
    Ok(())
}
