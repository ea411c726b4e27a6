//! The same rows written by a direct loop over SQLite, without a server.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params};

use crate::shop::{CLIENTS, phone};

/// Sales in a second with `batch` of them in each commit.
pub fn per_second(path: &Path, batch: u64, time: Duration) -> Result<f64> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    let (started, mut done) = (Instant::now(), 0_u64);
    // Ids that no other round has used.
    let mut next = connection
        .query_row("SELECT MAX(id) FROM sales", [], |row| {
            row.get::<_, Option<i64>>(0)
        })?
        .unwrap_or(0)
        + 1_000;
    while started.elapsed() < time {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..batch {
            next += 3;
            sale(&connection, &phone(done.wrapping_mul(7919) % CLIENTS), next)?;
            done += 1;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

fn sale(connection: &Connection, phone: &str, id: i64) -> Result<()> {
    let mut read = connection.prepare_cached(
        "SELECT id, balance, entry_number, sale_number, version FROM clients WHERE tenant_id = 1 AND phone = ?1",
    )?;
    let [client, balance, entry, sale, version] = read.query_row([phone], |row| {
        Ok([
            row.get::<_, i64>(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ])
    })?;
    let external = format!("loop-{id}");
    let known = connection
        .prepare_cached("SELECT 1 FROM sales WHERE tenant_id = 1 AND external_id = ?1 AND kind = 'sale'")?
        .exists([&external])?;
    anyhow::ensure!(!known, "a sale was made twice");
    connection
        .prepare_cached(
            "UPDATE clients SET version = version + 1, balance = balance + 250, total_spent = total_spent + 5000,
                    sales_count = sales_count + 1, entry_number = entry_number + 1, sale_number = sale_number + 1
              WHERE tenant_id = 1 AND id = ?1 AND version = ?2",
        )?
        .execute(params![client, version])?;
    connection
        .prepare_cached(
            "INSERT INTO lots VALUES (1, ?1, ?2, 'regular', 250, 250, 1780651801000, 1796203800000, TRUE, NULL)",
        )?
        .execute(params![id, client])?;
    connection
        .prepare_cached(
            "INSERT INTO entries VALUES (1, ?1, ?2, ?3, 'accrual', 250, ?4, ?5, NULL, '{\"rule\":\"accrual\"}', 1780651800000, NULL)",
        )?
        .execute(params![client, entry + 1, id + 1, balance + 250, id + 2])?;
    connection
        .prepare_cached("INSERT INTO entry_lots VALUES (1, ?1, ?2, ?3, 250)")?
        .execute(params![client, entry + 1, id])?;
    connection
        .prepare_cached(
            "INSERT INTO sales VALUES (1, ?1, ?2, ?3, 'sale', 1, ?4, 5000, 5000, 0, 250, 'payment_type', NULL, NULL, NULL,
                    1780651800000, '[]', ?5, ?6, ?7, 1780651800000, 1)",
        )?
        .execute(params![id + 2, client, sale + 1, external, balance + 250, entry, entry + 1])?;
    connection
        .prepare_cached(
            "INSERT INTO outbox (tenant_id, id, client_id, kind, params, status, due_at, expires_at, leased_until, attempts,
                    channels, created_at)
             VALUES (1, ?1, ?2, 'sale', '{\"total\":50,\"accrued\":2.5,\"balance\":100}', 'waiting', 1780651800000,
                    1780738200000, 0, 0, '', 1780651800000)",
        )?
        .execute(params![id, client])?;
    Ok(())
}
