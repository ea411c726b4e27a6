//! What returns take of what clients are counted to buy.

use std::collections::BTreeMap;

use serde::Serialize;

use super::interest::{goods, purchase};
use crate::Failure;
use crate::model::Timestamp;
use crate::rules::interest::{Comeback, Interest, Lowered, Purchase};
use crate::store::{Row, Scope};

/// A return that interests are not lowered by; no comeback for one of a redemption without a sale.
#[derive(Clone, Debug)]
pub(crate) struct NewReturn {
    pub id: i64,
    pub comeback: Option<Comeback>,
}

/// A purchase of a client, of which something was kept.
#[derive(Clone, Debug)]
pub(crate) struct KeptPurchase {
    pub number: i64,
    pub purchase: Purchase,
}

#[derive(Serialize)]
struct LoweredRow<'a> {
    client_id: i64,
    kind: &'static str,
    name: &'a str,
    parts: i64,
    whole_at: Option<i64>,
}

#[derive(Serialize)]
struct SettledRow<'a> {
    client_id: i64,
    kind: &'static str,
    name: &'a str,
    last_at: Option<i64>,
}

/// Interests are lowered by everything up to this return.
pub(crate) async fn move_cursor(scope: &mut Scope<'_>, return_id: i64) -> Result<(), Failure> {
    let sql = "UPDATE interest_cursors SET return_id = $2 WHERE tenant_id = $1";
    scope.query(sql).bind(return_id).execute().await?;
    Ok(())
}

/// Returns after one and before an id, the oldest first.
pub(crate) async fn uncounted(
    scope: &mut Scope<'_>,
    after: i64,
    before: i64,
    most: i64,
) -> Result<Vec<NewReturn>, Failure> {
    let sql = "SELECT r.id, r.client_id, r.sale_id, r.amount, s.kind, s.total, s.sale_at, s.lines,
                      CAST(COALESCE((SELECT SUM(CASE WHEN o.id < r.id THEN o.amount END) FROM returns AS o
                            WHERE o.tenant_id = r.tenant_id AND o.sale_id = r.sale_id), 0) AS BIGINT) AS earlier
                 FROM returns AS r
                 JOIN sales AS s ON s.tenant_id = r.tenant_id AND s.id = r.sale_id
                WHERE r.tenant_id = $1 AND r.id > $2 AND r.id < $3
                ORDER BY r.id LIMIT $4";
    let rows = scope.query(sql).bind(after).bind(before).bind(most).all().await?;
    rows.iter().map(new_return).collect()
}

fn new_return(row: &Row) -> Result<NewReturn, Failure> {
    let comeback = match row.text("kind")?.as_str() {
        "sale" => Some(Comeback {
            purchase: purchase(row, row.int("sale_id")?)?,
            total: row.money("total")?,
            earlier: row.money("earlier")?,
            amount: row.money("amount")?,
        }),
        _ => None,
    };
    Ok(NewReturn {
        id: row.int("id")?,
        comeback,
    })
}

