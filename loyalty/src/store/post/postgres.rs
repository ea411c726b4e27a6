//! A posting on PostgreSQL: one statement.

use serde::Serialize;
use sqlx::{Executor, Postgres};

use super::posted::Posted;
use super::rows::PostingRows;
use crate::store::Value;
use crate::store::engine::db::postgres_query;

/// Everything hangs on `moved`: nothing is written unless the account still has the version that was read. A lot that
/// is not as it was read, or a promotion that others have used up meanwhile, makes the last line divide by zero, which
/// undoes the statement. The array of ids keeps the planner from reading all lots of the tenant to find a few.
const POST: &str = "WITH moved AS (
    UPDATE clients
       SET version = version + 1, balance = $4, total_spent = $5, sales_count = $6, entry_number = $7,
           sale_number = $8, last_visit_at = $9, last_id = GREATEST(last_id, $10), year_spent = $20, year_from = $21,
           last_purchase_at = $22
     WHERE tenant_id = $1 AND id = $2 AND version = $3
    RETURNING tenant_id, id
), opened AS (
    INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
    SELECT moved.tenant_id, new.id, moved.id, new.kind, new.amount, new.remaining, new.available_at, new.expires_at,
           new.open
      FROM moved, json_to_recordset($11::json) AS new (id BIGINT, kind TEXT, amount BIGINT, remaining BIGINT,
           available_at BIGINT, expires_at BIGINT, open BOOLEAN)
), changed AS (
    UPDATE lots
       SET remaining = new.remaining, open = new.open
      FROM moved, json_to_recordset($12::json) AS new (id BIGINT, before BIGINT, remaining BIGINT, open BOOLEAN)
     WHERE lots.tenant_id = $1 AND lots.id = ANY (ARRAY(SELECT id FROM json_to_recordset($12::json) AS named (id BIGINT)))
       AND lots.id = new.id AND lots.client_id = $2 AND lots.remaining = new.before
    RETURNING lots.id
), entered AS (
    INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id, return_id,
           explanation, cause, created_at)
    SELECT moved.tenant_id, moved.id, new.number, new.id, new.kind, new.amount, new.balance_after, new.sale_id,
           new.return_id, new.explanation, new.cause, new.created_at
      FROM moved, json_to_recordset($13::json) AS new (number BIGINT, id BIGINT, kind TEXT, amount BIGINT,
           balance_after BIGINT, sale_id BIGINT, return_id BIGINT, explanation TEXT, cause TEXT, created_at BIGINT)
), traced AS (
    INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
    SELECT moved.tenant_id, moved.id, new.number, new.lot_id, new.amount
      FROM moved, json_to_recordset($14::json) AS new (number BIGINT, lot_id BIGINT, amount BIGINT)
), sold AS (
    INSERT INTO sales (tenant_id, id, client_id, number, kind, register_id, external_id, total, gross, redeemed,
           accrued, mode, receipt_number, cashier_id, payment_method, sale_at, lines, balance_after, entry_first,
           entry_last, programme_version, created_at)
    SELECT moved.tenant_id, new.id, moved.id, new.number, new.kind, new.register_id, new.external_id, new.total,
           new.gross, new.redeemed, new.accrued, new.mode, new.receipt_number, new.cashier_id, new.payment_method,
           new.sale_at, new.lines, new.balance_after, new.entry_first, new.entry_last, new.programme_version,
           new.created_at
      FROM moved, json_to_recordset($15::json) AS new (id BIGINT, number BIGINT, kind TEXT, register_id BIGINT,
           external_id TEXT, total BIGINT, gross BIGINT, redeemed BIGINT, accrued BIGINT, mode TEXT,
           receipt_number TEXT, cashier_id BIGINT, payment_method TEXT, sale_at BIGINT, lines TEXT,
           balance_after BIGINT, entry_first BIGINT, entry_last BIGINT, programme_version BIGINT, created_at BIGINT)
), returned AS (
    INSERT INTO returns (tenant_id, id, client_id, sale_id, register_id, external_id, amount, cash_refund, revoked,
           shortage, settled, restored, put_back, balance_after, entry_first, entry_last, created_at)
    SELECT moved.tenant_id, new.id, moved.id, new.sale_id, new.register_id, new.external_id, new.amount,
           new.cash_refund, new.revoked, new.shortage, new.settled, new.restored, new.put_back, new.balance_after,
           new.entry_first, new.entry_last, new.created_at
      FROM moved, json_to_recordset($16::json) AS new (id BIGINT, sale_id BIGINT, register_id BIGINT,
           external_id TEXT, amount BIGINT, cash_refund BIGINT, revoked BIGINT, shortage BIGINT, settled BIGINT,
           restored BIGINT, put_back TEXT, balance_after BIGINT, entry_first BIGINT, entry_last BIGINT,
           created_at BIGINT)
), keyed AS (
    INSERT INTO idempotency_keys (tenant_id, scope, key, body_hash, status, reply, created_at)
    SELECT moved.tenant_id, new.scope, new.key, new.body_hash, new.status, new.reply, new.created_at
      FROM moved, json_to_recordset($17::json) AS new (scope TEXT, key TEXT, body_hash TEXT, status BIGINT,
           reply TEXT, created_at BIGINT)
), told AS (
    INSERT INTO webhook_events (tenant_id, id, kind, payload, fresh, created_at)
    SELECT moved.tenant_id, new.id, new.kind, new.payload, TRUE, new.created_at
      FROM moved, json_to_recordset($19::json) AS new (id BIGINT, kind TEXT, payload TEXT, created_at BIGINT)
), queued AS (
    INSERT INTO outbox (tenant_id, id, client_id, kind, params, status, due_at, expires_at, leased_until, attempts,
           channels, created_at)
    SELECT moved.tenant_id, new.id, moved.id, new.kind, new.params, 'waiting', new.due_at, new.expires_at, 0, 0, '',
           new.created_at
      FROM moved, json_to_recordset($23::json) AS new (id BIGINT, kind TEXT, params TEXT, due_at BIGINT,
           expires_at BIGINT, created_at BIGINT)
), followed AS (
    INSERT INTO follow_ups (tenant_id, id, client_id, task, due_at, attempts, created_at)
    SELECT moved.tenant_id, new.id, new.client_id, new.task, new.created_at, 0, new.created_at
      FROM moved, json_to_recordset($24::json) AS new (id BIGINT, client_id BIGINT, task TEXT, created_at BIGINT)
), had AS (
    INSERT INTO promotion_uses (tenant_id, promotion_id, client_id, times)
    SELECT moved.tenant_id, new.promotion_id, moved.id, 1
      FROM moved, json_to_recordset($25::json) AS new (promotion_id BIGINT, per_client BOOLEAN)
     WHERE new.per_client
    ON CONFLICT (tenant_id, promotion_id, client_id) DO UPDATE SET times = promotion_uses.times + 1
), used AS (
    UPDATE promotions SET used = used + 1
      FROM moved, json_to_recordset($25::json) AS new (promotion_id BIGINT, in_all BIGINT)
     WHERE promotions.tenant_id = $1 AND promotions.id = new.promotion_id AND promotions.used < new.in_all
    RETURNING promotions.id
)
SELECT CASE
    WHEN NOT EXISTS (SELECT 1 FROM moved) THEN 0
    WHEN (SELECT COUNT(*) FROM changed) = $18 AND (SELECT COUNT(*) FROM used) = $26 THEN 1
    ELSE 1 / (SELECT COUNT(*) - COUNT(*) FROM moved)
