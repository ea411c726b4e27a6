//! Burning what has expired: against set SQL that writes the same rows, and what sales feel of it meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use loyalty::ledger::SaleRequest;
use loyalty::model::{Bonus, Identifier, Money, RedeemMode, Register};
use loyalty::usecase::{self, Demo, Once};
use loyalty::{Clock, Loyalty, Options, SystemClock};
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;

use crate::shop::KEY;

/// Open lots when nothing else is said; one in ten expires.
const LOTS: i64 = 200_000;
/// Open lots of each client.
const LOTS_OF_CLIENT: i64 = 10;
const ROUNDS: usize = 3;
/// Tills that sell meanwhile, and what each waits between two sales.
const TILLS: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);
/// How long sales are watched without expiry.
const USUAL: Duration = Duration::from_secs(8);

/// Compares, and says what came of it.
pub async fn compare(lots: Option<&str>) -> Result<()> {
    let lots: i64 = lots.map_or(Ok(LOTS), str::parse).context("how many lots?")?;
    let clients = lots / LOTS_OF_CLIENT;
    let server = std::env::var("BONEX_TEST_POSTGRES_URL").context("run it with cargo xtask bench expiry")?;
    let (base, _) = server.rsplit_once('/').context("no database in the address")?;
    let mut admin = PgConnection::connect(&server).await?;
    let name = format!("expiry_{}", std::process::id());
    admin
        .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await?;
    let demo = fill(&format!("{base}/{name}"), clients).await?;
    println!("{lots} open lots of {clients} clients, {clients} lots expire");
    let (mut sets, mut ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let copies = [format!("{name}_set_{round}"), format!("{name}_ours_{round}")];
        for copy in &copies {
            let sql = format!("CREATE DATABASE {copy} TEMPLATE {name}");
            admin.execute(sqlx::AssertSqlSafe(sql)).await?;
        }
        let by_set = set_sql(&format!("{base}/{}", copies[0]), clients).await?;
        let by_us = expire(&format!("{base}/{}", copies[1]), clients).await?;
        println!(
            "round {}: set SQL {by_set:.2} s, Bonex {by_us:.2} s, ratio {:.2}",
            round + 1,
            by_us / by_set
        );
        sets.push(by_set);
        ours.push(by_us);
        for copy in &copies {
            let sql = format!("DROP DATABASE {copy}");
            admin.execute(sqlx::AssertSqlSafe(sql)).await?;
        }
    }
    println!(
        "expiry: {:.2} of the time of set SQL (aim with ten million lots: at most 1.5)",
        median(ours) / median(sets)
    );
    // What was filled and copied is on disk before anybody sells.
    admin.execute("CHECKPOINT").await?;
    let url = format!("{base}/{name}");
    sales_meanwhile(&url, &demo, clients).await?;
    admin
        .execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name}")))
        .await?;
    Ok(())
}

async fn open(url: &str) -> Result<Loyalty> {
    let options = Options {
        database_url: url.to_owned(),
        secret_key: Some(KEY.to_owned()),
        clock: Arc::new(SystemClock),
    };
    Ok(Loyalty::connect(options).await?)
}

/// A demo shop with so many more clients whose ledgers add up.
async fn fill(url: &str, clients: i64) -> Result<Demo> {
    let loyalty = open(url).await?;
    loyalty.prepare().await?;
    let demo = usecase::provision_demo(&loyalty, "http://127.0.0.1").await?;
    loyalty.close().await;
    let now = SystemClock.now().millis();
    let mut connection = PgConnection::connect(url).await?;
    for sql in [
        format!(
            "INSERT INTO clients (tenant_id, id, phone, card_number, balance, total_spent, sales_count, entry_number,
                    sale_number, last_id, version, is_blocked, created_at)
             SELECT 1, 1000 + n, '+9939' || (10000000 + n), 1000 + n, {LOTS_OF_CLIENT}00, 0, 0, 1, 0, 0, 1, FALSE, {now}
               FROM generate_series(1, {clients}) AS n"
        ),
        format!(
            "INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
             SELECT 1, (n - 1) * {LOTS_OF_CLIENT} + l, 1000 + n, 'manual', 100, 100, 0,
                    CASE WHEN l = 1 THEN {now} - 1000 - n ELSE {now} + 86400000 * (l + 10) + n END, TRUE
               FROM generate_series(1, {clients}) AS n, generate_series(1, {LOTS_OF_CLIENT}) AS l"
        ),
        format!(
            "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, explanation, created_at)
             SELECT 1, 1000 + n, 1, n, 'adjustment', {LOTS_OF_CLIENT}00, {LOTS_OF_CLIENT}00,
                    '{{\"rule\":\"adjustment\",\"reason\":\"\",\"paid_debt\":0}}', {now}
               FROM generate_series(1, {clients}) AS n"
        ),
        format!(
            "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
             SELECT 1, 1000 + n, 1, (n - 1) * {LOTS_OF_CLIENT} + l, 100
               FROM generate_series(1, {clients}) AS n, generate_series(1, {LOTS_OF_CLIENT}) AS l"
        ),
        format!("UPDATE tenants SET clients_count = clients_count + {clients} WHERE id = 1"),
        "VACUUM ANALYZE".to_owned(),
    ] {
        connection.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    Ok(demo)
}

