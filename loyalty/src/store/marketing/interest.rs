//! What clients buy: counted once per sale, asked for by client or by goods. What returns take of it: `interest_returns`.

use std::collections::HashMap;

use serde::Serialize;

use crate::Failure;
use crate::ledger::Line;
use crate::model::{Goods, Timestamp};
use crate::rules::interest::{Bought, Interest, Purchase};
use crate::store::{Row, Scope};

/// A sale that interests have not counted; no purchase for a redemption without a sale.
#[derive(Clone, Debug)]
pub(crate) struct UncountedSale {
    pub id: i64,
    pub purchase: Option<Purchase>,
}

#[derive(Serialize)]
struct InterestRow<'a> {
    client_id: i64,
    kind: &'static str,
    name: &'a str,
    times: i64,
    last_at: i64,
}

#[derive(Serialize)]
struct GoodsRow<'a> {
    kind: &'static str,
    name: &'a str,
}

/// How far counting is: the last sale that is counted and the last return that lowered, 0 before the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub sale_id: i64,
    pub return_id: i64,
}

/// Takes the shop's cursor. Whoever else counts for this shop waits until the transaction ends.
pub(crate) async fn take_cursor(scope: &mut Scope<'_>, now: Timestamp) -> Result<Cursor, Failure> {
    let sql = "INSERT INTO interest_cursors (tenant_id, sale_id, updated_at) VALUES ($1, 0, $2)
               ON CONFLICT (tenant_id) DO UPDATE SET updated_at = excluded.updated_at
               RETURNING sale_id, return_id";
    let row = scope.query(sql).bind(now).one().await?;
    Ok(Cursor {
        sale_id: row.int("sale_id")?,
        return_id: row.int("return_id")?,
    })
}

/// Everything up to this sale is counted.
pub(crate) async fn move_cursor(scope: &mut Scope<'_>, sale_id: i64) -> Result<(), Failure> {
    let sql = "UPDATE interest_cursors SET sale_id = $2 WHERE tenant_id = $1";
    scope.query(sql).bind(sale_id).execute().await?;
    Ok(())
}

/// Sales after one and before an id, the oldest first.
pub(crate) async fn uncounted(
    scope: &mut Scope<'_>,
    after: i64,
    before: i64,
    most: i64,
) -> Result<Vec<UncountedSale>, Failure> {
    let sql = "SELECT id, client_id, kind, sale_at, lines FROM sales
                WHERE tenant_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4";
    let rows = scope.query(sql).bind(after).bind(before).bind(most).all().await?;
    rows.iter().map(uncounted_sale).collect()
}

fn uncounted_sale(row: &Row) -> Result<UncountedSale, Failure> {
    let id = row.int("id")?;
    if row.text("kind")? != "sale" {
        return Ok(UncountedSale { id, purchase: None });
    }
    Ok(UncountedSale {
        id,
        purchase: Some(purchase(row, id)?),
    })
}

/// The purchase of this sale. A receipt whose lines can't be read has none.
pub(in crate::store) fn purchase(row: &Row, sale_id: i64) -> Result<Purchase, Failure> {
    let lines: Vec<Line> = serde_json::from_str(&row.text("lines")?).unwrap_or_else(|error| {
        // One that can't be read must not stop all that follow it.
        tracing::error!(%error, sale = sale_id, "the lines of a sale can't be read and are left out");
        Vec::new()
    });
    Ok(Purchase {
        client_id: row.int("client_id")?,
        sale_at: row.time("sale_at")?,
        lines,
    })
}

