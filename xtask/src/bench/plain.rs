//! Beside what is possible.

use std::process::Command;

use anyhow::Result;

use super::Request;
use crate::postgres::{Durability, Postgres};
use crate::process::{program, run};

/// Compares sales, look-ups, the rest of the API or expiry with what is possible, or checks a large ledger.
pub fn bench(request: &Request) -> Result<()> {
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
        &request.what,
    ]);
    command.args(&request.size);
    run(on(&mut command, &postgres)?)
}

/// Tells a benchmark which PostgreSQL is its own.
pub fn on<'a>(command: &'a mut Command, postgres: &Postgres) -> Result<&'a mut Command> {
    Ok(command
        .env("BONEX_TEST_POSTGRES_URL", postgres.url())
        .env("BONEX_PGBENCH", postgres.program("pgbench"))
        .env("BONEX_BENCH_POSTMASTER", postgres.pid()?.to_string()))
}
