//! Raw rows of a time, page by page: what roll-ups are made from. Ids are time-sorted, so a time is a range of ids with
//! a day of slack for clocks that disagree, and `created_at` decides.

use std::collections::HashMap;

use serde::Serialize;

use super::ids::smallest_at;
use super::{Query, Row, Scope};
use crate::Failure;
use crate::model::{Money, Timestamp};
use crate::rules::figures::{EntryFact, SaleFact};

/// Rows of one page.
pub(crate) const PAGE_ROWS: i64 = 5000;
/// Between an id and the time of its row.
const SLACK_DAYS: i64 = 1;

/// What was posted from `from` on and before `until`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posted {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// A receipt without a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiptFact {
    pub register_id: i64,
    pub total: Money,
    pub receipt_at: Timestamp,
}

/// A return of goods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReturnFact {
    pub register_id: Option<i64>,
    pub amount: Money,
}

/// Clients enrolled by one register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnrolmentFact {
    pub register_id: Option<i64>,
    pub clients: i64,
}

/// Asks whether a client bought within a day.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct DayOfClient {
    pub client_id: i64,
    /// As a number; comes back with the answer.
    pub day: i64,
    pub starts_at: i64,
    pub ends_at: i64,
}

/// A purchase that answers a [`DayOfClient`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownPurchase {
    pub client_id: i64,
    pub day: i64,
    pub register_id: Option<i64>,
}

impl Posted {
    /// The id to begin after.
    pub fn first_id(self) -> i64 {
        smallest_at(self.from.plus_days(-SLACK_DAYS)) - 1
    }

    fn last_id(self) -> i64 {
        smallest_at(self.until.plus_days(SLACK_DAYS))
    }
}

/// The branch of each register.
pub(crate) async fn branches(scope: &mut Scope<'_>) -> Result<HashMap<i64, i64>, Failure> {
    let sql = "SELECT id, branch_id FROM registers WHERE tenant_id = $1";
    let rows = scope.query(sql).all().await?;
    Ok(rows
        .iter()
        .map(|row| Ok((row.int("id")?, row.int("branch_id")?)))
        .collect::<Result<_, sqlx::Error>>()?)
}

/// One page of sales and redemptions with an id above `after`, and its last id; none past the end. Sales posted earlier
/// whose receipt is of this time come too: they tell who is known.
pub(crate) async fn sales(
    scope: &mut Scope<'_>,
    posted: Posted,
    after: i64,
) -> Result<Option<(i64, Vec<SaleFact>)>, Failure> {
    // Gifts that came with a sale are entries of its own; nearly every sale has none and need not look. Clients are
    // asked for one by one: a join with a LIMIT that is not known when planned would read all of them.
    let sql = "SELECT s.id, s.client_id, s.kind, s.register_id, s.total, s.redeemed, s.accrued, s.sale_at, s.created_at,
                      (SELECT c.created_at FROM clients AS c
                        WHERE c.tenant_id = s.tenant_id AND c.id = s.client_id) AS enrolled_at,
                      CASE WHEN s.entry_last - s.entry_first
                                > CASE WHEN s.accrued > 0 THEN 1 ELSE 0 END + CASE WHEN s.redeemed > 0 THEN 1 ELSE 0 END
                           THEN (SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entries AS e
                                  WHERE e.tenant_id = s.tenant_id AND e.client_id = s.client_id
                                    AND e.number > s.entry_first AND e.number <= s.entry_last
                                    AND e.kind NOT IN ('accrual', 'redemption'))
                           ELSE 0 END AS given
                 FROM sales AS s
                WHERE s.tenant_id = $1 AND s.id > $2 AND s.id < $3 AND s.created_at < $5
                  AND (s.created_at >= $4 OR s.sale_at >= $4)
                ORDER BY s.id LIMIT $6";
    page(scope.query(sql), posted, after, |row| {
        Ok(SaleFact {
            client_id: row.int("client_id")?,
            enrolled_at: row.time("enrolled_at")?,
            is_purchase: row.text("kind")? == "sale",
            register_id: row.int_opt("register_id")?,
            total: row.money("total")?,
            redeemed: row.bonus("redeemed")?,
            accrued: row.bonus("accrued")?,
            given: row.bonus("given")?,
            sale_at: row.time("sale_at")?,
            created_at: row.time("created_at")?,
        })
    })
    .await
}

