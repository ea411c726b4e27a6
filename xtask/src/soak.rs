//! The longer sets of tests.

use anyhow::{Context, Result};

use crate::postgres::Postgres;
use crate::process::{program, run};

/// Kills the server in the middle of sales, so many times per engine.
pub fn crash(times: Option<&str>) -> Result<()> {
    let times: u32 = times
        .unwrap_or("100")
        .parse()
        .context("how many times? cargo xtask soak crash 100")?;
    let postgres = Postgres::start()?;
    let mut command = program("cargo");
    command.args([
        "test",
        "-p",
        "server",
        "--test",
        "it",
        "--",
        "crash::kill_nine",
        "--nocapture",
    ]);
    command
        .env("BONEX_TEST_POSTGRES_URL", postgres.url())
        .env("BONEX_CRASH_ROUNDS", times.to_string());
    run(&mut command)
}
