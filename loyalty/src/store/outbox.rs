//! Messages to clients: written with what they tell of, taken with a lease, settled, kept for the client's history.

use serde::Serialize;

use super::Scope;
use crate::Failure;
use crate::model::Timestamp;

/// A message that comes into being.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MessageRow {
    pub tenant_id: i64,
    pub id: i64,
    /// None for a code.
    pub client_id: Option<i64>,
    pub kind: &'static str,
    /// A JSON object for the template.
    pub params: Option<String>,
    /// Phone and code.
    pub body_sealed: Option<String>,
    pub campaign_id: Option<i64>,
    pub due_at: i64,
    pub expires_at: i64,
    pub created_at: i64,
}

/// Writes messages.
pub(crate) async fn insert(scope: &mut Scope<'_>, rows: &[MessageRow]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    scope
        .query_by_engine(
            "INSERT INTO outbox (tenant_id, id, client_id, kind, params, body_sealed, campaign_id, status, due_at,
                    expires_at, leased_until, attempts, channels, created_at)
             SELECT $1, value ->> 'id', value ->> 'client_id', value ->> 'kind', value ->> 'params',
                    value ->> 'body_sealed', value ->> 'campaign_id', 'waiting', value ->> 'due_at',
                    value ->> 'expires_at', 0, 0, '', value ->> 'created_at'
               FROM json_each($2)",
            "INSERT INTO outbox (tenant_id, id, client_id, kind, params, body_sealed, campaign_id, status, due_at,
                    expires_at, leased_until, attempts, channels, created_at)
             SELECT $1, id, client_id, kind, params, body_sealed, campaign_id, 'waiting', due_at, expires_at, 0, 0, '',
                    created_at
               FROM json_to_recordset($2::json) AS new (id BIGINT, client_id BIGINT, kind TEXT, params TEXT,
                    body_sealed TEXT, campaign_id BIGINT, due_at BIGINT, expires_at BIGINT, created_at BIGINT)",
        )
        .bind(serde_json::to_string(rows)?)
        .execute()
        .await?;
    Ok(())
}

/// Forgets codes that are of no use any more.
pub(crate) async fn forget_codes(scope: &mut Scope<'_>, now: Timestamp) -> Result<(), Failure> {
    let sql = "DELETE FROM outbox WHERE tenant_id = $1 AND kind = 'code' AND expires_at <= $2";
    scope.query(sql).bind(now).execute().await?;
    Ok(())
}
