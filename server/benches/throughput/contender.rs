//! Who is compared, in turn, round after round, and the table that comes out.

use std::time::Duration;

use anyhow::Result;

use crate::load::{self, Kind};
use crate::pgbench::{self, Script};
use crate::shop::{self, Server, Till};
use crate::{cpu, sqlite_loop};

const ROUNDS: usize = 5;
pub const ROUND: Duration = Duration::from_secs(3);
/// Connections to a server on PostgreSQL, and of pgbench.
pub const ON_POSTGRES: u64 = 32;
/// Connections to a server on SQLite, whose groups grow with them.
pub const ON_SQLITE: u64 = 64;

/// Rates and CPU times of one contender, a pair per round.
struct Row {
    name: &'static str,
    rates: Vec<f64>,
    /// CPU microseconds per operation, database included; none where nobody measured.
    cpu: Vec<f64>,
}

impl Row {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            rates: Vec::new(),
            cpu: Vec::new(),
        }
    }

    fn rate(&self) -> f64 {
        median(&self.rates)
    }
}

/// Sales on both engines.
pub async fn compare_sales() -> Result<()> {
    let url = shop::fresh_postgres("bench_sale").await?;
    let till = Till::of(&shop::make(&url).await?);
    let (bonex, bare) = (Server::bonex(&url).await?, Server::bare(&url).await?);
    let mut rows = [
        "Bonex over HTTP",
        "bare axum handler, same two statements",
        "pgbench, naive, nine round trips",
        "pgbench, same statements",
        "pgbench, same statements, synchronous_commit=off",
    ]
    .map(Row::new);
    for _ in 0..ROUNDS {
        over_http(&mut rows[0], &bonex, &till, Kind::Sale, ON_POSTGRES).await?;
        over_http(&mut rows[1], &bare, &till, Kind::Sale, ON_POSTGRES).await?;
        for (row, script) in [(2, Script::Naive), (3, Script::Same), (4, Script::SameNotDurable)] {
            with_cpu(&mut rows[row], None, || {
                pgbench::per_second(&url, script, ON_POSTGRES, ROUND)
            })?;
        }
    }
    print("Sales on PostgreSQL, 32 connections", &rows);
    drop((bonex, bare));

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bonex.db");
    let url = format!("sqlite://{}", path.display());
    let till = Till::of(&shop::make(&url).await?);
    let bonex = Server::bonex(&url).await?;
    let mut rows = [
        "Bonex over HTTP",
        "direct loop, commits of 32",
        "direct loop, one by one",
    ]
    .map(Row::new);
    for _ in 0..ROUNDS {
        over_http(&mut rows[0], &bonex, &till, Kind::Sale, ON_SQLITE).await?;
        for (row, batch) in [(1, 32), (2, 1)] {
            let own = std::process::id();
            with_cpu(&mut rows[row], Some(own), || {
                sqlite_loop::per_second(&path, batch, ROUND)
            })?;
        }
    }
    print("Sales on SQLite, 64 connections", &rows);
    Ok(())
}

/// Look-ups on both engines.
pub async fn compare_look_ups() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sqlite = format!("sqlite://{}", folder.path().join("bonex.db").display());
    for (title, url) in [
        (
            "Look-ups on PostgreSQL, 32 connections",
            shop::fresh_postgres("bench_lookup").await?,
        ),
        ("Look-ups on SQLite, 32 connections", sqlite),
    ] {
        let till = Till::of(&shop::make(&url).await?);
        let (bonex, bare) = (Server::bonex(&url).await?, Server::bare(&url).await?);
        let mut rows = ["Bonex over HTTP", "bare axum handler, same select"].map(Row::new);
        for _ in 0..ROUNDS {
            over_http(&mut rows[0], &bonex, &till, Kind::LookUp, ON_POSTGRES).await?;
            over_http(&mut rows[1], &bare, &till, Kind::LookUp, ON_POSTGRES).await?;
        }
        print(title, &rows);
    }
    Ok(())
}

async fn over_http(row: &mut Row, server: &Server, till: &Till, kind: Kind, connections: u64) -> Result<()> {
    let (rate, seconds) = rate_and_cpu(server, till, kind, connections).await?;
    note(row, rate, seconds);
    Ok(())
}

/// Answers in a second over one round, and the CPU seconds it took, database included.
pub async fn rate_and_cpu(server: &Server, till: &Till, kind: Kind, connections: u64) -> Result<(f64, f64)> {
    let before = cpu_seconds(Some(server.pid()));
    let rate = load::per_second(&server.address, till, kind, connections, ROUND).await?;
    Ok((rate, cpu_seconds(Some(server.pid())) - before))
}

fn with_cpu(row: &mut Row, pid: Option<u32>, measure: impl FnOnce() -> Result<f64>) -> Result<()> {
    let before = cpu_seconds(pid);
    let rate = measure()?;
    note(row, rate, cpu_seconds(pid) - before);
    Ok(())
}

fn note(row: &mut Row, rate: f64, seconds: f64) {
    row.rates.push(rate);
    row.cpu.push(cpu_each(rate, seconds));
}

/// CPU microseconds of one operation.
pub fn cpu_each(rate: f64, seconds: f64) -> f64 {
    seconds * 1e6 / (rate * ROUND.as_secs_f64())
}

/// CPU time of a process, and of PostgreSQL where it is used.
fn cpu_seconds(pid: Option<u32>) -> f64 {
    let postmaster = std::env::var("BONEX_BENCH_POSTMASTER")
        .ok()
        .and_then(|pid| pid.parse().ok());
    pid.into_iter()
        .chain(postmaster)
        .map(cpu::seconds_of_family)
        .sum()
}

fn print(title: &str, rows: &[Row]) {
    println!("\n{title} (median of {ROUNDS} rounds of {} s)\n", ROUND.as_secs());
    println!(
        "| contender | per second | lowest – highest | CPU µs each | Bonex ÷ it |\n|---|---:|---:|---:|---:|"
    );
    for row in rows {
        let ratio = median(
            &rows[0]
                .rates
                .iter()
                .zip(&row.rates)
                .map(|(ours, its)| ours / its)
                .collect::<Vec<_>>(),
        );
        let lowest = row.rates.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = row.rates.iter().copied().fold(0.0, f64::max);
        println!(
            "| {} | {:.0} | {lowest:.0} – {highest:.0} | {:.0} | {ratio:.2} |",
            row.name,
            row.rate(),
            median(&row.cpu)
        );
    }
}

/// The one in the middle.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
