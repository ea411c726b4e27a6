//! Whom partners want to be told (endpoints), and what happened (events). Deliveries have a file of their own.

use serde::Serialize;

use crate::Failure;
use crate::model::Timestamp;
use crate::store::upkeep::lease::{self, Lease, Leased, leased};
use crate::store::{Row, Scope};

/// An endpoint as stored.
#[derive(Clone, Debug)]
pub(crate) struct EndpointRow {
    pub id: i64,
    pub url: String,
    pub secret_sealed: String,
    /// The secret before the newest rotation, while it still signs.
    pub previous_secret_sealed: Option<String>,
    pub previous_until: Option<Timestamp>,
    /// A JSON list of names; empty: all.
    pub events: String,
    pub enabled: bool,
    pub disabled_reason: Option<String>,
    pub failing_since: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// An event as written with the change it tells of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EventRow {
    pub tenant_id: i64,
    pub id: i64,
    pub kind: &'static str,
    /// What happened, as a JSON document of ours.
    pub payload: String,
    pub created_at: i64,
}

/// An event whose deliveries are not made yet.
#[derive(Clone, Debug)]
pub(crate) struct FreshEvent {
    pub id: i64,
    pub kind: String,
    pub payload: String,
    pub created_at: Timestamp,
}

/// What an event is sent as; none: nobody wants it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WordedEvent {
    pub id: i64,
    pub body: Option<String>,
}

macro_rules! endpoint_columns {
    () => {
        "e.id AS endpoint_id, e.url, e.secret_sealed, e.previous_secret_sealed, e.previous_until, e.events, e.enabled,
         e.disabled_reason, e.failing_since, e.created_at AS endpoint_created_at"
    };
}
pub(in crate::store) use endpoint_columns;

/// All endpoints of the shop.
pub(crate) async fn endpoints(scope: &mut Scope<'_>) -> Result<Vec<EndpointRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        endpoint_columns!(),
        " FROM webhook_endpoints AS e WHERE e.tenant_id = $1 ORDER BY e.id"
    );
    scope.query(sql).all().await?.iter().map(endpoint).collect()
}

/// One endpoint of the shop.
pub(crate) async fn find_endpoint(scope: &mut Scope<'_>, id: i64) -> Result<Option<EndpointRow>, Failure> {
    let sql = concat!(
        "SELECT ",
        endpoint_columns!(),
        " FROM webhook_endpoints AS e WHERE e.tenant_id = $1 AND e.id = $2"
    );
    let row = scope.query(sql).bind(id).optional().await?;
    row.as_ref().map(endpoint).transpose()
}

/// Stores an endpoint, new or known.
pub(crate) async fn put_endpoint(scope: &mut Scope<'_>, row: &EndpointRow) -> Result<(), Failure> {
    let sql = "INSERT INTO webhook_endpoints (tenant_id, id, url, secret_sealed, previous_secret_sealed, previous_until,
                      events, enabled, disabled_reason, failing_since, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               ON CONFLICT (tenant_id, id)
               DO UPDATE SET url = EXCLUDED.url, secret_sealed = EXCLUDED.secret_sealed,
                             previous_secret_sealed = EXCLUDED.previous_secret_sealed,
                             previous_until = EXCLUDED.previous_until, events = EXCLUDED.events,
                             enabled = EXCLUDED.enabled, disabled_reason = EXCLUDED.disabled_reason,
                             failing_since = EXCLUDED.failing_since";
    scope
        .query(sql)
        .bind(row.id)
        .bind(row.url.as_str())
        .bind(row.secret_sealed.as_str())
        .bind(row.previous_secret_sealed.as_deref())
        .bind(row.previous_until)
        .bind(row.events.as_str())
        .bind(row.enabled)
        .bind(row.disabled_reason.as_deref())
        .bind(row.failing_since)
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(())
}

/// Deletes an endpoint with its deliveries; false when there is none.
pub(crate) async fn delete_endpoint(scope: &mut Scope<'_>, id: i64) -> Result<bool, Failure> {
    // The endpoint first, as whoever settles a delivery does.
    let sql = "DELETE FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2";
    let is_there = scope.query(sql).bind(id).execute().await? == 1;
    let sql = "DELETE FROM webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2";
    scope.query(sql).bind(id).execute().await?;
    Ok(is_there)
}

/// Notes in the shop's row whether anybody is to be told, and tells.
pub(crate) async fn note_endpoints(scope: &mut Scope<'_>) -> Result<bool, Failure> {
    let sql = "UPDATE tenants
                  SET has_webhooks = EXISTS (SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1 AND enabled)
                WHERE id = $1
               RETURNING has_webhooks";
    Ok(scope.query(sql).one().await?.flag("has_webhooks")?)
}

