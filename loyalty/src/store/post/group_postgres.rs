//! Postings of several accounts on PostgreSQL: one statement for all.

use std::collections::HashSet;

use serde::Serialize;
use sqlx::Executor;

use super::posted::Posted;
use super::postgres::json;
use super::rows::PostingRows;
use crate::store::Value;
use crate::store::engine::db::postgres_query;

/// Several accounts changed for the same reason, none of them by a sale or a return. An account that has moved on keeps
/// out everything of its own; the numbers of those that have not are the answer. A lot that is not as it was read makes
/// the last line divide by zero, which undoes all.
const POST_GROUP: &str = "WITH accounts AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json) AS new (id BIGINT, version BIGINT, balance BIGINT, total_spent BIGINT,
           sales_count BIGINT, entry_number BIGINT, sale_number BIGINT, last_visit_at BIGINT, last_id BIGINT,
           year_spent BIGINT, year_from BIGINT, last_purchase_at BIGINT)
), moved AS (
    UPDATE clients
       SET version = clients.version + 1, balance = new.balance, total_spent = new.total_spent,
           sales_count = new.sales_count, entry_number = new.entry_number, sale_number = new.sale_number,
           last_visit_at = new.last_visit_at, last_id = GREATEST(clients.last_id, new.last_id),
           year_spent = new.year_spent, year_from = new.year_from, last_purchase_at = new.last_purchase_at
      FROM accounts AS new
     WHERE clients.tenant_id = $1 AND clients.id = ANY (ARRAY(SELECT id FROM accounts))
       AND clients.id = new.id AND clients.version = new.version
    RETURNING clients.id
), opened AS (
    INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
    SELECT $1, new.id, moved.id, new.kind, new.amount, new.remaining, new.available_at, new.expires_at, new.open
      FROM moved
      JOIN json_to_recordset($3::json) AS new (id BIGINT, client_id BIGINT, kind TEXT, amount BIGINT, remaining BIGINT,
           available_at BIGINT, expires_at BIGINT, open BOOLEAN) ON new.client_id = moved.id
), planned AS MATERIALIZED (
    SELECT new.*
      FROM moved
      JOIN json_to_recordset($4::json) AS new (id BIGINT, client_id BIGINT, before BIGINT, remaining BIGINT,
           open BOOLEAN) ON new.client_id = moved.id
), changed AS (
    UPDATE lots
       SET remaining = planned.remaining, open = planned.open
      FROM planned
     WHERE lots.tenant_id = $1 AND lots.id = ANY (ARRAY(SELECT id FROM planned))
       AND lots.id = planned.id AND lots.client_id = planned.client_id AND lots.remaining = planned.before
    RETURNING lots.id
), entered AS (
    INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id, return_id,
           explanation, cause, created_at)
    SELECT $1, moved.id, new.number, new.id, new.kind, new.amount, new.balance_after, NULL, NULL, new.explanation,
           new.cause, new.created_at
      FROM moved
      JOIN json_to_recordset($5::json) AS new (client_id BIGINT, number BIGINT, id BIGINT, kind TEXT, amount BIGINT,
           balance_after BIGINT, explanation TEXT, cause TEXT, created_at BIGINT) ON new.client_id = moved.id
), traced AS (
    INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
    SELECT $1, moved.id, new.number, new.lot_id, new.amount
      FROM moved
      JOIN json_to_recordset($6::json) AS new (client_id BIGINT, number BIGINT, lot_id BIGINT, amount BIGINT)
        ON new.client_id = moved.id
), told AS (
    INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at)
    SELECT $1, new.id, new.kind, new.payload, TRUE, new.created_at
      FROM moved
      JOIN json_to_recordset($7::json) AS new (client_id BIGINT, id BIGINT, kind TEXT, payload TEXT,
           created_at BIGINT) ON new.client_id = moved.id
), queued AS (
    INSERT INTO outbox (tenant_id, id, client_id, kind, params, status, due_at, expires_at, leased_until, attempts,
           channels, created_at)
    SELECT $1, new.id, moved.id, new.kind, new.params, 'waiting', new.due_at, new.expires_at, 0, 0, '', new.created_at
      FROM moved
      JOIN json_to_recordset($8::json) AS new (client_id BIGINT, id BIGINT, kind TEXT, params TEXT, due_at BIGINT,
           expires_at BIGINT, created_at BIGINT) ON new.client_id = moved.id
)
SELECT id, CASE WHEN (SELECT COUNT(*) FROM changed) = (SELECT COUNT(*) FROM planned) THEN 1
                ELSE 1 / (SELECT COUNT(*) - COUNT(*) FROM planned) END AS posted
  FROM moved";

/// Applies rows of several accounts of one shop, none of them with a sale, a return or a key; how each went. None when
/// one of them stands in the way of all: then they are to be posted one by one.
pub(in crate::store) async fn post_group(
    pool: &sqlx::PgPool,
    group: &[Box<PostingRows>],
) -> Result<Option<Vec<Posted>>, sqlx::Error> {
    let query = postgres_query(POST_GROUP, group_parameters(group)?)?;
    let moved = match pool.fetch_all(query).await {
        Ok(rows) => rows
            .iter()
            .map(|row| sqlx::Row::try_get(row, "id"))
            .collect::<Result<HashSet<i64>, _>>()?,
        Err(sqlx::Error::Database(error))
            if error.is_unique_violation()
                || matches!(error.code().as_deref(), Some("40001" | "40P01" | "22012")) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let outcome = |client_id: i64| match moved.contains(&client_id) {
        true => Posted::Done,
        false => Posted::Stale,
    };
    Ok(Some(group.iter().map(|rows| outcome(rows.client.id)).collect()))
}

fn group_parameters(group: &[Box<PostingRows>]) -> Result<Vec<Value>, sqlx::Error> {
    let tenant_id = group.first().map_or(0, |rows| rows.client.tenant_id);
    let of_client = |rows: &'_ PostingRows| rows.client.id;
    let events: Vec<Owned<'_, _>> = group
        .iter()
        .flat_map(|rows| rows.events.iter().map(|row| Owned::new(of_client(rows), row)))
        .collect();
    Ok(vec![
        tenant_id.into(),
        json(&group.iter().map(|rows| &rows.client).collect::<Vec<_>>())?,
        json(&group.iter().flat_map(|rows| &rows.lots).collect::<Vec<_>>())?,
        json(&group.iter().flat_map(|rows| &rows.changed).collect::<Vec<_>>())?,
        json(&group.iter().flat_map(|rows| &rows.entries).collect::<Vec<_>>())?,
        json(&group.iter().flat_map(|rows| &rows.entry_lots).collect::<Vec<_>>())?,
        json(&events)?,
        json(&group.iter().flat_map(|rows| &rows.messages).collect::<Vec<_>>())?,
    ])
}

/// A row with the client whose posting it belongs to.
#[derive(Serialize)]
struct Owned<'a, T> {
    client_id: i64,
    #[serde(flatten)]
    row: &'a T,
}

impl<'a, T> Owned<'a, T> {
    fn new(client_id: i64, row: &'a T) -> Self {
        Self { client_id, row }
    }
}