END AS posted";

/// What nearly every posting is: a sale that spends nothing and earns one lot, without a key or an event. The same as
/// [`POST`] with nothing to unfold and hardly an empty branch to start, which costs PostgreSQL about half: it opens every
/// index of every table that a text names.
macro_rules! plain_sale {
    ($queued:literal) => {
        concat!(
            "WITH moved AS (
    UPDATE clients
       SET version = version + 1, balance = $4, total_spent = $5, sales_count = $6, entry_number = $7,
           sale_number = $8, last_visit_at = $9, last_id = $10, year_spent = $31, last_purchase_at = $20
     WHERE tenant_id = $1 AND id = $2 AND version = $3
    RETURNING id
), opened AS (
    INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
    SELECT $1, $11, id, $12, $13, $14, $15, $16, $14 > 0 FROM moved
), entered AS (
    INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id, return_id,
           explanation, created_at)
    SELECT $1, id, $7, $17, $18, $13, $4, $10, NULL, $19, $20 FROM moved
), traced AS (
    INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
    SELECT $1, id, $7, $11, $14 FROM moved
), sold AS (
    INSERT INTO sales (tenant_id, id, client_id, number, kind, register_id, external_id, total, gross, redeemed,
           accrued, mode, receipt_number, cashier_id, payment_method, sale_at, lines, balance_after, entry_first,
           entry_last, programme_version, created_at)
    SELECT $1, $10, id, $8, 'sale', $21, $22, $23, $24, 0, $13, $25, $26, $27, $28, $29, $30, $4, $7 - 1, $7, $32, $20
      FROM moved
)",
            $queued,
            "
SELECT COUNT(*) AS posted FROM moved"
        )
    };
}

/// One that nobody is told of.
const POST_UNTOLD_SALE: &str = plain_sale!("");
/// The first so many of [`POST_PLAIN_SALE`]'s.
const UNTOLD_PARAMETERS: usize = 32;
/// One that the client is told of.
pub(crate) const POST_PLAIN_SALE: &str = plain_sale!(
    ", queued AS (
    INSERT INTO outbox (tenant_id, id, client_id, kind, params, status, due_at, expires_at, leased_until, attempts,
           channels, created_at)
    SELECT $1, $33, id, 'sale', $34, 'waiting', $20, $35, 0, 0, '', $20 FROM moved WHERE CAST($33 AS BIGINT) > 0
)"
);

pub(in crate::store) fn json(rows: &impl Serialize) -> Result<Value, sqlx::Error> {
    let text = serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
    Ok(Value::from(text))
}

