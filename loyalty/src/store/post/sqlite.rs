//! Postings on SQLite, a group in one transaction.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::{Executor, Row as _, SqliteConnection};

use super::posted::Posted;
use super::rows::{PostingRows, UseRow};
use crate::store::engine::committer::Job;
use crate::store::engine::db::sqlite_query;

type Result<T> = std::result::Result<T, sqlx::Error>;

impl Job for Box<PostingRows> {
    type Outcome = Posted;
    const GROUP_SIZES: &'static str = "bonex_posting_group_size";

    async fn apply(group: &[Self], connection: &mut SqliteConnection) -> Result<Vec<Posted>> {
        apply(connection, group).await
    }

    fn outcome_of(error: &sqlx::Error) -> Option<Posted> {
        let broken = error.as_database_error()?;
        broken.is_unique_violation().then_some(Posted::Repeated)
    }
}

/// Applies a group inside a transaction that is already begun: stale and repeated postings are left out.
pub(in crate::store) async fn apply(
    connection: &mut SqliteConnection,
    group: &[Box<PostingRows>],
) -> Result<Vec<Posted>> {
    let outcomes = screen(connection, group).await?;
    let kept: Vec<&PostingRows> = group
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| **outcome == Posted::Done)
        .map(|(rows, _)| &**rows)
        .collect();
    if !kept.is_empty() {
        write(connection, &kept).await?;
    }
    Ok(outcomes)
}

/// Which postings may be applied: versions, external ids and keys are read in bulk.
async fn screen(connection: &mut SqliteConnection, group: &[Box<PostingRows>]) -> Result<Vec<Posted>> {
    let clients: Vec<_> = group
        .iter()
        .map(|rows| (rows.client.tenant_id, rows.client.id))
        .collect();
    let sql = "SELECT c.tenant_id, c.id, c.version
                 FROM jsonb_each($1) AS wanted CROSS JOIN clients AS c
                WHERE c.tenant_id = wanted.value ->> 0 AND c.id = wanted.value ->> 1";
    let mut current: HashSet<(i64, i64, i64)> = HashSet::new();
    for row in connection
        .fetch_all(sqlite_query(sql, vec![json(&clients)?])?)
        .await?
    {
        current.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    }
    let mut known = known_names(connection, group).await?;
    let mut used = used_promotions(connection, group).await?;
    Ok(group
        .iter()
        .map(|rows| {
            let client = &rows.client;
            if names(rows).any(|name| known.contains(&name)) {
                return Posted::Repeated;
            }
            let is_left = |row: &UseRow| {
                let so_far = used.get(&(row.tenant_id, row.promotion_id)).copied().unwrap_or(0);
                row.in_all.is_none_or(|most| so_far < most)
            };
            if !rows.uses.iter().all(is_left) {
                return Posted::Stale;
            }
            // Taken out, so that a second posting of the same account in this group is stale.
            if !current.remove(&(client.tenant_id, client.id, client.version)) {
                return Posted::Stale;
            }
            known.extend(names(rows));
            for row in rows.uses.iter().filter(|row| row.in_all.is_some()) {
                *used.entry((row.tenant_id, row.promotion_id)).or_default() += 1;
            }
            Posted::Done
        })
        .collect())
}

/// How often the promotions that the group uses, and that are limited in all, have been used.
async fn used_promotions(
    connection: &mut SqliteConnection,
    group: &[Box<PostingRows>],
) -> Result<HashMap<(i64, i64), i64>> {
    let limited = group.iter().flat_map(|rows| &rows.uses);
    let wanted: Vec<(i64, i64)> = limited
        .filter(|row| row.in_all.is_some())
        .map(|row| (row.tenant_id, row.promotion_id))
        .collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "SELECT p.tenant_id, p.id, p.used
                 FROM jsonb_each($1) AS wanted CROSS JOIN promotions AS p
                WHERE p.tenant_id = wanted.value ->> 0 AND p.id = wanted.value ->> 1";
    let mut used = HashMap::new();
    for row in connection
        .fetch_all(sqlite_query(sql, vec![json(&wanted)?])?)
        .await?
    {
        used.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
    }
    Ok(used)
}

