//! Idempotency keys and the replies stored under them (ruling 17).

use serde::Serialize;

use crate::model::Timestamp;
use crate::store::{Row, Scope};

/// A stored reply.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyRow {
    pub tenant_id: i64,
    pub scope: String,
    pub key: String,
    pub body_hash: String,
    pub status: i64,
    pub reply: String,
    pub created_at: i64,
}

/// What is stored under a key that was looked up.
#[derive(Clone, Debug)]
pub(crate) struct StoredReply {
    pub body_hash: String,
    pub status: i64,
    pub reply: String,
}

impl StoredReply {
    /// Reads the columns `key_body_hash`, `key_status`, `key_reply`; none when the key is not known.
    pub fn from_row(row: &Row) -> Result<Option<Self>, sqlx::Error> {
        let Some(body_hash) = row.text_opt("key_body_hash")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            body_hash,
            status: row.int("key_status")?,
            reply: row.text("key_reply")?,
        }))
    }
}

/// The reply stored under a key.
pub(crate) async fn find(
    scope: &mut Scope<'_>,
    of: &str,
    key: &str,
) -> Result<Option<StoredReply>, sqlx::Error> {
    let sql = "SELECT body_hash AS key_body_hash, status AS key_status, reply AS key_reply
                 FROM idempotency_keys
                WHERE tenant_id = $1 AND scope = $2 AND key = $3";
    match scope.query(sql).bind(of).bind(key).optional().await? {
        Some(row) => StoredReply::from_row(&row),
        None => Ok(None),
    }
}

/// Stores a reply; false when the key is taken.
pub(crate) async fn store(scope: &mut Scope<'_>, row: &KeyRow) -> Result<bool, sqlx::Error> {
    let sql = "INSERT INTO idempotency_keys (tenant_id, scope, key, body_hash, status, reply, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (tenant_id, scope, key) DO NOTHING";
    let stored = scope
        .query(sql)
        .bind(row.scope.as_str())
        .bind(row.key.as_str())
        .bind(row.body_hash.as_str())
        .bind(row.status)
        .bind(row.reply.as_str())
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(stored == 1)
}

/// Deletes some of the replies stored before a moment; how many.
pub(crate) async fn delete_older(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, sqlx::Error> {
    let sql = "DELETE FROM idempotency_keys
                WHERE tenant_id = $1
                  AND (scope, key) IN (SELECT scope, key FROM idempotency_keys
                                        WHERE tenant_id = $1 AND created_at < $2 LIMIT 2000)";
    scope.query(sql).bind(before).execute().await
}