/// Applies the rows, or nothing of them.
pub(in crate::store) async fn post<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    rows: &PostingRows,
) -> Result<Posted, sqlx::Error> {
    let query = match plain_sale(rows) {
        Some(mut values) if rows.messages.is_empty() => {
            values.truncate(UNTOLD_PARAMETERS);
            postgres_query(POST_UNTOLD_SALE, values)?
        }
        Some(values) => postgres_query(POST_PLAIN_SALE, values)?,
        None => postgres_query(POST, parameters(rows)?)?,
    };
    match executor.fetch_one(query).await {
        Ok(row) => {
            let posted: i64 = sqlx::Row::try_get(&row, "posted")?;
            Ok(if posted == 1 { Posted::Done } else { Posted::Stale })
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(Posted::Repeated),
        // A serialisation failure or a deadlock: PostgreSQL asks for another try.
        // Division by zero: a lot or a promotion is not as it was read.
        Err(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("40001" | "40P01" | "22012")) =>
        {
            Ok(Posted::Stale)
        }
        Err(error) => Err(error),
    }
}

/// The parameters of [`POST_PLAIN_SALE`]; none when the posting is anything else.
fn plain_sale(rows: &PostingRows) -> Option<Vec<Value>> {
    let (client, sale) = (&rows.client, rows.sale.as_ref()?);
    let ([lot], [entry], [trace]) = (
        rows.lots.as_slice(),
        rows.entries.as_slice(),
        rows.entry_lots.as_slice(),
    ) else {
        return None;
    };
    let is_plain = rows.changed.is_empty()
        && rows.returned.is_none()
        && rows.keys.is_empty()
        && rows.events.is_empty()
        && rows.uses.is_empty()
        && rows.follow_ups.is_empty()
        && rows.messages.len() <= 1
        && entry.cause.is_none()
        && client.last_purchase_at == Some(sale.created_at)
        && sale.kind == "sale"
        && sale.redeemed == 0
        && sale.id == client.last_id
        && sale.number == client.sale_number
        && sale.accrued == lot.amount
        && sale.balance_after == client.balance
        && (sale.entry_first, sale.entry_last) == (client.entry_number - 1, client.entry_number)
        && entry.number == client.entry_number
        && entry.amount == lot.amount
        && entry.balance_after == client.balance
        && entry.sale_id == Some(sale.id)
        && entry.created_at == sale.created_at
        && (trace.number, trace.lot_id, trace.amount) == (entry.number, lot.id, lot.remaining);
    let message = rows.messages.first();
    let is_as_usual = message.is_none_or(|message| {
        message.kind == "sale" && message.due_at == sale.created_at && message.created_at == sale.created_at
    });
    if !is_plain || !is_as_usual {
        return None;
    }
    Some(vec![
        client.tenant_id.into(),
        client.id.into(),
        client.version.into(),
        client.balance.into(),
        client.total_spent.into(),
        client.sales_count.into(),
        client.entry_number.into(),
        client.sale_number.into(),
        client.last_visit_at.into(),
        client.last_id.into(),
        lot.id.into(),
        lot.kind.into(),
        lot.amount.into(),
        lot.remaining.into(),
        lot.available_at.into(),
        lot.expires_at.into(),
        entry.id.into(),
        entry.kind.into(),
        entry.explanation.as_str().into(),
        entry.created_at.into(),
        sale.register_id.into(),
        sale.external_id.as_deref().into(),
        sale.total.into(),
        sale.gross.into(),
        sale.mode.into(),
        sale.receipt_number.as_deref().into(),
        sale.cashier_id.into(),
        sale.payment_method.as_deref().into(),
        sale.sale_at.into(),
        sale.lines.as_str().into(),
        client.year_spent.into(),
        sale.programme_version.into(),
        message.map_or(0, |message| message.id).into(),
        message.and_then(|message| message.params.as_deref()).into(),
        message.map_or(0, |message| message.expires_at).into(),
    ])
}

fn parameters(rows: &PostingRows) -> Result<Vec<Value>, sqlx::Error> {
    let client = &rows.client;
    Ok(vec![
        client.tenant_id.into(),
        client.id.into(),
        client.version.into(),
        client.balance.into(),
        client.total_spent.into(),
        client.sales_count.into(),
        client.entry_number.into(),
        client.sale_number.into(),
        client.last_visit_at.into(),
        client.last_id.into(),
        json(&rows.lots)?,
        json(&rows.changed)?,
        json(&rows.entries)?,
        json(&rows.entry_lots)?,
        json(&rows.sale.as_slice())?,
        json(&rows.returned.as_slice())?,
        json(&rows.keys)?,
        (rows.changed.len() as i64).into(),
        json(&rows.events)?,
        client.year_spent.into(),
        client.year_from.into(),
        client.last_purchase_at.into(),
        json(&rows.messages)?,
        json(&rows.follow_ups)?,
        json(&rows.uses)?,
        (rows.uses.iter().filter(|used| used.in_all.is_some()).count() as i64).into(),
    ])
}