/// Everything a posting claims by name, each unique in its tenant: external ids, causes and the idempotency key.
type Name = (i64, String, String);

fn names(rows: &PostingRows) -> impl Iterator<Item = Name> {
    let tenant = rows.client.tenant_id;
    let sale = rows
        .sale
        .iter()
        .filter_map(move |sale| Some((tenant, sale.kind.to_owned(), sale.external_id.clone()?)));
    let returned = rows
        .returned
        .iter()
        .map(move |row| (tenant, "return".to_owned(), row.external_id.clone()));
    let keys = rows
        .keys
        .iter()
        .map(move |row| (tenant, format!("key {}", row.scope), row.key.clone()));
    let causes = rows
        .entries
        .iter()
        .filter_map(move |row| Some((tenant, format!("cause {}", row.client_id), row.cause.clone()?)));
    sale.chain(returned).chain(keys).chain(causes)
}

async fn known_names(connection: &mut SqliteConnection, group: &[Box<PostingRows>]) -> Result<HashSet<Name>> {
    let wanted: Vec<Name> = group.iter().flat_map(|rows| names(rows)).collect();
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "SELECT wanted.value ->> 0, wanted.value ->> 1, wanted.value ->> 2
                 FROM jsonb_each($1) AS wanted
                WHERE CASE wanted.value ->> 1
                 WHEN 'return' THEN EXISTS (SELECT 1 FROM returns AS r
                       WHERE r.tenant_id = wanted.value ->> 0 AND r.external_id = wanted.value ->> 2)
                 WHEN 'sale' THEN EXISTS (SELECT 1 FROM sales AS s WHERE s.tenant_id = wanted.value ->> 0
                       AND s.external_id = wanted.value ->> 2 AND s.kind = 'sale')
                 WHEN 'redemption' THEN EXISTS (SELECT 1 FROM sales AS s WHERE s.tenant_id = wanted.value ->> 0
                       AND s.external_id = wanted.value ->> 2 AND s.kind = 'redemption')
                 ELSE CASE substr(wanted.value ->> 1, 1, 6) WHEN 'cause ' THEN EXISTS (SELECT 1 FROM entries AS e
                       WHERE e.tenant_id = wanted.value ->> 0 AND e.cause = wanted.value ->> 2
                         AND e.client_id = CAST(substr(wanted.value ->> 1, 7) AS INTEGER))
                 ELSE EXISTS (SELECT 1 FROM idempotency_keys AS k WHERE k.tenant_id = wanted.value ->> 0
                       AND k.scope = substr(wanted.value ->> 1, 5) AND k.key = wanted.value ->> 2)
                  END END";
    let mut known = HashSet::new();
    for row in connection
        .fetch_all(sqlite_query(sql, vec![json(&wanted)?])?)
        .await?
    {
        known.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    }
    Ok(known)
}