/// The same rows by statements over sets, in one transaction: seconds.
async fn set_sql(url: &str, clients: i64) -> Result<f64> {
    let now = SystemClock.now().millis();
    let mut connection = PgConnection::connect(url).await?;
    let started = Instant::now();
    let mut tx = connection.begin().await?;
    for sql in [
        format!(
            "CREATE TEMPORARY TABLE due ON COMMIT DROP AS
             SELECT client_id, SUM(remaining)::BIGINT AS amount, COUNT(*) AS lots, ROW_NUMBER() OVER () AS n
               FROM lots WHERE tenant_id = 1 AND open AND expires_at <= {now} GROUP BY client_id"
        ),
        "UPDATE clients SET version = version + 1, balance = balance - due.amount, entry_number = entry_number + 1,
                last_id = 1000000000 + due.n
           FROM due WHERE clients.tenant_id = 1 AND clients.id = due.client_id"
            .to_owned(),
        format!(
            "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, explanation, created_at)
             SELECT 1, due.client_id, c.entry_number, c.last_id, 'expiration', -due.amount, c.balance,
                    '{{\"rule\":\"expiration\",\"lots\":' || due.lots || ',\"until\":{now}}}', {now}
               FROM due JOIN clients AS c ON c.tenant_id = 1 AND c.id = due.client_id"
        ),
        format!(
            "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
             SELECT 1, l.client_id, c.entry_number, l.id, -l.remaining
               FROM lots AS l JOIN clients AS c ON c.tenant_id = 1 AND c.id = l.client_id
              WHERE l.tenant_id = 1 AND l.open AND l.expires_at <= {now}"
        ),
        format!(
            "UPDATE lots SET remaining = 0, open = FALSE WHERE tenant_id = 1 AND open AND expires_at <= {now}"
        ),
    ] {
        tx.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    tx.commit().await?;
    let seconds = started.elapsed().as_secs_f64();
    let burnt: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM entries WHERE kind = 'expiration'")
        .fetch_one(&mut connection)
        .await?;
    ensure!(burnt == clients, "set SQL burnt {burnt} of {clients}");
    Ok(seconds)
}

/// The same by Bonex: seconds.
async fn expire(url: &str, clients: i64) -> Result<f64> {
    let loyalty = open(url).await?;
    let started = Instant::now();
    let burnt = usecase::expire_bonuses(&loyalty, loyalty.now()).await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(burnt == clients, "Bonex burnt {burnt} of {clients}");
    ensure!(
        usecase::check_ledger(&loyalty).await?.is_empty(),
        "the ledger does not add up"
    );
    loyalty.close().await;
    Ok(seconds)
}

/// What the slowest hundredth of sales takes while bonuses burn, against what it usually takes.
async fn sales_meanwhile(url: &str, demo: &Demo, clients: i64) -> Result<()> {
    let loyalty = open(url).await?;
    let (tenant, cashier) = (&demo.tenant.token, &demo.cashier_nodes[0].token);
    let register = usecase::identify_register(&loyalty, Some(tenant), Some(cashier), Some(b"bench")).await?;
    // What is planned and cached once is not what is measured.
    sell_until(
        &loyalty,
        &register,
        clients,
        tokio::time::sleep(Duration::from_secs(2)),
    )
    .await?;
    let usual = sell_until(&loyalty, &register, clients, tokio::time::sleep(USUAL)).await?;
    let burner = open(url).await?;
    let mut burnt = Ok(0);
    let burning = async { burnt = usecase::expire_bonuses(&burner, burner.now()).await };
    let meanwhile = sell_until(&loyalty, &register, clients, burning).await?;
    ensure!(burnt? == clients, "Bonex did not burn everything");
    ensure!(
        usecase::check_ledger(&loyalty).await?.is_empty(),
        "the ledger does not add up"
    );
    let (usual_p99, p99) = (slowest_hundredth(&usual), slowest_hundredth(&meanwhile));
    println!(
        "sales: p99 usually {:.1} ms ({} sales), while bonuses burn {:.1} ms ({} sales), ratio {:.2} (aim with ten million lots: at most 3)",
        usual_p99 * 1e3,
        usual.len(),
        p99 * 1e3,
        meanwhile.len(),
        p99 / usual_p99
    );
    burner.close().await;
    loyalty.close().await;
    Ok(())
}

/// Sells from several tills until `end`; seconds of each sale.
async fn sell_until(
    loyalty: &Loyalty,
    register: &Register,
    clients: i64,
    end: impl Future<Output = ()>,
) -> Result<Vec<f64>> {
    let is_over = Arc::new(AtomicBool::new(false));
    let mut tills = JoinSet::new();
    for till in 0..TILLS {
        let (loyalty, register, is_over) = (loyalty.clone(), register.clone(), Arc::clone(&is_over));
        tills.spawn(async move {
            let (mut times, mut next) = (Vec::new(), till as i64);
            while !is_over.load(Ordering::Relaxed) {
                next += 7919;
                let started = Instant::now();
                sell(&loyalty, &register, 1001 + next % clients).await?;
                times.push(started.elapsed().as_secs_f64());
                tokio::time::sleep(PAUSE).await;
            }
            anyhow::Ok(times)
        });
    }
    end.await;
    is_over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    while let Some(till) = tills.join_next().await {
        times.extend(till??);
    }
    Ok(times)
}

async fn sell(loyalty: &Loyalty, register: &Register, client_id: i64) -> Result<()> {
    let request = SaleRequest {
        total: Money::whole(50),
        gross: None,
        redeem: Bonus::ZERO,
        mode: RedeemMode::PaymentType,
        external_id: None,
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: None,
        lines: Vec::new(),
    };
    let once = Once::unnamed();
    usecase::sell(loyalty, register, &Identifier::Client(client_id), &request, once).await?;
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn slowest_hundredth(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}
