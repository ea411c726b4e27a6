//! Bearer tokens of clients.

use crate::Failure;
use crate::model::Timestamp;
use crate::store::Scope;

/// A token that was not revoked, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct TokenRow {
    pub client_id: i64,
    pub token_hash: String,
    pub is_blocked: bool,
}

/// The token with this id, unless it was revoked.
pub(crate) async fn find(scope: &mut Scope<'_>, id: i64) -> Result<Option<TokenRow>, Failure> {
    let sql = "SELECT k.client_id, k.token_hash, c.is_blocked
                 FROM client_tokens AS k
                 JOIN clients AS c ON c.tenant_id = k.tenant_id AND c.id = k.client_id
                WHERE k.tenant_id = $1 AND k.id = $2 AND k.revoked_at IS NULL";
    let Some(row) = scope.query(sql).bind(id).optional().await? else {
        return Ok(None);
    };
    Ok(Some(TokenRow {
        client_id: row.int("client_id")?,
        token_hash: row.text("token_hash")?,
        is_blocked: row.flag("is_blocked")?,
    }))
}

/// Inserts a token.
pub(crate) async fn insert(
    scope: &mut Scope<'_>,
    id: i64,
    client_id: i64,
    token_hash: &str,
    at: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO client_tokens (tenant_id, id, client_id, token_hash, created_at, revoked_at)
               VALUES ($1, $2, $3, $4, $5, NULL)";
    scope
        .query(sql)
        .bind(id)
        .bind(client_id)
        .bind(token_hash)
        .bind(at)
        .execute()
        .await?;
    Ok(())
}

/// Deletes some of the tokens that were revoked before a moment; how many.
pub(crate) async fn forget_revoked(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    let sql = "DELETE FROM client_tokens
                WHERE tenant_id = $1 AND id IN (SELECT id FROM client_tokens
                       WHERE tenant_id = $1 AND revoked_at IS NOT NULL AND revoked_at < $2
                       ORDER BY revoked_at LIMIT 2000)";
    Ok(scope.query(sql).bind(before).execute().await?)
}

/// Revokes a token.
pub(crate) async fn revoke(scope: &mut Scope<'_>, id: i64, at: Timestamp) -> Result<(), Failure> {
    let sql = "UPDATE client_tokens SET revoked_at = $3
                WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
    scope.query(sql).bind(id).bind(at).execute().await?;
    Ok(())
}
