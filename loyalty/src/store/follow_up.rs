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

/// When the oldest follow-up of the same account that comes before this one is due; none: it is the first. Those set aside
/// hold up nobody.
pub(crate) async fn older_due_at(
    scope: &mut Scope<'_>,
    client_id: i64,
    id: i64,
) -> Result<Option<Timestamp>, Failure> {
    let sql = "SELECT due_at FROM follow_ups
                WHERE tenant_id = $1 AND client_id = $2 AND done_at IS NULL AND NOT set_aside AND id < $3
                ORDER BY id LIMIT 1";
    let row = scope.query(sql).bind(client_id).bind(id).optional().await?;
    Ok(row.map(|row| row.time("due_at")).transpose()?)
}

/// It can't be read: others of its account go on.
pub(crate) async fn set_aside(scope: &mut Scope<'_>, id: i64) -> Result<(), Failure> {
    let sql = "UPDATE follow_ups SET set_aside = TRUE WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL";
    scope.query(sql).bind(id).execute().await?;
    Ok(())
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

/// How many invitees a client was rewarded for, less those whose reward was taken back.
pub(crate) async fn rewards(scope: &mut Scope<'_>, client_id: i64) -> Result<i64, Failure> {
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'referral_inviter' THEN 1 ELSE -1 END), 0) AS BIGINT) AS rewards
                 FROM entries
                WHERE tenant_id = $1 AND client_id = $2 AND cause > ''
                  AND (kind = 'referral_inviter' OR cause LIKE 'referral % undone')";
    Ok(scope.query(sql).bind(client_id).one().await?.int("rewards")?)
}

/// Whether a client's first purchase was kept, if only in part.
pub(crate) async fn keeps_first_purchase(scope: &mut Scope<'_>, client_id: i64) -> Result<bool, Failure> {
    let sql = "SELECT s.total, COUNT(r.id) AS returns, CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) AS returned
                 FROM (SELECT tenant_id, id, total FROM sales
                        WHERE tenant_id = $1 AND client_id = $2 AND kind = 'sale' ORDER BY number LIMIT 1) AS s
                 LEFT JOIN returns AS r ON r.tenant_id = s.tenant_id AND r.sale_id = s.id
                GROUP BY s.total";
    let Some(row) = scope.query(sql).bind(client_id).optional().await? else {
        return Ok(false);
    };
    Ok(row.int("returns")? == 0 || row.money("returned")? < row.money("total")?)
}
