//! Figures by day: written as a whole for each posted day, read by range.

use serde::Serialize;

use crate::Failure;
use crate::model::{DailyFigures, Date, Figures, Level, Timestamp};
use crate::store::{Row, Scope};

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 1000;

#[derive(Serialize)]
struct FiguresRow {
    day: i64,
    level: &'static str,
    branch_id: i64,
    register_id: i64,
    sales: i64,
    sales_amount: i64,
    receipts: i64,
    receipts_amount: i64,
    redemptions: i64,
    redeemed: i64,
    accrued: i64,
    given: i64,
    adjusted: i64,
    expired: i64,
    returns: i64,
    returned_amount: i64,
    revoked: i64,
    settled: i64,
    restored: i64,
    new_clients: i64,
    buyers: i64,
    returning_buyers: i64,
}

/// Notes that a posted day was read at `read_at`, and takes it until the transaction ends; false when a newer reading
/// is already there.
pub(crate) async fn claim_day(
    scope: &mut Scope<'_>,
    posted_day: Date,
    read_at: Timestamp,
) -> Result<bool, Failure> {
    let sql = "INSERT INTO figure_days (tenant_id, posted_day, read_at) VALUES ($1, $2, $3)
               ON CONFLICT (tenant_id, posted_day) DO UPDATE SET read_at = excluded.read_at
                WHERE figure_days.read_at <= excluded.read_at";
    let query = scope.query(sql).bind(posted_day.number()).bind(read_at);
    Ok(query.execute().await? == 1)
}

/// Puts these rows in the place of all that a posted day had.
pub(crate) async fn replace_day(
    scope: &mut Scope<'_>,
    posted_day: Date,
    rows: &[(Level, DailyFigures)],
) -> Result<(), Failure> {
    let sql = "DELETE FROM daily_figures WHERE tenant_id = $1 AND posted_day = $2";
    scope.query(sql).bind(posted_day.number()).execute().await?;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let rows: Vec<FiguresRow> = rows.iter().map(|(level, row)| stored(*level, row)).collect();
        scope
            .query_many("INSERT INTO daily_figures (tenant_id, posted_day, day, level, branch_id, register_id, sales,
                        sales_amount, receipts, receipts_amount, redemptions, redeemed, accrued, given, adjusted,
                        expired, returns, returned_amount, revoked, settled, restored, new_clients, buyers,
                        returning_buyers)
                 SELECT $1, $2, day, level, branch_id, register_id, sales, sales_amount, receipts, receipts_amount,
                        redemptions, redeemed, accrued, given, adjusted, expired, returns, returned_amount, revoked,
                        settled, restored, new_clients, buyers, returning_buyers
                   FROM ROWS ($3) AS new (day BIGINT, level TEXT, branch_id BIGINT,
                        register_id BIGINT, sales BIGINT, sales_amount BIGINT, receipts BIGINT,
                        receipts_amount BIGINT, redemptions BIGINT, redeemed BIGINT, accrued BIGINT, given BIGINT,
                        adjusted BIGINT, expired BIGINT, returns BIGINT, returned_amount BIGINT, revoked BIGINT,
                        settled BIGINT, restored BIGINT, new_clients BIGINT, buyers BIGINT, returning_buyers BIGINT)")
            .bind(posted_day.number())
            .bind(serde_json::to_string(&rows)?)
            .execute()
            .await?;
    }
    Ok(())
}

