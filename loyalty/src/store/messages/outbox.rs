//! Messages to clients: written with what they tell of, taken with a lease, settled, kept for the client's history.

use serde::Serialize;

use crate::Failure;
use crate::model::{Phone, Timestamp};
use crate::store::engine::ids;
use crate::store::upkeep::lease::{self, Lease, Leased, leased};
use crate::store::{Row, Scope};

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
        .query_many("INSERT INTO outbox (tenant_id, id, client_id, kind, params, body_sealed, campaign_id, status, due_at,
                    expires_at, leased_until, attempts, channels, created_at)
             SELECT $1, id, client_id, kind, params, body_sealed, campaign_id, 'waiting', due_at, expires_at, 0, 0, '',
                    created_at
               FROM ROWS ($2) AS new (id BIGINT, client_id BIGINT, kind TEXT, params TEXT,
                    body_sealed TEXT, campaign_id BIGINT, due_at BIGINT, expires_at BIGINT, created_at BIGINT)")
        .bind(serde_json::to_string(rows)?)
        .execute()
        .await?;
    Ok(())
}

/// Forgets some of the codes that are of no use any more; how many.
pub(crate) async fn forget_codes(scope: &mut Scope<'_>, now: Timestamp) -> Result<u64, Failure> {
    let sql = "DELETE FROM outbox
                WHERE tenant_id = $1 AND id IN (SELECT id FROM outbox
                       WHERE tenant_id = $1 AND kind = 'code' AND expires_at <= $2 ORDER BY expires_at LIMIT 2000)";
    Ok(scope.query(sql).bind(now).execute().await?)
}

/// A message taken to be sent, with all that it needs.
#[derive(Clone, Debug)]
pub(crate) struct TakenRow {
    pub id: i64,
    pub client_id: Option<i64>,
    pub kind: String,
    pub params: Option<String>,
    pub body_sealed: Option<String>,
    pub attempts: i64,
    pub channels: String,
    /// As sent by those channels.
    pub text: Option<String>,
    pub remote_id: Option<String>,
    pub expires_at: Timestamp,
    pub phone: Option<Phone>,
    pub telegram_user_id: Option<i64>,
    pub language: Option<String>,
    pub consent: Option<String>,
    pub is_blocked: bool,
}

/// How sending a message went.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub status: &'static str,
    pub due_at: Timestamp,
    /// Channels that have taken it.
    pub channels: String,
    pub reason: Option<String>,
    pub text: Option<String>,
    pub remote_id: Option<String>,
    pub sent_at: Option<Timestamp>,
}

/// A message in the history of a client.
#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub id: i64,
    pub kind: String,
    pub status: String,
    pub channels: String,
    pub reason: Option<String>,
    pub text: Option<String>,
    pub attempts: i64,
    pub due_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub delivery: Option<String>,
    pub created_at: Timestamp,
}

/// Messages on their way but codes. What goes to many at once waits behind the others.
pub(crate) static MESSAGES: Leased =
    leased!("outbox", waiting: "status = 'waiting' AND kind <> 'code'", order: "due_at");
const URGENT: (&str, &str) = leased!(take "outbox", "status = 'waiting'",
    " AND kind NOT IN ('birthday', 'expiring', 'campaign', 'code')", "due_at", "due_at");
/// Codes on their way: somebody waits for each.
pub(crate) static CODES: Leased =
    leased!("outbox", waiting: "status = 'waiting' AND kind = 'code'", order: "due_at");

macro_rules! taken_rows {
    () => {
        "SELECT o.id, o.client_id, o.kind, o.params, o.body_sealed, o.attempts, o.channels, o.text, o.remote_id,
                o.expires_at, c.phone, CASE WHEN NOT c.telegram_silent THEN c.telegram_user_id END AS telegram_user_id,
                c.language, c.consent, COALESCE(c.is_blocked, FALSE) AS is_blocked
           FROM outbox AS o
           LEFT JOIN clients AS c ON c.tenant_id = o.tenant_id AND c.id = o.client_id
          WHERE o.tenant_id = $1 AND o.id "
    };
}

/// Takes codes that are due.
pub(crate) async fn take_codes(
    scope: &mut Scope<'_>,
    lease: Lease,
    most: i64,
) -> Result<Vec<TakenRow>, Failure> {
    let ids = lease::take(scope, CODES.take, lease, most).await?;
    taken(scope, &ids).await
}

/// Takes other messages that are due, the urgent ones first.
pub(crate) async fn take(scope: &mut Scope<'_>, lease: Lease, most: i64) -> Result<Vec<TakenRow>, Failure> {
    let mut ids: Vec<i64> = Vec::new();
    for texts in [URGENT, MESSAGES.take] {
        let left = most - ids.len() as i64;
        if left <= 0 {
            break;
        }
        ids.extend(lease::take(scope, texts, lease, left).await?);
    }
    taken(scope, &ids).await
}