/// One statement per table, whatever the size of the group.
async fn write(connection: &mut SqliteConnection, group: &[&PostingRows]) -> Result<()> {
    let clients: Vec<_> = group.iter().map(|rows| &rows.client).collect();
    run(connection, CLIENTS, &clients, Some(clients.len())).await?;
    let lots: Vec<_> = group.iter().flat_map(|rows| &rows.lots).collect();
    run(connection, LOTS, &lots, None).await?;
    let changed: Vec<_> = group.iter().flat_map(|rows| &rows.changed).collect();
    run(connection, CHANGED, &changed, Some(changed.len())).await?;
    let entries: Vec<_> = group.iter().flat_map(|rows| &rows.entries).collect();
    run(connection, ENTRIES, &entries, None).await?;
    let entry_lots: Vec<_> = group.iter().flat_map(|rows| &rows.entry_lots).collect();
    run(connection, ENTRY_LOTS, &entry_lots, None).await?;
    let sales: Vec<_> = group.iter().filter_map(|rows| rows.sale.as_ref()).collect();
    run(connection, SALES, &sales, None).await?;
    let returns: Vec<_> = group.iter().filter_map(|rows| rows.returned.as_ref()).collect();
    run(connection, RETURNS, &returns, None).await?;
    let keys: Vec<_> = group.iter().flat_map(|rows| &rows.keys).collect();
    run(connection, KEYS, &keys, None).await?;
    let events: Vec<_> = group.iter().flat_map(|rows| &rows.events).collect();
    run(connection, EVENTS, &events, None).await?;
    let messages: Vec<_> = group.iter().flat_map(|rows| &rows.messages).collect();
    run(connection, MESSAGES, &messages, None).await?;
    let follow_ups: Vec<_> = group.iter().flat_map(|rows| &rows.follow_ups).collect();
    run(connection, FOLLOW_UPS, &follow_ups, None).await?;
    let (per_client, in_all) = (
        group
            .iter()
            .flat_map(|rows| &rows.uses)
            .filter(|used| used.per_client),
        group
            .iter()
            .flat_map(|rows| &rows.uses)
            .filter(|used| used.in_all.is_some()),
    );
    run(connection, HAD, &per_client.collect::<Vec<_>>(), None).await?;
    run(connection, USED, &in_all.collect::<Vec<_>>(), None).await
}

async fn run<T: Serialize>(
    connection: &mut SqliteConnection,
    sql: &'static str,
    rows: &[T],
    planned: Option<usize>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let touched = connection
        .execute(sqlite_query(sql, vec![json(rows)?])?)
        .await?
        .rows_affected();
    if planned.is_some_and(|planned| planned as u64 != touched) {
        return Err(sqlx::Error::Protocol(format!(
            "{touched} rows changed where {planned:?} were planned: {sql}"
        )));
    }
    Ok(())
}

fn json(rows: &(impl Serialize + ?Sized)) -> Result<crate::store::Value> {
    let text = serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok(text.into())
}

const CLIENTS: &str = "UPDATE clients
   SET version = version + 1, balance = new.value ->> 'balance', total_spent = new.value ->> 'total_spent',
       sales_count = new.value ->> 'sales_count', entry_number = new.value ->> 'entry_number',
       sale_number = new.value ->> 'sale_number', last_visit_at = new.value ->> 'last_visit_at',
       last_id = MAX(last_id, new.value ->> 'last_id'), year_spent = new.value ->> 'year_spent',
       year_from = new.value ->> 'year_from', last_purchase_at = new.value ->> 'last_purchase_at'
  FROM jsonb_each($1) AS new
 WHERE clients.tenant_id = new.value ->> 'tenant_id' AND clients.id = new.value ->> 'id'
   AND clients.version = new.value ->> 'version'";

const LOTS: &str =
    "INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
SELECT value ->> 'tenant_id', value ->> 'id', value ->> 'client_id', value ->> 'kind', value ->> 'amount',
       value ->> 'remaining', value ->> 'available_at', value ->> 'expires_at', value ->> 'open'
  FROM jsonb_each($1)";

const CHANGED: &str = "UPDATE lots
   SET remaining = new.value ->> 'remaining', open = new.value ->> 'open'
  FROM jsonb_each($1) AS new
 WHERE lots.tenant_id = new.value ->> 'tenant_id' AND lots.id = new.value ->> 'id'
   AND lots.remaining = new.value ->> 'before'";

const ENTRIES: &str =
    "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id,
       return_id, explanation, cause, created_at)
SELECT value ->> 'tenant_id', value ->> 'client_id', value ->> 'number', value ->> 'id', value ->> 'kind',
       value ->> 'amount', value ->> 'balance_after', value ->> 'sale_id', value ->> 'return_id',
       value ->> 'explanation', value ->> 'cause', value ->> 'created_at'
  FROM jsonb_each($1)";

