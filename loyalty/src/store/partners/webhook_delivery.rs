//! Each event's delivery to each endpoint: taken with a lease, settled, kept for the log.

use serde::Serialize;

use super::webhook::{EndpointRow, endpoint, endpoint_columns};
use crate::Failure;
use crate::model::Timestamp;
use crate::store::engine::ids;
use crate::store::upkeep::lease::{self, Lease, Leased, leased};
use crate::store::{Row, Scope};

/// A delivery that comes into being.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewDelivery {
    pub id: i64,
    pub endpoint_id: i64,
    pub event_id: i64,
    pub at: i64,
}

/// A delivery in the log of an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryRow {
    pub id: i64,
    pub event_id: i64,
    pub kind: String,
    pub status: String,
    pub attempts: i64,
    pub due_at: Timestamp,
    pub attempted_at: Option<Timestamp>,
    pub response_code: Option<i64>,
    pub error: Option<String>,
    pub created_at: Timestamp,
}

/// A delivery taken for an attempt, with all that it needs.
#[derive(Clone, Debug)]
pub(crate) struct DueRow {
    pub id: i64,
    pub attempts: i64,
    pub event_id: i64,
    pub kind: String,
    pub body: String,
    pub endpoint: EndpointRow,
}

/// How an attempt went.
#[derive(Clone, Debug)]
pub(crate) struct AttemptResult {
    pub status: &'static str,
    pub attempted_at: Timestamp,
    pub due_at: Timestamp,
    pub response_code: Option<i64>,
    pub error: Option<String>,
}

/// Writes deliveries, due at once.
pub(crate) async fn insert(scope: &mut Scope<'_>, rows: &[NewDelivery]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    scope
        .query_many("INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, status, attempts, due_at, created_at)
             SELECT $1, id, endpoint_id, event_id, 'waiting', 0, at, at
               FROM ROWS ($2) AS new (id BIGINT, endpoint_id BIGINT, event_id BIGINT, at BIGINT)")
        .bind(serde_json::to_string(rows)?)
        .execute()
        .await?;
    Ok(())
}

/// Deliveries that are due or will be.
pub(crate) static DELIVERIES: Leased =
    leased!("webhook_deliveries", waiting: "status = 'waiting'", order: "due_at");

/// Takes deliveries that are due.
pub(crate) async fn take_due(scope: &mut Scope<'_>, lease: Lease, most: i64) -> Result<Vec<DueRow>, Failure> {
    let ids = lease::take(scope, DELIVERIES.take, lease, most).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope
        .query_many(concat!(
            "SELECT d.id, d.attempts, d.event_id, v.kind, v.body, ",
            endpoint_columns!(),
            " FROM webhook_deliveries AS d
                  JOIN webhook_endpoints AS e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
                  JOIN webhook_events AS v ON v.tenant_id = d.tenant_id AND v.id = d.event_id
                 WHERE d.tenant_id = $1
                   AND d.id IN LIST ($2) ORDER BY d.id"
        ))
        .bind(serde_json::to_string(&ids)?)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(DueRow {
                id: row.int("id")?,
                attempts: row.int("attempts")?,
                event_id: row.int("event_id")?,
                kind: row.text("kind")?,
                body: row.text("body")?,
                endpoint: endpoint(row)?,
            })
        })
        .collect()
}

/// Notes how attempt number `attempts` went; false when somebody else has the delivery by now.
pub(crate) async fn settle(
    scope: &mut Scope<'_>,
    id: i64,
    attempts: i64,
    result: &AttemptResult,
) -> Result<bool, Failure> {
    let sql = "UPDATE webhook_deliveries
                  SET status = $4, due_at = $5, response_code = $6, error = $7, attempted_at = $8, leased_until = 0
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND status = 'waiting'";
    let touched = scope
        .query(sql)
        .bind(id)
        .bind(attempts)
        .bind(result.status)
        .bind(result.due_at)
        .bind(result.response_code)
        .bind(result.error.as_deref())
        .bind(result.attempted_at)
        .execute()
        .await?;
    Ok(touched == 1)
}

/// How many deliveries an endpoint's log holds.
pub(crate) async fn count(scope: &mut Scope<'_>, endpoint_id: i64) -> Result<i64, Failure> {
    let sql = "SELECT COUNT(*) AS total FROM webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2";
    Ok(scope.query(sql).bind(endpoint_id).one().await?.int("total")?)
}

macro_rules! delivery_columns {
    () => {
        "d.id, d.event_id, v.kind, d.status, d.attempts, d.due_at, d.attempted_at, d.response_code, d.error, d.created_at"
    };
}

/// One page of an endpoint's log, the newest first.
pub(crate) async fn list(
    scope: &mut Scope<'_>,
    endpoint_id: i64,
    skip: i64,
    most: i64,
) -> Result<Vec<DeliveryRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        delivery_columns!(),
        " FROM webhook_deliveries AS d
          JOIN webhook_events AS v ON v.tenant_id = d.tenant_id AND v.id = d.event_id
         WHERE d.tenant_id = $1 AND d.endpoint_id = $2
         ORDER BY d.id DESC LIMIT $3 OFFSET $4"
    );
    let rows = scope
        .query(sql)
        .bind(endpoint_id)
        .bind(most)
        .bind(skip)
        .all()
        .await?;
    rows.iter().map(delivery).collect()
}

/// One delivery of an endpoint.
pub(crate) async fn find(
    scope: &mut Scope<'_>,
    endpoint_id: i64,
    id: i64,
) -> Result<Option<DeliveryRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        delivery_columns!(),
        " FROM webhook_deliveries AS d
          JOIN webhook_events AS v ON v.tenant_id = d.tenant_id AND v.id = d.event_id
         WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.id = $3"
    );
    let row = scope.query(sql).bind(endpoint_id).bind(id).optional().await?;
    row.as_ref().map(delivery).transpose()
}

/// Makes a delivery due again from its first attempt on.
pub(crate) async fn restart(scope: &mut Scope<'_>, id: i64, now: Timestamp) -> Result<(), Failure> {
    let sql = "UPDATE webhook_deliveries SET status = 'waiting', attempts = 0, due_at = $3, leased_until = 0, error = NULL
                WHERE tenant_id = $1 AND id = $2";
    scope.query(sql).bind(id).bind(now).execute().await?;
    Ok(())
}

/// Deletes up to some thousand finished deliveries older than `before`, then events that nobody needs; how many rows.
pub(crate) async fn forget(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    let before = ids::smallest_at(before);
    let deliveries = lease::forget(scope, &DELIVERIES, before).await?;
    let sql = "DELETE FROM webhook_events
                WHERE tenant_id = $1 AND id IN (SELECT v.id FROM webhook_events AS v
                       WHERE v.tenant_id = $1 AND v.id < $2 AND NOT v.fresh
                         AND (SELECT 1 FROM webhook_deliveries AS d
                               WHERE d.tenant_id = $1 AND d.event_id = v.id LIMIT 1) IS NULL
                       ORDER BY v.id LIMIT 2000)";
    Ok(deliveries + scope.query(sql).bind(before).execute().await?)
}

fn delivery(row: &Row) -> Result<DeliveryRow, Failure> {
    Ok(DeliveryRow {
        id: row.int("id")?,
        event_id: row.int("event_id")?,
        kind: row.text("kind")?,
        status: row.text("status")?,
        attempts: row.int("attempts")?,
        due_at: row.time("due_at")?,
        attempted_at: row.time_opt("attempted_at")?,
        response_code: row.int_opt("response_code")?,
        error: row.text_opt("error")?,
        created_at: row.time("created_at")?,
    })
}
