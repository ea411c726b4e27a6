//! How long checking the whole ledger takes, and how much memory, on either engine.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use loyalty::{Clock, Loyalty, Options, SystemClock, usecase};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::shop::KEY;

/// Clients when nothing else is said, and lots of each: every one of a sale of its own.
const CLIENTS: i64 = 20_000;
const LOTS: i64 = 10;

/// Fills a database of each engine, and checks it.
pub async fn measure(clients: Option<&str>) -> Result<()> {
    let clients: i64 = clients
        .map_or(Ok(CLIENTS), str::parse)
        .context("how many clients?")?;
    println!("{clients} clients, {} lots, sales and entries", clients * LOTS);
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("bonex.db").display());
    check("SQLite", &url, clients).await?;
    let server = std::env::var("BONEX_TEST_POSTGRES_URL").context("run it with cargo xtask bench ledger")?;
    let (base, _) = server.rsplit_once('/').context("no database in the address")?;
    let mut admin = PgConnection::connect(&server).await?;
    let name = format!("ledger_{}", std::process::id());
    admin
        .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await?;
    let checked = check("PostgreSQL", &format!("{base}/{name}"), clients).await;
    admin
        .execute(AssertSqlSafe(format!("DROP DATABASE {name}")))
        .await?;
    checked
}

async fn check(engine: &str, url: &str, clients: i64) -> Result<()> {
    let options = Options {
        database_url: url.to_owned(),
        secret_key: Some(KEY.to_owned()),
        clock: Arc::new(SystemClock),
    };
    let loyalty = Loyalty::connect(options).await?;
    loyalty.prepare().await?;
    usecase::provision_demo(&loyalty, "http://127.0.0.1").await?;
    let started = Instant::now();
    fill(url, clients).await?;
    println!("{engine}: filled in {:.0} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let violations = usecase::check_ledger(&loyalty).await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(
        violations.is_empty(),
        "the ledger does not add up: {:?}",
        violations.first()
    );
    println!(
        "{engine}: checked in {seconds:.1} s, {:.2} s for a thousand clients, {} of memory at most",
        seconds * 1000.0 / clients as f64,
        memory()
    );
    loyalty.close().await;
    Ok(())
}

/// Ten sales for each client, of which every tenth client has brought one back.
async fn fill(url: &str, clients: i64) -> Result<()> {
    let now = SystemClock.now().millis();
    let n = format!("n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {clients})");
    let both =
        format!("WITH RECURSIVE {n}, l (l) AS (SELECT 1 UNION ALL SELECT l + 1 FROM l WHERE l < {LOTS})");
    let n = format!("WITH RECURSIVE {n}");
    let returned = "n % 10 = 0";
    let texts = [
        format!(
            "INSERT INTO clients (tenant_id, id, phone, card_number, balance, total_spent, sales_count, entry_number,
                    sale_number, last_id, version, is_blocked, created_at, year_spent, year_from, last_purchase_at)
             {n} SELECT 1, 1000 + n, '+9939' || (10000000 + n), 1000 + n, CASE WHEN {returned} THEN 900 ELSE 1000 END,
                    CASE WHEN {returned} THEN 45000 ELSE 50000 END, 10, CASE WHEN {returned} THEN 11 ELSE 10 END, 10, 0, 1,
                    FALSE, {now}, CASE WHEN {returned} THEN 45000 ELSE 50000 END, 0, {now} FROM n"
        ),
        format!("UPDATE tenants SET clients_count = clients_count + {clients} WHERE id = 1"),
        format!(
            "INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
             {both} SELECT 1, n * 16 + l, 1000 + n, 'regular', 100, CASE WHEN l = 1 AND {returned} THEN 0 ELSE 100 END, 0,
                    {now} + 86400000 * l + n, NOT (l = 1 AND {returned}) FROM n CROSS JOIN l"
        ),
        format!(
            "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, sale_id, explanation,
                    created_at)
             {both} SELECT 1, 1000 + n, l, n * 16 + l, 'accrual', 100, 100 * l, n * 16 + l,
                    '{{\"rule\":\"accrual\",\"base\":\"net_cash\",\"of\":50,\"percent\":500,\"tier\":\"Bronze\"}}', {now}
               FROM n CROSS JOIN l"
        ),
        format!(
            "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
             {both} SELECT 1, 1000 + n, l, n * 16 + l, 100 FROM n CROSS JOIN l"
        ),
        format!(
            "INSERT INTO sales (tenant_id, id, client_id, number, kind, external_id, total, gross, redeemed, accrued, mode,
                    sale_at, lines, balance_after, entry_first, entry_last, created_at)
             {both} SELECT 1, n * 16 + l, 1000 + n, l, 'sale', 'x' || (n * 16 + l), 5000, 5000, 0, 100, 'payment_type',
                    {now}, '[]', 100 * l, l - 1, l, {now} FROM n CROSS JOIN l"
        ),
        format!(
            "INSERT INTO returns (tenant_id, id, client_id, sale_id, external_id, amount, revoked, shortage, settled, restored,
                    put_back, balance_after, entry_first, entry_last, created_at)
             {n} SELECT 1, n * 16 + 12, 1000 + n, n * 16 + 1, 'r' || n, 5000, 100, 0, 0, 0, '[]', 900, 10, 11, {now} FROM n
              WHERE {returned}"
        ),
        format!(
            "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, return_id, explanation,
                    created_at)
             {n} SELECT 1, 1000 + n, 11, n * 16 + 11, 'revocation', -100, 900, n * 16 + 12, '{{}}', {now} FROM n
              WHERE {returned}"
        ),
        format!(
            "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
             {n} SELECT 1, 1000 + n, 11, n * 16 + 1, -100 FROM n WHERE {returned}"
        ),
        "ANALYZE".to_owned(),
    ];
    match url.strip_prefix("sqlite://") {
        Some(_) => {
            let mut connection = SqliteConnection::connect(url).await?;
            for sql in texts {
                connection.execute(AssertSqlSafe(sql)).await?;
            }
            connection.close().await?;
        }
        None => {
            let mut connection = PgConnection::connect(url).await?;
            for sql in texts {
                connection.execute(AssertSqlSafe(sql)).await?;
            }
            connection.close().await?;
        }
    }
    Ok(())
}

/// The most memory this process has had.
fn memory() -> String {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    most.map_or("?".to_owned(), |most| most.trim().to_owned())
}
