//! A shop's own clients and sales, page by page, for a simulation. Read in one snapshot, nothing is written.

use std::collections::HashMap;

use crate::Failure;
use crate::ledger::PastSale;
use crate::model::{Money, RedeemMode, Timestamp};
use crate::store::account::accounts::{ClientRow, client, client_columns};
use crate::store::{Row, Scope};

/// A client with what was before the sales that are replayed.
#[derive(Clone, Debug)]
pub(crate) struct PastClient {
    pub row: ClientRow,
    pub enrolled_at: Timestamp,
    /// The newest purchase before them.
    pub last_purchase_before: Option<Timestamp>,
}

/// What a client's purchases that are replayed come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Replayed {
    pub sales: i64,
    /// Less what was brought back.
    pub left: Money,
}

/// A place among purchases in the order of clients and of their sales.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SalePlace {
    pub client_id: i64,
    pub number: i64,
}

/// A purchase whose lines are still to be read out of their text.
#[derive(Debug)]
pub(crate) struct StoredPastSale {
    pub place: SalePlace,
    sale: PastSale,
    lines: String,
}

impl StoredPastSale {
    /// With its lines: work for the processor, not for the database.
    pub fn read(self) -> Result<PastSale, Failure> {
        Ok(PastSale {
            lines: serde_json::from_str(&self.lines)?,
            ..self.sale
        })
    }
}

/// Clients after number `after`.
pub(crate) async fn clients(
    scope: &mut Scope<'_>,
    after: i64,
    from: Timestamp,
    most: i64,
) -> Result<Vec<PastClient>, Failure> {
    let sql = concat!(
        "SELECT ",
        client_columns!(),
        ", c.created_at AS enrolled_at,
           (SELECT MAX(s.created_at) FROM sales AS s WHERE s.tenant_id = c.tenant_id AND s.client_id = c.id
                   AND s.kind = 'sale' AND s.created_at < $3) AS last_purchase_before
           FROM clients AS c
          WHERE c.tenant_id = $1 AND c.id > $2
          ORDER BY c.id LIMIT $4"
    );
    let rows = scope.query(sql).bind(after).bind(from).bind(most).all().await?;
    rows.iter()
        .map(|row| {
            let found = client(row)?;
            Ok(PastClient {
                row: found.ok_or(sqlx::Error::RowNotFound)?,
                enrolled_at: row.time("enrolled_at")?,
                last_purchase_before: row.time_opt("last_purchase_before")?,
            })
        })
        .collect()
}

/// What the purchases of clients numbered above `after`, up to `up_to`, made from `from` on, come to.
pub(crate) async fn replayed(
    scope: &mut Scope<'_>,
    (after, up_to): (i64, i64),
    from: Timestamp,
) -> Result<HashMap<i64, Replayed>, Failure> {
    let sql = "SELECT s.client_id, COUNT(*) AS sales,
                      CAST(SUM(s.total - COALESCE((SELECT SUM(r.amount) FROM returns AS r
                            WHERE r.tenant_id = s.tenant_id AND r.sale_id = s.id), 0)) AS BIGINT) AS kept
                 FROM sales AS s
                WHERE s.tenant_id = $1 AND s.client_id > $2 AND s.client_id <= $3 AND s.kind = 'sale'
                  AND s.created_at >= $4
                GROUP BY s.client_id";
    let rows = scope.query(sql).bind(after).bind(up_to).bind(from).all().await?;
    rows.iter()
        .map(|row| {
            let replayed = Replayed {
                sales: row.int("sales")?,
                left: row.money("kept")?,
            };
            Ok((row.int("client_id")?, replayed))
        })
        .collect()
}

/// Purchases after a place, of clients up to `up_to`, made from `from` on, at most `most` of them: by client, the oldest
/// first.
pub(crate) async fn sales(
    scope: &mut Scope<'_>,
    after: SalePlace,
    up_to: i64,
    from: Timestamp,
    most: i64,
) -> Result<Vec<StoredPastSale>, Failure> {
    let sql = "SELECT s.client_id, s.number, s.total, s.gross, s.accrued, s.mode, s.sale_at, s.created_at, s.register_id,
                      s.lines, g.branch_id,
                      CAST(s.redeemed + COALESCE((SELECT o.redeemed FROM sales AS o
                            WHERE o.tenant_id = s.tenant_id AND o.external_id = s.external_id AND o.kind = 'redemption'
                              AND o.client_id = s.client_id), 0) AS BIGINT) AS redeemed,
                      CAST(COALESCE((SELECT SUM(r.amount) FROM returns AS r
                            WHERE r.tenant_id = s.tenant_id AND r.sale_id = s.id), 0) AS BIGINT) AS returned,
                      CAST(COALESCE((SELECT SUM(r.revoked) FROM returns AS r
                            WHERE r.tenant_id = s.tenant_id AND r.sale_id = s.id), 0) AS BIGINT) AS revoked
                 FROM sales AS s
                 LEFT JOIN registers AS g ON g.tenant_id = s.tenant_id AND g.id = s.register_id
                WHERE s.tenant_id = $1 AND (s.client_id, s.number) > ($2, $3) AND s.client_id <= $4 AND s.kind = 'sale'
                  AND s.created_at >= $5
                ORDER BY s.client_id, s.number LIMIT $6";
    let rows = scope
        .query(sql)
        .bind(after.client_id)
        .bind(after.number)
        .bind(up_to)
        .bind(from)
        .bind(most)
        .all()
        .await?;
    rows.iter().map(sale).collect()
}

fn sale(row: &Row) -> Result<StoredPastSale, Failure> {
    let sale = PastSale {
        total: row.money("total")?,
        gross: row.money("gross")?,
        redeemed: row.bonus("redeemed")?,
        accrued: row.bonus("accrued")? - row.bonus("revoked")?,
        returned: row.money("returned")?,
        mode: match row.text("mode")?.as_str() {
            "discount" => RedeemMode::Discount,
            _ => RedeemMode::PaymentType,
        },
        sale_at: row.time("sale_at")?,
        created_at: row.time("created_at")?,
        branch_id: row.int_opt("branch_id")?,
        register_id: row.int_opt("register_id")?,
        lines: Vec::new(),
    };
    Ok(StoredPastSale {
        place: SalePlace {
            client_id: row.int("client_id")?,
            number: row.int("number")?,
        },
        sale,
        lines: row.text("lines")?,
    })
}