async fn taken(scope: &mut Scope<'_>, ids: &[i64]) -> Result<Vec<TakenRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope
        .query_many(concat!(taken_rows!(), "IN LIST ($2) ORDER BY o.id"))
        .bind(serde_json::to_string(ids)?)
        .all()
        .await?;
    rows.iter().map(taken_row).collect()
}

fn taken_row(row: &Row) -> Result<TakenRow, Failure> {
    Ok(TakenRow {
        id: row.int("id")?,
        client_id: row.int_opt("client_id")?,
        kind: row.text("kind")?,
        params: row.text_opt("params")?,
        body_sealed: row.text_opt("body_sealed")?,
        attempts: row.int("attempts")?,
        channels: row.text("channels")?,
        text: row.text_opt("text")?,
        remote_id: row.text_opt("remote_id")?,
        expires_at: row.time("expires_at")?,
        // A number that can't be read is nobody's: the message goes another way, and the others go on.
        phone: row.phone_opt("phone").unwrap_or_default(),
        telegram_user_id: row.int_opt("telegram_user_id")?,
        language: row.text_opt("language")?,
        consent: row.text_opt("consent")?,
        is_blocked: row.flag("is_blocked")?,
    })
}

/// Notes how attempt number `attempts` went; false when somebody else has the message by now.
pub(crate) async fn settle(
    scope: &mut Scope<'_>,
    id: i64,
    attempts: i64,
    settlement: &Settlement,
) -> Result<bool, Failure> {
    let sql = "UPDATE outbox
                  SET status = $4, due_at = $5, leased_until = 0, channels = $6, reason = $7, text = $8, remote_id = $9,
                      sent_at = $10
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND status = 'waiting'";
    let touched = scope
        .query(sql)
        .bind(id)
        .bind(attempts)
        .bind(settlement.status)
        .bind(settlement.due_at)
        .bind(settlement.channels.as_str())
        .bind(settlement.reason.as_deref())
        .bind(settlement.text.as_deref())
        .bind(settlement.remote_id.as_deref())
        .bind(settlement.sent_at)
        .execute()
        .await?;
    Ok(touched == 1)
}

/// Notes at once which channels have taken a message that is to go to all of them.
pub(crate) async fn note_channels(
    scope: &mut Scope<'_>,
    id: i64,
    attempts: i64,
    channels: &str,
) -> Result<(), Failure> {
    let sql = "UPDATE outbox SET channels = $4
                WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND status = 'waiting'";
    scope
        .query(sql)
        .bind(id)
        .bind(attempts)
        .bind(channels)
        .execute()
        .await?;
    Ok(())
}

/// Deletes a message that holds a code: it is sent.
pub(crate) async fn delete(scope: &mut Scope<'_>, id: i64) -> Result<(), Failure> {
    let sql = "DELETE FROM outbox WHERE tenant_id = $1 AND id = $2";
    scope.query(sql).bind(id).execute().await?;
    Ok(())
}

/// How many messages a client's history holds.
pub(crate) async fn count(scope: &mut Scope<'_>, client_id: i64) -> Result<i64, Failure> {
    let sql = "SELECT COUNT(*) AS total FROM outbox WHERE tenant_id = $1 AND client_id = $2";
    Ok(scope.query(sql).bind(client_id).one().await?.int("total")?)
}

/// One page of a client's messages, the newest first.
pub(crate) async fn list(
    scope: &mut Scope<'_>,
    client_id: i64,
    skip: i64,
    most: i64,
) -> Result<Vec<StoredMessage>, Failure> {
    let sql =
        "SELECT id, kind, status, channels, reason, text, attempts, due_at, sent_at, delivery, created_at
                 FROM outbox
                WHERE tenant_id = $1 AND client_id = $2
                ORDER BY id DESC LIMIT $3 OFFSET $4";
    let rows = scope
        .query(sql)
        .bind(client_id)
        .bind(most)
        .bind(skip)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredMessage {
                id: row.int("id")?,
                kind: row.text("kind")?,
                status: row.text("status")?,
                channels: row.text("channels")?,
                reason: row.text_opt("reason")?,
                text: row.text_opt("text")?,
                attempts: row.int("attempts")?,
                due_at: row.time("due_at")?,
                sent_at: row.time_opt("sent_at")?,
                delivery: row.text_opt("delivery")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}

/// Deletes up to some thousand messages that are settled and older than `before`; how many.
pub(crate) async fn forget(scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Failure> {
    lease::forget(scope, &MESSAGES, ids::smallest_at(before)).await
}
