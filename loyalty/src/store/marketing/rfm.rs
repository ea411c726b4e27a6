//! The classes of clients: what decides them, where they stand, how many there are by day.

use serde::Serialize;

use crate::Failure;
use crate::model::{Date, Money, RfmClass};
use crate::rules::rfm::{Bounds, Buying};
use crate::store::Scope;

/// A client to be reviewed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReviewedRow {
    pub client_id: i64,
    pub buying: Buying,
    pub class: Option<RfmClass>,
}

/// A client's new class.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct NewClass {
    pub id: i64,
    pub class: &'static str,
}

/// How many clients a class has, and what they spent within a year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassRow {
    pub day: Date,
    pub class: RfmClass,
    pub clients: i64,
    pub spent: Money,
}

/// Where the shop's buyers fall into fifths.
pub(crate) async fn bounds(scope: &mut Scope<'_>) -> Result<Bounds, Failure> {
    let sql = "SELECT measure, tile, MAX(measured) AS bound
                 FROM (SELECT 'recency' AS measure, last_visit_at AS measured,
                              NTILE(5) OVER (ORDER BY last_visit_at) AS tile
                         FROM clients WHERE tenant_id = $1 AND sales_count > 0 AND last_visit_at IS NOT NULL
                       UNION ALL
                       SELECT 'frequency' AS measure, sales_count AS measured,
                              NTILE(5) OVER (ORDER BY sales_count) AS tile
                         FROM clients WHERE tenant_id = $1 AND sales_count > 0
                       UNION ALL
                       SELECT 'money' AS measure, year_spent AS measured,
                              NTILE(5) OVER (ORDER BY year_spent) AS tile
                         FROM clients WHERE tenant_id = $1 AND sales_count > 0) AS fifths
                WHERE tile < 5
                GROUP BY measure, tile
                ORDER BY measure, tile";
    let mut bounds = Bounds::default();
    for row in scope.query(sql).all().await? {
        let of = match row.text("measure")?.as_str() {
            "recency" => &mut bounds.recency,
            "frequency" => &mut bounds.frequency,
            _ => &mut bounds.money,
        };
        of.push(row.int("bound")?);
    }
    Ok(bounds)
}

/// Clients above a number, in order.
pub(crate) async fn clients(
    scope: &mut Scope<'_>,
    after: i64,
    most: i64,
) -> Result<Vec<ReviewedRow>, Failure> {
    let sql = "SELECT id, last_visit_at, sales_count, year_spent, rfm FROM clients
                WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let rows = scope.query(sql).bind(after).bind(most).all().await?;
    rows.iter()
        .map(|row| {
            Ok(ReviewedRow {
                client_id: row.int("id")?,
                buying: Buying {
                    last_visit_at: row.time_opt("last_visit_at")?,
                    sales_count: row.int("sales_count")?,
                    year_spent: row.money("year_spent")?,
                },
                class: row.text_opt("rfm")?.as_deref().and_then(RfmClass::named),
            })
        })
        .collect()
}

/// Writes classes that differ; how many did. The account's version stays: no balance is decided on them.
pub(crate) async fn set_classes(scope: &mut Scope<'_>, classes: &[NewClass]) -> Result<u64, Failure> {
    if classes.is_empty() {
        return Ok(0);
    }
    let query = scope.query_by_engine(
        "UPDATE clients SET rfm = new.value ->> 'class'
           FROM json_each($2) AS new
          WHERE clients.tenant_id = $1 AND clients.id IN (SELECT value ->> 'id' FROM json_each($2))
            AND clients.id = new.value ->> 'id'
            AND clients.rfm IS DISTINCT FROM new.value ->> 'class'",
        "UPDATE clients SET rfm = new.class
           FROM json_to_recordset($2::json) AS new (id BIGINT, class TEXT)
          WHERE clients.tenant_id = $1
            AND clients.id = ANY (ARRAY(SELECT id FROM json_to_recordset($2::json) AS named (id BIGINT)))
            AND clients.id = new.id AND clients.rfm IS DISTINCT FROM new.class",
    );
    Ok(query.bind(serde_json::to_string(classes)?).execute().await?)
}

/// Notes how many clients each class has on a day.
pub(crate) async fn set_figures(scope: &mut Scope<'_>, rows: &[ClassRow]) -> Result<(), Failure> {
    for row in rows {
        let sql = "INSERT INTO rfm_figures (tenant_id, day, class, clients, spent) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (tenant_id, day, class) DO UPDATE SET clients = excluded.clients, spent = excluded.spent";
        scope
            .query(sql)
            .bind(row.day.number())
            .bind(row.class.as_str())
            .bind(row.clients)
            .bind(row.spent)
            .execute()
            .await?;
    }
    Ok(())
}

/// The classes of these days, by day.
pub(crate) async fn figures(scope: &mut Scope<'_>, from: Date, to: Date) -> Result<Vec<ClassRow>, Failure> {
    let sql = "SELECT day, class, clients, spent FROM rfm_figures
                WHERE tenant_id = $1 AND day >= $2 AND day <= $3 ORDER BY day, class";
    let rows = scope
        .query(sql)
        .bind(from.number())
        .bind(to.number())
        .all()
        .await?;
    rows.iter()
        .map(|row| {
            let (day, class) = (row.int("day")?, row.text("class")?);
            Ok(ClassRow {
                day: Date::from_number(day).ok_or_else(|| Failure::new(format_args!("stored day: {day}")))?,
                class: RfmClass::named(&class)
                    .ok_or_else(|| Failure::new(format_args!("stored class: {class}")))?,
                clients: row.int("clients")?,
                spent: row.money("spent")?,
            })
        })
        .collect()
}