/// Adds to what is known. In order of clients, so that two writers do not wait for each other in a circle.
pub(crate) async fn add<'a>(
    scope: &mut Scope<'_>,
    counted: impl Iterator<Item = (&'a Interest, &'a Bought)>,
) -> Result<(), Failure> {
    let rows: Vec<InterestRow<'_>> = counted
        .map(|((client_id, goods), bought)| {
            let (kind, name) = goods.parts();
            InterestRow {
                client_id: *client_id,
                kind,
                name,
                times: bought.times,
                last_at: bought.last_at.millis(),
            }
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    scope
        .query_many(
            "INSERT INTO client_interests (tenant_id, client_id, kind, name, times, last_at)
             SELECT $1, client_id, kind, name, times, last_at
               FROM ROWS ($2) AS new (client_id BIGINT, kind TEXT, name TEXT, times BIGINT,
                    last_at BIGINT)
             WHERE TRUE
             ON CONFLICT (tenant_id, client_id, kind, name) DO UPDATE
                SET times = client_interests.times + excluded.times,
                    last_at = CASE WHEN excluded.last_at > client_interests.last_at THEN excluded.last_at
                                   ELSE client_interests.last_at END",
        )
        .bind(serde_json::to_string(&rows)?)
        .execute()
        .await?;
    Ok(())
}

/// When a client last bought each of these goods; what was never bought is not there.
pub(crate) async fn of_client(
    scope: &mut Scope<'_>,
    client_id: i64,
    goods: &[Goods],
) -> Result<HashMap<Goods, Timestamp>, Failure> {
    let mut all = of_clients(scope, &[client_id], goods).await?;
    Ok(all.remove(&client_id).unwrap_or_default())
}

/// As [`of_client`], for many clients.
pub(crate) async fn of_clients(
    scope: &mut Scope<'_>,
    client_ids: &[i64],
    goods: &[Goods],
) -> Result<HashMap<i64, HashMap<Goods, Timestamp>>, Failure> {
    let mut found: HashMap<i64, HashMap<Goods, Timestamp>> = HashMap::new();
    if client_ids.is_empty() || goods.is_empty() {
        return Ok(found);
    }
    let rows = scope
        .query_many(
            "SELECT i.client_id, i.kind, i.name, i.last_at
               FROM client_interests AS i
               JOIN ROWS ($3) AS goods (kind TEXT, name TEXT)
                 ON i.kind = goods.kind AND i.name = goods.name
              WHERE i.tenant_id = $1
                AND i.client_id IN LIST ($2)",
        )
        .bind(serde_json::to_string(client_ids)?)
        .bind(goods_json(goods)?)
        .all()
        .await?;
    for row in &rows {
        let goods = self::goods(row)?;
        let bought = found.entry(row.int("client_id")?).or_default();
        bought.insert(goods, row.time("last_at")?);
    }
    Ok(found)
}

/// The clients who bought any of these goods at `since` or later, in rising order.
pub(crate) async fn buyers(
    scope: &mut Scope<'_>,
    goods: &[Goods],
    since: Timestamp,
) -> Result<Vec<i64>, Failure> {
    let mut clients = Vec::new();
    for goods in goods {
        let (kind, name) = goods.parts();
        let sql = "SELECT client_id FROM client_interests
                    WHERE tenant_id = $1 AND kind = $2 AND name = $3 AND last_at >= $4";
        let rows = scope.query(sql).bind(kind).bind(name).bind(since).all().await?;
        for row in &rows {
            clients.push(row.int("client_id")?);
        }
    }
    clients.sort_unstable();
    clients.dedup();
    Ok(clients)
}

/// Goods as a JSON parameter.
fn goods_json(goods: &[Goods]) -> Result<String, Failure> {
    let rows: Vec<GoodsRow<'_>> = goods
        .iter()
        .map(|goods| {
            let (kind, name) = goods.parts();
            GoodsRow { kind, name }
        })
        .collect();
    Ok(serde_json::to_string(&rows)?)
}

pub(in crate::store) fn goods(row: &Row) -> Result<Goods, Failure> {
    let (kind, name) = (row.text("kind")?, row.text("name")?);
    match kind.as_str() {
        "sku" => Ok(Goods::Sku(name)),
        "category" => Ok(Goods::Category(name)),
        "tag" => Ok(Goods::Tag(name)),
        _ => Err(Failure::new(format_args!("unknown kind of goods: {kind}"))),
    }
}
