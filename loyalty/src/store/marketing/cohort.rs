//! Cohorts: what clients enrolled in one month bought in another.

use serde::Serialize;

use crate::Failure;
use crate::model::{Money, Month, Timestamp};
use crate::store::{Row, Scope};

/// One cohort in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct CohortRow {
    pub enrolled: Month,
    pub month: Month,
    pub clients: i64,
    pub buyers: i64,
    pub sales: i64,
    pub amount: Money,
}

#[derive(Serialize)]
struct StoredRow {
    enrolled_month: i64,
    month: i64,
    clients: i64,
    buyers: i64,
    sales: i64,
    amount: i64,
}

/// When the shop's first client was enrolled.
pub(crate) async fn first_enrolment(scope: &mut Scope<'_>) -> Result<Option<Timestamp>, Failure> {
    let sql = "SELECT created_at FROM clients WHERE tenant_id = $1 ORDER BY created_at LIMIT 1";
    let row = scope.query(sql).optional().await?;
    Ok(row.map(|row| row.time("created_at")).transpose()?)
}

/// Writes cohorts, new or known.
pub(crate) async fn write(scope: &mut Scope<'_>, rows: &[CohortRow]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<StoredRow> = rows.iter().map(stored).collect();
    scope
        .query_many(
            "INSERT INTO cohorts (tenant_id, enrolled_month, month, clients, buyers, sales, amount)
             SELECT $1, enrolled_month, month, clients, buyers, sales, amount
               FROM ROWS ($2) AS new (enrolled_month BIGINT, month BIGINT, clients BIGINT,
                    buyers BIGINT, sales BIGINT, amount BIGINT)
             WHERE TRUE
             ON CONFLICT (tenant_id, enrolled_month, month) DO UPDATE SET clients = excluded.clients,
                    buyers = excluded.buyers, sales = excluded.sales, amount = excluded.amount",
        )
        .bind(serde_json::to_string(&rows)?)
        .execute()
        .await?;
    Ok(())
}

/// The cohorts enrolled in these months, each month by month.
pub(crate) async fn list(scope: &mut Scope<'_>, from: Month, to: Month) -> Result<Vec<CohortRow>, Failure> {
    let sql = "SELECT enrolled_month, month, clients, buyers, sales, amount FROM cohorts
                WHERE tenant_id = $1 AND enrolled_month >= $2 AND enrolled_month <= $3
                ORDER BY enrolled_month, month";
    let rows = scope
        .query(sql)
        .bind(from.number())
        .bind(to.number())
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            Ok(CohortRow {
                enrolled: month(row, "enrolled_month")?,
                month: month(row, "month")?,
                clients: row.int("clients")?,
                buyers: row.int("buyers")?,
                sales: row.int("sales")?,
                amount: row.money("amount")?,
            })
        })
        .collect()
}

fn month(row: &Row, column: &str) -> Result<Month, Failure> {
    let number = row.int(column)?;
    Month::from_number(number).ok_or_else(|| Failure::new(format_args!("stored month: {number}")))
}

fn stored(row: &CohortRow) -> StoredRow {
    StoredRow {
        enrolled_month: row.enrolled.number(),
        month: row.month.number(),
        clients: row.clients,
        buyers: row.buyers,
        sales: row.sales,
        amount: row.amount.hundredths(),
    }
}