/// One page of receipts without a client.
pub(crate) async fn receipts(
    scope: &mut Scope<'_>,
    posted: Posted,
    after: i64,
) -> Result<Option<(i64, Vec<ReceiptFact>)>, Failure> {
    let sql = "SELECT id, register_id, total, receipt_at FROM receipts
                WHERE tenant_id = $1 AND id > $2 AND id < $3 AND created_at >= $4 AND created_at < $5
                ORDER BY id LIMIT $6";
    page(scope.query(sql), posted, after, |row| {
        Ok(ReceiptFact {
            register_id: row.int("register_id")?,
            total: row.money("total")?,
            receipt_at: row.time("receipt_at")?,
        })
    })
    .await
}

/// One page of returns.
pub(crate) async fn returns(
    scope: &mut Scope<'_>,
    posted: Posted,
    after: i64,
) -> Result<Option<(i64, Vec<ReturnFact>)>, Failure> {
    let sql = "SELECT id, register_id, amount FROM returns
                WHERE tenant_id = $1 AND id > $2 AND id < $3 AND created_at >= $4 AND created_at < $5
                ORDER BY id LIMIT $6";
    page(scope.query(sql), posted, after, |row| {
        Ok(ReturnFact {
            register_id: row.int_opt("register_id")?,
            amount: row.money("amount")?,
        })
    })
    .await
}

/// One page of entries that belong to no sale: gifts, corrections, expiries, returns.
pub(crate) async fn entries(
    scope: &mut Scope<'_>,
    posted: Posted,
    after: i64,
) -> Result<Option<(i64, Vec<EntryFact>)>, Failure> {
    let sql = "SELECT e.id, e.kind, e.amount,
                      (SELECT r.register_id FROM returns AS r
                        WHERE r.tenant_id = e.tenant_id AND r.id = e.return_id) AS register_id
                 FROM entries AS e
                WHERE e.tenant_id = $1 AND e.id > $2 AND e.id < $3 AND e.sale_id IS NULL
                  AND e.created_at >= $4 AND e.created_at < $5
                ORDER BY e.id LIMIT $6";
    page(scope.query(sql), posted, after, |row| {
        Ok(EntryFact {
            kind: row.text("kind")?,
            amount: row.bonus("amount")?,
            register_id: row.int_opt("register_id")?,
        })
    })
    .await
}

/// How many clients each register enrolled.
pub(crate) async fn enrolments(scope: &mut Scope<'_>, posted: Posted) -> Result<Vec<EnrolmentFact>, Failure> {
    let sql = "SELECT enrolled_by, COUNT(*) AS clients FROM clients
                WHERE tenant_id = $1 AND created_at >= $2 AND created_at < $3 GROUP BY enrolled_by";
    let rows = scope
        .query(sql)
        .bind(posted.from)
        .bind(posted.until)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(EnrolmentFact {
                register_id: row.int_opt("enrolled_by")?,
                clients: row.int("clients")?,
            })
        })
        .collect()
}

/// Which of these clients bought on these days by sales posted before `before`.
pub(crate) async fn known_purchases(
    scope: &mut Scope<'_>,
    asked: &[DayOfClient],
    before: Timestamp,
) -> Result<Vec<KnownPurchase>, Failure> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope
        .query_by_engine(
            "SELECT DISTINCT s.client_id, s.register_id, asked.value ->> 'day' AS day
               FROM json_each($2) AS asked
               CROSS JOIN sales AS s
              WHERE s.tenant_id = $1 AND s.client_id = asked.value ->> 'client_id' AND s.kind = 'sale'
                AND s.created_at < $3
                AND s.sale_at >= asked.value ->> 'starts_at' AND s.sale_at < asked.value ->> 'ends_at'",
            "SELECT DISTINCT s.client_id, s.register_id, asked.day
               FROM json_to_recordset($2::json) AS asked (client_id BIGINT, day BIGINT, starts_at BIGINT, ends_at BIGINT)
               JOIN sales AS s ON s.tenant_id = $1 AND s.client_id = asked.client_id
              WHERE s.kind = 'sale' AND s.created_at < $3
                AND s.sale_at >= asked.starts_at AND s.sale_at < asked.ends_at",
        )
        .bind(serde_json::to_string(asked)?)
        .bind(before)
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(KnownPurchase {
                client_id: row.int("client_id")?,
                day: row.int("day")?,
                register_id: row.int_opt("register_id")?,
            })
        })
        .collect()
}

async fn page<T>(
    query: Query<'_, '_>,
    posted: Posted,
    after: i64,
    read: impl Fn(&Row) -> Result<T, Failure>,
) -> Result<Option<(i64, Vec<T>)>, Failure> {
    let rows = query
        .bind(after)
        .bind(posted.last_id())
        .bind(posted.from)
        .bind(posted.until)
        .bind(PAGE_ROWS)
        .all()
        .await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let last = last.int("id")?;
    let facts = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Some((last, facts)))
}
