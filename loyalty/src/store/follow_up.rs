//! What one account's posting means for another: kept until it is done.

use super::{Row, Scope};
use crate::Failure;
use crate::model::{Bonus, Timestamp};

/// A follow-up that waits.
#[derive(Clone, Debug)]
pub(crate) struct WaitingRow {
    pub id: i64,
    pub client_id: i64,
    pub task: String,
    pub attempts: i64,
}

/// Shops with follow-ups that are due.
pub(crate) async fn shops_with_work(scope: &mut Scope<'_>, now: Timestamp) -> Result<Vec<i64>, Failure> {
    let sql = "SELECT DISTINCT tenant_id FROM follow_ups WHERE done_at IS NULL AND due_at <= $1";
    Ok(scope.query(sql).bind(now).numbers("tenant_id").await?)
}

/// Follow-ups that are due, the oldest first.
pub(crate) async fn due(
    scope: &mut Scope<'_>,
    now: Timestamp,
    most: i64,
) -> Result<Vec<WaitingRow>, Failure> {
    let sql = "SELECT id, client_id, task, attempts FROM follow_ups
                WHERE tenant_id = $1 AND done_at IS NULL AND due_at <= $2
                ORDER BY id LIMIT $3";
    let rows = scope.query(sql).bind(now).bind(most).all().await?;
    rows.iter().map(waiting).collect()
}

fn waiting(row: &Row) -> Result<WaitingRow, Failure> {
    Ok(WaitingRow {
        id: row.int("id")?,
        client_id: row.int("client_id")?,
        task: row.text("task")?,
        attempts: row.int("attempts")?,
    })
}

/// Whether an older follow-up of the same account still waits.
pub(crate) async fn has_older(scope: &mut Scope<'_>, client_id: i64, id: i64) -> Result<bool, Failure> {
    let sql = "SELECT id FROM follow_ups
                WHERE tenant_id = $1 AND client_id = $2 AND done_at IS NULL AND id < $3 LIMIT 1";
    Ok(scope
        .query(sql)
        .bind(client_id)
        .bind(id)
        .optional()
        .await?
        .is_some())
}

/// It is done.
pub(crate) async fn finish(scope: &mut Scope<'_>, id: i64, now: Timestamp) -> Result<(), Failure> {
    let sql = "UPDATE follow_ups SET done_at = $3, error = NULL WHERE tenant_id = $1 AND id = $2";
    scope.query(sql).bind(id).bind(now).execute().await?;
    Ok(())
}

/// It failed, and is due again at `due_at`.
pub(crate) async fn postpone(
    scope: &mut Scope<'_>,
    id: i64,
    due_at: Timestamp,
    error: &str,
) -> Result<(), Failure> {
    let sql = "UPDATE follow_ups SET due_at = $3, attempts = attempts + 1, error = $4
                WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL";
    scope
        .query(sql)
        .bind(id)
        .bind(due_at)
        .bind(error)
        .execute()
        .await?;
    Ok(())
}

/// An entry that happened once because of something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CausedEntry {
    pub amount: Bonus,
    pub lot_id: Option<i64>,
}

/// The client's entry with this cause.
pub(crate) async fn caused_entry(
    scope: &mut Scope<'_>,
    client_id: i64,
    cause: &str,
) -> Result<Option<CausedEntry>, Failure> {
    let sql = "SELECT e.amount, t.lot_id
                 FROM entries AS e
                 LEFT JOIN entry_lots AS t
                   ON t.tenant_id = e.tenant_id AND t.client_id = e.client_id AND t.number = e.number
                WHERE e.tenant_id = $1 AND e.client_id = $2 AND e.cause = $3";
    let row = scope.query(sql).bind(client_id).bind(cause).optional().await?;
    row.map(|row| {
        Ok(CausedEntry {
            amount: row.bonus("amount")?,
            lot_id: row.int_opt("lot_id")?,
        })
    })
    .transpose()
}

/// How many invitees a client was rewarded for.
pub(crate) async fn rewards(scope: &mut Scope<'_>, client_id: i64) -> Result<i64, Failure> {
    let sql = "SELECT COUNT(*) AS rewards FROM entries
                WHERE tenant_id = $1 AND client_id = $2 AND cause IS NOT NULL AND kind = 'referral_inviter'";
    Ok(scope.query(sql).bind(client_id).one().await?.int("rewards")?)
}