/// The figures of these days at one level, by day and place.
pub(crate) async fn list(
    scope: &mut Scope<'_>,
    level: Level,
    from: Date,
    to: Date,
) -> Result<Vec<DailyFigures>, Failure> {
    let sql = "SELECT day, branch_id, register_id,
                      CAST(SUM(sales) AS BIGINT) AS sales,
                      CAST(SUM(sales_amount) AS BIGINT) AS sales_amount,
                      CAST(SUM(receipts) AS BIGINT) AS receipts,
                      CAST(SUM(receipts_amount) AS BIGINT) AS receipts_amount,
                      CAST(SUM(redemptions) AS BIGINT) AS redemptions,
                      CAST(SUM(redeemed) AS BIGINT) AS redeemed,
                      CAST(SUM(accrued) AS BIGINT) AS accrued,
                      CAST(SUM(given) AS BIGINT) AS given,
                      CAST(SUM(adjusted) AS BIGINT) AS adjusted,
                      CAST(SUM(expired) AS BIGINT) AS expired,
                      CAST(SUM(returns) AS BIGINT) AS returns,
                      CAST(SUM(returned_amount) AS BIGINT) AS returned_amount,
                      CAST(SUM(revoked) AS BIGINT) AS revoked,
                      CAST(SUM(settled) AS BIGINT) AS settled,
                      CAST(SUM(restored) AS BIGINT) AS restored,
                      CAST(SUM(new_clients) AS BIGINT) AS new_clients,
                      CAST(SUM(buyers) AS BIGINT) AS buyers,
                      CAST(SUM(returning_buyers) AS BIGINT) AS returning_buyers
                 FROM daily_figures
                WHERE tenant_id = $1 AND level = $2 AND day >= $3 AND day <= $4
                GROUP BY day, branch_id, register_id
                ORDER BY day, branch_id, register_id";
    let rows = scope
        .query(sql)
        .bind(level.as_str())
        .bind(from.number())
        .bind(to.number())
        .all()
        .await?;
    rows.iter().map(daily_figures).collect()
}

/// As of when the newest posted day was read; none before the first.
pub(crate) async fn read_at(scope: &mut Scope<'_>) -> Result<Option<Timestamp>, Failure> {
    let sql = "SELECT read_at FROM figure_days WHERE tenant_id = $1 ORDER BY posted_day DESC LIMIT 1";
    let row = scope.query(sql).optional().await?;
    Ok(row.map(|row| row.time("read_at")).transpose()?)
}

fn stored(level: Level, row: &DailyFigures) -> FiguresRow {
    let figures = &row.figures;
    FiguresRow {
        day: row.day.number(),
        level: level.as_str(),
        branch_id: row.branch_id,
        register_id: row.register_id,
        sales: figures.sales,
        sales_amount: figures.sales_amount.hundredths(),
        receipts: figures.receipts,
        receipts_amount: figures.receipts_amount.hundredths(),
        redemptions: figures.redemptions,
        redeemed: figures.redeemed.hundredths(),
        accrued: figures.accrued.hundredths(),
        given: figures.given.hundredths(),
        adjusted: figures.adjusted.hundredths(),
        expired: figures.expired.hundredths(),
        returns: figures.returns,
        returned_amount: figures.returned_amount.hundredths(),
        revoked: figures.revoked.hundredths(),
        settled: figures.settled.hundredths(),
        restored: figures.restored.hundredths(),
        new_clients: figures.new_clients,
        buyers: figures.buyers,
        returning_buyers: figures.returning_buyers,
    }
}

fn daily_figures(row: &Row) -> Result<DailyFigures, Failure> {
    let number = row.int("day")?;
    Ok(DailyFigures {
        day: Date::from_number(number).ok_or_else(|| Failure::new(format_args!("stored day: {number}")))?,
        branch_id: row.int("branch_id")?,
        register_id: row.int("register_id")?,
        figures: Figures {
            sales: row.int("sales")?,
            sales_amount: row.money("sales_amount")?,
            receipts: row.int("receipts")?,
            receipts_amount: row.money("receipts_amount")?,
            redemptions: row.int("redemptions")?,
            redeemed: row.bonus("redeemed")?,
            accrued: row.bonus("accrued")?,
            given: row.bonus("given")?,
            adjusted: row.bonus("adjusted")?,
            expired: row.bonus("expired")?,
            returns: row.int("returns")?,
            returned_amount: row.money("returned_amount")?,
            revoked: row.bonus("revoked")?,
            settled: row.bonus("settled")?,
            restored: row.bonus("restored")?,
            new_clients: row.int("new_clients")?,
            buyers: row.int("buyers")?,
            returning_buyers: row.int("returning_buyers")?,
        },
    })
}
