//! The benchmarks, on a private PostgreSQL and on SQLite.

use anyhow::Result;

use crate::postgres::{Durability, Postgres};
use crate::process::{program, run};

/// Compares sales, look-ups, the rest of the API or expiry with what is possible.
pub fn bench(what: &str, size: Option<&str>) -> Result<()> {
    let postgres = Postgres::start(Durability::Full)?;
    let mut command = program("cargo");
    command.args([
        "bench",
        "-p",
        "server",
        "--features",
        "bench",
        "--bench",
        "throughput",
        "--",
        what,
    ]);
    command.args(size);
    command
        .env("BONEX_TEST_POSTGRES_URL", postgres.url())
        .env("BONEX_PGBENCH", postgres.program("pgbench"));
    command.env("BONEX_BENCH_POSTMASTER", postgres.pid()?.to_string());
    run(&mut command)
}
