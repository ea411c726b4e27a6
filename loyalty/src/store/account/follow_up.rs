//! What one account's posting means for another: kept until it is done.

use crate::Failure;
use crate::model::{Bonus, Timestamp};
use crate::store::engine::ids;
use crate::store::upkeep::lease::{self, Lease, Leased, leased};
use crate::store::{Row, Scope};

/// A follow-up that waits.
#[derive(Clone, Debug)]
pub(crate) struct WaitingRow {
    pub id: i64,
    pub client_id: i64,
    pub task: String,
    pub attempts: i64,
}

/// Follow-ups that are not made yet.
pub(crate) static FOLLOW_UPS: Leased = leased!("follow_ups", waiting: "done_at IS NULL", order: "due_at, id");

/// Takes follow-ups that are due; the oldest first.
pub(crate) async fn take(scope: &mut Scope<'_>, lease: Lease, most: i64) -> Result<Vec<WaitingRow>, Failure> {
    let ids = lease::take(scope, FOLLOW_UPS.take, lease, most).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope
        .query_many(
            "SELECT id, client_id, task, attempts FROM follow_ups
              WHERE tenant_id = $1 AND id IN LIST ($2) ORDER BY id",
        )
        .bind(serde_json::to_string(&ids)?)
        .all()
        .await?;
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

/// These are done.
pub(crate) async fn finish(scope: &mut Scope<'_>, ids: &[i64], now: Timestamp) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    scope
        .query_many(
            "UPDATE follow_ups SET done_at = $3, leased_until = 0, error = NULL
              WHERE tenant_id = $1 AND id IN LIST ($2)",
        )
        .bind(serde_json::to_string(ids)?)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Attempt number `attempts` failed, and it is due again at `due_at`.
pub(crate) async fn postpone(
    scope: &mut Scope<'_>,
    id: i64,
    attempts: i64,
    due_at: Timestamp,
    error: &str,
) -> Result<(), Failure> {
    let sql = "UPDATE follow_ups SET due_at = $4, leased_until = 0, error = $5
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND done_at IS NULL";
    scope
        .query(sql)
        .bind(id)
        .bind(attempts)
        .bind(due_at)
        .bind(error)
        .execute()
        .await?;
    Ok(())
}

/// Deletes up to some thousand that were done before a moment; how many.
pub(crate) async fn forget(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    lease::forget(scope, &FOLLOW_UPS, ids::smallest_at(before)).await
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