const ENTRY_LOTS: &str = "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
SELECT value ->> 'tenant_id', value ->> 'client_id', value ->> 'number', value ->> 'lot_id', value ->> 'amount'
  FROM jsonb_each($1)";

const SALES: &str = "INSERT INTO sales (tenant_id, id, client_id, number, kind, register_id, external_id, total, gross,
       redeemed, accrued, mode, receipt_number, cashier_id, payment_method, sale_at, lines, balance_after, entry_first,
       entry_last, programme_version, created_at)
SELECT value ->> 'tenant_id', value ->> 'id', value ->> 'client_id', value ->> 'number', value ->> 'kind',
       value ->> 'register_id', value ->> 'external_id', value ->> 'total', value ->> 'gross', value ->> 'redeemed',
       value ->> 'accrued', value ->> 'mode', value ->> 'receipt_number', value ->> 'cashier_id',
       value ->> 'payment_method', value ->> 'sale_at', value ->> 'lines', value ->> 'balance_after',
       value ->> 'entry_first', value ->> 'entry_last',
       value ->> 'programme_version', value ->> 'created_at'
  FROM jsonb_each($1)";

const RETURNS: &str = "INSERT INTO returns (tenant_id, id, client_id, sale_id, register_id, external_id, amount,
       cash_refund, revoked, shortage, settled, restored, put_back, balance_after, entry_first, entry_last, created_at)
SELECT value ->> 'tenant_id', value ->> 'id', value ->> 'client_id', value ->> 'sale_id', value ->> 'register_id',
       value ->> 'external_id', value ->> 'amount', value ->> 'cash_refund', value ->> 'revoked',
       value ->> 'shortage', value ->> 'settled', value ->> 'restored', value ->> 'put_back', value ->> 'balance_after',
       value ->> 'entry_first', value ->> 'entry_last', value ->> 'created_at'
  FROM jsonb_each($1)";

const KEYS: &str =
    "INSERT INTO idempotency_keys (tenant_id, scope, key, body_hash, status, reply, created_at)
SELECT value ->> 'tenant_id', value ->> 'scope', value ->> 'key', value ->> 'body_hash', value ->> 'status',
       value ->> 'reply', value ->> 'created_at'
  FROM jsonb_each($1)";

const EVENTS: &str = "INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at)
SELECT value ->> 'tenant_id', value ->> 'id', value ->> 'kind', value ->> 'payload', TRUE, value ->> 'created_at'
  FROM jsonb_each($1)";

const MESSAGES: &str = "INSERT INTO outbox (tenant_id, id, client_id, kind, params, status, due_at, expires_at,
       leased_until, attempts, channels, created_at)
SELECT value ->> 'tenant_id', value ->> 'id', value ->> 'client_id', value ->> 'kind', value ->> 'params', 'waiting',
       value ->> 'due_at', value ->> 'expires_at', 0, 0, '', value ->> 'created_at'
  FROM jsonb_each($1)";

const FOLLOW_UPS: &str = "INSERT INTO follow_ups (tenant_id, id, client_id, task, due_at, attempts, created_at)
SELECT value ->> 'tenant_id', value ->> 'id', value ->> 'client_id', value ->> 'task', value ->> 'created_at', 0,
       value ->> 'created_at'
  FROM jsonb_each($1)";

const HAD: &str = "INSERT INTO promotion_uses (tenant_id, promotion_id, client_id, times)
SELECT value ->> 'tenant_id', value ->> 'promotion_id', value ->> 'client_id', 1
  FROM jsonb_each($1)
 WHERE TRUE
ON CONFLICT (tenant_id, promotion_id, client_id) DO UPDATE SET times = promotion_uses.times + 1";

/// Several postings of a group may use one promotion.
const USED: &str = "UPDATE promotions SET used = used + new.uses
  FROM (SELECT value ->> 'tenant_id' AS tenant_id, value ->> 'promotion_id' AS id, COUNT(*) AS uses
          FROM jsonb_each($1) GROUP BY 1, 2) AS new
 WHERE promotions.tenant_id = new.tenant_id AND promotions.id = new.id";