/// Switches an endpoint off; what waits for it is dead.
pub(crate) async fn disable_endpoint(scope: &mut Scope<'_>, id: i64, reason: &str) -> Result<(), Failure> {
    let sql =
        "UPDATE webhook_endpoints SET enabled = FALSE, disabled_reason = $3 WHERE tenant_id = $1 AND id = $2";
    scope.query(sql).bind(id).bind(reason).execute().await?;
    give_up_waiting(scope, id, reason).await?;
    note_endpoints(scope).await?;
    Ok(())
}

/// What waits for an endpoint is dead.
pub(crate) async fn give_up_waiting(scope: &mut Scope<'_>, id: i64, reason: &str) -> Result<(), Failure> {
    let sql = "UPDATE webhook_deliveries SET status = 'dead', error = COALESCE(error, $3)
                WHERE tenant_id = $1 AND endpoint_id = $2 AND status = 'waiting'";
    scope.query(sql).bind(id).bind(reason).execute().await?;
    Ok(())
}

/// Notes since when an endpoint has been failing; none: it works.
pub(crate) async fn note_failing(
    scope: &mut Scope<'_>,
    id: i64,
    since: Option<Timestamp>,
) -> Result<(), Failure> {
    let sql = "UPDATE webhook_endpoints SET failing_since = $3
                WHERE tenant_id = $1 AND id = $2 AND (failing_since IS NULL) <> ($4)";
    scope
        .query(sql)
        .bind(id)
        .bind(since)
        .bind(since.is_none())
        .execute()
        .await?;
    Ok(())
}

/// Writes an event of a change that is no posting.
pub(crate) async fn insert_event(
    scope: &mut Scope<'_>,
    row: &EventRow,
    is_fresh: bool,
) -> Result<(), Failure> {
    let sql = "INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    scope
        .query(sql)
        .bind(row.id)
        .bind(row.kind)
        .bind(row.payload.as_str())
        .bind(is_fresh)
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(())
}

/// Events whose deliveries are not made yet.
pub(crate) static EVENTS: Leased = leased!("webhook_events", waiting: "fresh", order: "due_at, id");

/// Takes the oldest events whose deliveries are not made yet.
pub(crate) async fn take_fresh(
    scope: &mut Scope<'_>,
    lease: Lease,
    most: i64,
) -> Result<Vec<FreshEvent>, Failure> {
    let ids = lease::take(scope, EVENTS.take, lease, most).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope
        .query_many(
            "SELECT id, kind, payload, created_at FROM webhook_events
              WHERE tenant_id = $1 AND id IN LIST ($2) ORDER BY id",
        )
        .bind(serde_json::to_string(&ids)?)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(FreshEvent {
                id: row.int("id")?,
                kind: row.text("kind")?,
                payload: row.text("payload")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

/// Gives events the bodies they are sent with; those without one are wanted by nobody and go.
pub(crate) async fn word_events(scope: &mut Scope<'_>, events: &[WordedEvent]) -> Result<(), Failure> {
    let events = serde_json::to_string(events)?;
    scope
        .query_many("UPDATE webhook_events SET fresh = FALSE, body = new.body
               FROM ROWS ($2) AS new (id BIGINT, body TEXT)
              WHERE webhook_events.tenant_id = $1
                AND webhook_events.id IN (SELECT id FROM ROWS ($2) AS named (id BIGINT)) AND webhook_events.id = new.id")
        .bind(events.as_str())
        .execute()
        .await?;
    scope
        .query_many(
            "DELETE FROM webhook_events
              WHERE tenant_id = $1 AND body IS NULL
                AND id IN (SELECT id FROM ROWS ($2) AS new (id BIGINT))",
        )
        .bind(events)
        .execute()
        .await?;
    Ok(())
}

/// An event can't be read: it waits until `due_at`, or no more when there is none.
pub(crate) async fn set_aside(
    scope: &mut Scope<'_>,
    id: i64,
    due_at: Option<Timestamp>,
    error: &str,
) -> Result<(), Failure> {
    let sql =
        "UPDATE webhook_events SET fresh = $3, due_at = COALESCE($4, due_at), leased_until = 0, error = $5
                WHERE tenant_id = $1 AND id = $2 AND fresh";
    scope
        .query(sql)
        .bind(id)
        .bind(due_at.is_some())
        .bind(due_at)
        .bind(error)
        .execute()
        .await?;
    Ok(())
}

/// An endpoint in the columns of `endpoint_columns!`.
pub(in crate::store) fn endpoint(row: &Row) -> Result<EndpointRow, Failure> {
    Ok(EndpointRow {
        id: row.int("endpoint_id")?,
        url: row.text("url")?,
        secret_sealed: row.text("secret_sealed")?,
        previous_secret_sealed: row.text_opt("previous_secret_sealed")?,
        previous_until: row.time_opt("previous_until")?,
        events: row.text("events")?,
        enabled: row.flag("enabled")?,
        disabled_reason: row.text_opt("disabled_reason")?,
        failing_since: row.time_opt("failing_since")?,
        created_at: row.time("endpoint_created_at")?,
    })
}
