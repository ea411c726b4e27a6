//! Raw rows of a time, page by page: what roll-ups are made from. `created_at` decides. Ids are time-sorted, so nearly all
//! rows of a time lie in a range of ids with a day of slack. What a machine whose clock was days ahead has made, and what
//! came after it on the same accounts, has ids further ahead than that: an index of those alone finds them.

use std::collections::HashMap;

use serde::Serialize;

use crate::Failure;
use crate::model::{Money, Timestamp};
use crate::rules::figures::{EntryFact, SaleFact};
use crate::store::engine::ids::smallest_at;
use crate::store::{Row, Scope};

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

/// How far the pages have come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    after: i64,
    /// Among the rows whose ids are days ahead.
    is_ahead: bool,
}

/// The text for nearly all rows, and the one for those whose ids are ahead. Bound are `$2` the id to begin after, `$3` and
/// `$4` the time, `$5` the rows of a page, and `$6` the id to end before.
struct Texts {
    usual: &'static str,
    ahead: &'static str,
}

/// The id is more than a day ahead of `created_at`: 2048 ids a millisecond from the start of 2026, less the day. The
/// indexes `…_ahead` say the same.
macro_rules! is_ahead {
    () => {
        "t.id / 2048 + 1767139200000 > t.created_at"
    };
}

/// Both texts of rows `t`: `$times` is when they were posted.
macro_rules! texts {
    ($select:literal, $times:literal) => {
        Texts {
            usual: concat!(
                $select,
                " AND t.id > $2 AND t.id < $6 AND NOT (",
                is_ahead!(),
                ") AND ",
                $times,
                " ORDER BY t.id LIMIT $5"
            ),
            ahead: concat!(
                $select,
                " AND t.id > $2 AND ",
                is_ahead!(),
                " AND t.created_at >= $3 - 86400000 AND ",
                $times,
                " ORDER BY t.id LIMIT $5"
            ),
        }
    };
}

impl Posted {
    /// Where pages begin.
    pub fn start(self) -> Place {
        Place {
            after: smallest_at(self.from.plus_days(-SLACK_DAYS)) - 1,
            is_ahead: false,
        }
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

/// One page of sales and redemptions, and where the next one begins; none past the end. Sales posted earlier
/// whose receipt is of this time come too: they tell who is known.
pub(crate) async fn sales(
    scope: &mut Scope<'_>,
    posted: Posted,
    place: Place,
) -> Result<Option<(Place, Vec<SaleFact>)>, Failure> {
    // Gifts that came with a sale are entries of its own; nearly every sale has none and need not look. Clients are
    // asked for one by one: a join with a LIMIT that is not known when planned would read all of them.
    let texts = texts!(
        "SELECT t.id, t.client_id, t.kind, t.register_id, t.total, t.redeemed, t.accrued, t.sale_at, t.created_at,
                (SELECT c.created_at FROM clients AS c
                  WHERE c.tenant_id = t.tenant_id AND c.id = t.client_id) AS enrolled_at,
                CASE WHEN t.entry_last - t.entry_first
                          > CASE WHEN t.accrued > 0 THEN 1 ELSE 0 END + CASE WHEN t.redeemed > 0 THEN 1 ELSE 0 END
                     THEN (SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM entries AS e
                            WHERE e.tenant_id = t.tenant_id AND e.client_id = t.client_id
                              AND e.number > t.entry_first AND e.number <= t.entry_last
                              AND e.kind NOT IN ('accrual', 'redemption'))
                     ELSE 0 END AS given
           FROM sales AS t
          WHERE t.tenant_id = $1",
        "t.created_at < $4 AND (t.created_at >= $3 OR t.sale_at >= $3)"
    );
    page(scope, &texts, posted, place, |row| {
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
    place: Place,
) -> Result<Option<(Place, Vec<ReceiptFact>)>, Failure> {
    let texts = texts!(
        "SELECT t.id, t.register_id, t.total, t.receipt_at FROM receipts AS t WHERE t.tenant_id = $1",
        "t.created_at >= $3 AND t.created_at < $4"
    );
    page(scope, &texts, posted, place, |row| {
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
    place: Place,
) -> Result<Option<(Place, Vec<ReturnFact>)>, Failure> {
    let texts = texts!(
        "SELECT t.id, t.register_id, t.amount FROM returns AS t WHERE t.tenant_id = $1",
        "t.created_at >= $3 AND t.created_at < $4"
    );
    page(scope, &texts, posted, place, |row| {
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
    place: Place,
) -> Result<Option<(Place, Vec<EntryFact>)>, Failure> {
    let texts = texts!(
        "SELECT t.id, t.kind, t.amount,
                (SELECT r.register_id FROM returns AS r
                  WHERE r.tenant_id = t.tenant_id AND r.id = t.return_id) AS register_id
           FROM entries AS t
          WHERE t.tenant_id = $1 AND t.sale_id IS NULL",
        "t.created_at >= $3 AND t.created_at < $4"
    );
    page(scope, &texts, posted, place, |row| {
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
        .query_many(
            "SELECT DISTINCT s.client_id, s.register_id, asked.day
               FROM ROWS ($2) AS asked (client_id BIGINT, day BIGINT, starts_at BIGINT, ends_at BIGINT)
              CROSS JOIN sales AS s
              WHERE s.tenant_id = $1 AND s.client_id = asked.client_id AND s.kind = 'sale' AND s.created_at < $3
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
    scope: &mut Scope<'_>,
    texts: &Texts,
    posted: Posted,
    mut place: Place,
    read: impl Fn(&Row) -> Result<T, Failure>,
) -> Result<Option<(Place, Vec<T>)>, Failure> {
    loop {
        let sql = if place.is_ahead { texts.ahead } else { texts.usual };
        let mut query = scope
            .query(sql)
            .bind(place.after)
            .bind(posted.from)
            .bind(posted.until)
            .bind(PAGE_ROWS);
        if !place.is_ahead {
            query = query.bind(posted.last_id());
        }
        let rows = query.all().await?;
        if let Some(last) = rows.last() {
            place.after = last.int("id")?;
            let facts = rows.iter().map(read).collect::<Result<_, _>>()?;
            return Ok(Some((place, facts)));
        }
        if place.is_ahead {
            return Ok(None);
        }
        place = Place {
            after: 0,
            is_ahead: true,
        };
    }
}
