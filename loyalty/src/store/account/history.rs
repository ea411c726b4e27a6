//! A client's history, page by page. Entries and sales are numbered per client, so a page is a range of numbers and
//! page 500 costs what page 1 does.

use crate::Failure;
use crate::ledger::Line;
use crate::model::{Bonus, EntryKind, Explanation, Money, Timestamp};
use crate::store::{Row, Scope};

/// A page: numbers above `after`, up to `up_to`, the newest first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Range {
    pub after: i64,
    pub up_to: i64,
}

/// A line of the history.
#[derive(Clone, Debug)]
pub(crate) struct EntryRow {
    pub id: i64,
    pub kind: EntryKind,
    pub amount: Bonus,
    pub balance_after: Bonus,
    pub sale_total: Option<Money>,
    pub explanation: Explanation,
    pub created_at: Timestamp,
}

/// A purchase or a redemption without one.
#[derive(Clone, Debug)]
pub(crate) struct PurchaseRow {
    pub id: i64,
    pub kind: String,
    pub receipt_number: Option<String>,
    pub sale_at: Timestamp,
    pub total: Money,
    pub accrued: Bonus,
    pub redeemed: Bonus,
    pub branch_name: Option<String>,
    pub branch_address: Option<String>,
    pub lines: Vec<Line>,
}

/// How many entries and sales a client has.
pub(crate) async fn totals(scope: &mut Scope<'_>, client_id: i64) -> Result<(i64, i64), Failure> {
    let sql = "SELECT entry_number, sale_number FROM clients WHERE tenant_id = $1 AND id = $2";
    let row = scope.query(sql).bind(client_id).one().await?;
    Ok((row.int("entry_number")?, row.int("sale_number")?))
}

/// One page of entries.
pub(crate) async fn entries(
    scope: &mut Scope<'_>,
    client_id: i64,
    range: Range,
) -> Result<Vec<EntryRow>, Failure> {
    let sql = "SELECT e.id, e.kind, e.amount, e.balance_after, e.explanation, e.created_at, s.total
                 FROM entries AS e
                 LEFT JOIN returns AS r ON r.tenant_id = e.tenant_id AND r.id = e.return_id
                 LEFT JOIN sales AS s ON s.tenant_id = e.tenant_id AND s.id = COALESCE(e.sale_id, r.sale_id)
                WHERE e.tenant_id = $1 AND e.client_id = $2 AND e.number > $3 AND e.number <= $4
                ORDER BY e.number DESC";
    let rows = in_range(scope, sql, client_id, range).await?;
    rows.iter().map(entry).collect()
}

/// One page of sales and redemptions.
pub(crate) async fn purchases(
    scope: &mut Scope<'_>,
    client_id: i64,
    range: Range,
) -> Result<Vec<PurchaseRow>, Failure> {
    let sql = "SELECT s.id, s.kind, s.receipt_number, s.sale_at, s.total, s.accrued, s.redeemed, s.lines,
                      b.name AS branch_name, b.address AS branch_address
                 FROM sales AS s
                 LEFT JOIN registers AS r ON r.tenant_id = s.tenant_id AND r.id = s.register_id
                 LEFT JOIN branches AS b ON b.tenant_id = r.tenant_id AND b.id = r.branch_id
                WHERE s.tenant_id = $1 AND s.client_id = $2 AND s.number > $3 AND s.number <= $4
                ORDER BY s.number DESC";
    let rows = in_range(scope, sql, client_id, range).await?;
    rows.iter().map(purchase).collect()
}

async fn in_range(
    scope: &mut Scope<'_>,
    sql: &'static str,
    client_id: i64,
    range: Range,
) -> Result<Vec<Row>, sqlx::Error> {
    scope
        .query(sql)
        .bind(client_id)
        .bind(range.after)
        .bind(range.up_to)
        .all()
        .await
}

fn entry(row: &Row) -> Result<EntryRow, Failure> {
    let kind = row.text("kind")?;
    Ok(EntryRow {
        id: row.int("id")?,
        kind: EntryKind::named(&kind)
            .ok_or_else(|| Failure::new(format_args!("unknown kind of entry: {kind}")))?,
        amount: row.bonus("amount")?,
        balance_after: row.bonus("balance_after")?,
        sale_total: row.int_opt("total")?.map(Money::from_hundredths),
        explanation: serde_json::from_str(&row.text("explanation")?)?,
        created_at: row.time("created_at")?,
    })
}

fn purchase(row: &Row) -> Result<PurchaseRow, Failure> {
    Ok(PurchaseRow {
        id: row.int("id")?,
        kind: row.text("kind")?,
        receipt_number: row.text_opt("receipt_number")?,
        sale_at: row.time("sale_at")?,
        total: row.money("total")?,
        accrued: row.bonus("accrued")?,
        redeemed: row.bonus("redeemed")?,
        branch_name: row.text_opt("branch_name")?,
        branch_address: row.text_opt("branch_address")?,
        lines: serde_json::from_str(&row.text("lines")?)?,
    })
}