/// Lowers what is known; the interests whose newest receipt may be among those that came back whole.
pub(crate) async fn lower(
    scope: &mut Scope<'_>,
    lowered: &BTreeMap<Interest, Lowered>,
) -> Result<Vec<Interest>, Failure> {
    if lowered.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<LoweredRow<'_>> = lowered
        .iter()
        .map(|((client_id, goods), lowered)| {
            let (kind, name) = goods.parts();
            LoweredRow {
                client_id: *client_id,
                kind,
                name,
                parts: lowered.parts,
                whole_at: lowered.whole_at.map(Timestamp::millis),
            }
        })
        .collect();
    let rows = serde_json::to_string(&rows)?;
    scope
        .query_by_engine(
            // Only what is there: as an UPDATE it would look through all interests of the shop.
            "INSERT INTO client_interests (tenant_id, client_id, kind, name, times, last_at, returned)
             SELECT i.tenant_id, i.client_id, i.kind, i.name, i.times, i.last_at, i.returned + (new.value ->> 'parts')
               FROM json_each($2) AS new
               CROSS JOIN client_interests AS i
              WHERE i.tenant_id = $1 AND i.client_id = new.value ->> 'client_id' AND i.kind = new.value ->> 'kind'
                AND i.name = new.value ->> 'name'
             ON CONFLICT (tenant_id, client_id, kind, name) DO UPDATE SET returned = excluded.returned",
            "UPDATE client_interests SET returned = client_interests.returned + new.parts
               FROM json_to_recordset($2::json) AS new (client_id BIGINT, kind TEXT, name TEXT, parts BIGINT)
              WHERE client_interests.tenant_id = $1 AND client_interests.client_id = new.client_id
                AND client_interests.kind = new.kind AND client_interests.name = new.name",
        )
        .bind(rows.as_str())
        .execute()
        .await?;
    let aged = scope
        .query_many("SELECT i.client_id, i.kind, i.name
               FROM ROWS ($2) AS new (client_id BIGINT, kind TEXT, name TEXT, whole_at BIGINT)
              CROSS JOIN client_interests AS i
              WHERE i.tenant_id = $1 AND i.client_id = new.client_id AND i.kind = new.kind AND i.name = new.name
                AND i.last_at <= new.whole_at")
        .bind(rows.as_str())
        .all()
        .await?;
    aged.iter()
        .map(|row| Ok((row.int("client_id")?, goods(row)?)))
        .collect()
}

/// A client's purchases numbered below one, the newest first, among those that are counted; those brought back as a whole
/// are left out.
pub(crate) async fn kept(
    scope: &mut Scope<'_>,
    client_id: i64,
    (counted_to, below): (i64, i64),
    most: i64,
) -> Result<Vec<KeptPurchase>, Failure> {
    let sql = "SELECT s.id, s.client_id, s.number, s.sale_at, s.lines FROM sales AS s
                WHERE s.tenant_id = $1 AND s.client_id = $2 AND s.kind = 'sale' AND s.id <= $3 AND s.number < $4
                  AND (s.total = 0 OR s.total > COALESCE((SELECT SUM(r.amount) FROM returns AS r
                            WHERE r.tenant_id = s.tenant_id AND r.sale_id = s.id), 0))
                ORDER BY s.number DESC LIMIT $5";
    let query = scope
        .query(sql)
        .bind(client_id)
        .bind(counted_to)
        .bind(below)
        .bind(most);
    query
        .all()
        .await?
        .iter()
        .map(|row| {
            Ok(KeptPurchase {
                number: row.int("number")?,
                purchase: purchase(row, row.int("id")?)?,
            })
        })
        .collect()
}

/// Says when these were last bought; none: never, and they are forgotten.
pub(crate) async fn settle(
    scope: &mut Scope<'_>,
    settled: &BTreeMap<Interest, Option<Timestamp>>,
) -> Result<(), Failure> {
    if settled.is_empty() {
        return Ok(());
    }
    let rows: Vec<SettledRow<'_>> = settled
        .iter()
        .map(|((client_id, goods), last_at)| {
            let (kind, name) = goods.parts();
            SettledRow {
                client_id: *client_id,
                kind,
                name,
                last_at: last_at.map(Timestamp::millis),
            }
        })
        .collect();
    let rows = serde_json::to_string(&rows)?;
    scope
        .query_by_engine(
            "INSERT INTO client_interests (tenant_id, client_id, kind, name, times, last_at)
             SELECT i.tenant_id, i.client_id, i.kind, i.name, i.times, new.value ->> 'last_at'
               FROM json_each($2) AS new
               CROSS JOIN client_interests AS i
              WHERE i.tenant_id = $1 AND i.client_id = new.value ->> 'client_id' AND i.kind = new.value ->> 'kind'
                AND i.name = new.value ->> 'name' AND new.value ->> 'last_at' IS NOT NULL
             ON CONFLICT (tenant_id, client_id, kind, name) DO UPDATE SET last_at = excluded.last_at",
            "UPDATE client_interests SET last_at = new.last_at
               FROM json_to_recordset($2::json) AS new (client_id BIGINT, kind TEXT, name TEXT, last_at BIGINT)
              WHERE client_interests.tenant_id = $1 AND client_interests.client_id = new.client_id
                AND client_interests.kind = new.kind AND client_interests.name = new.name AND new.last_at IS NOT NULL",
        )
        .bind(rows.as_str())
        .execute()
        .await?;
    scope
        .query_many(
            "DELETE FROM client_interests
              WHERE tenant_id = $1 AND (client_id, kind, name) IN (
                    SELECT client_id, kind, name
                      FROM ROWS ($2) AS new (client_id BIGINT, kind TEXT, name TEXT, last_at BIGINT)
                     WHERE last_at IS NULL)",
        )
        .bind(rows.as_str())
        .execute()
        .await?;
    Ok(())
}
