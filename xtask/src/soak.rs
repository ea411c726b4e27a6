//! The longer sets of tests.

use anyhow::{Context, Result};

use crate::postgres::{Durability, Postgres};
use crate::process::{program, run};
use crate::setup;

/// Kills the server in the middle of sales, so many times per engine.
pub fn crash(times: Option<&str>) -> Result<()> {
    let times: u32 = times
        .unwrap_or("100")
        .parse()
        .context("how many times? cargo xtask soak crash 100")?;
    let postgres = Postgres::start(Durability::None)?;
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

/// Simulates a year of 200 shops with 20,000 clients, or of as many as are named, with processes that are killed.
pub fn year(shops: Option<&str>, clients: Option<&str>) -> Result<()> {
    let number = |text: Option<&str>, otherwise: u32| {
        text.map_or(Ok(otherwise), str::parse)
            .context("how many? cargo xtask soak year [shops] [clients of each]")
    };
    let (shops, clients) = (number(shops, 200)?, number(clients, 100)?);
    let postgres = Postgres::start(Durability::None)?;
    let mut command = program("cargo");
    command.args([
        "test",
        "--release",
        "-p",
        "server",
        "--test",
        "it",
        "--",
        "year::a_year",
        "--nocapture",
    ]);
    command
        .env("BONEX_TEST_POSTGRES_URL", postgres.url())
        .env("BONEX_YEAR_SHOPS", shops.to_string())
        .env("BONEX_YEAR_CLIENTS", clients.to_string());
    run(&mut command)
}

/// Fuzzes every target for so many seconds; what is found new joins the corpus in `fuzz/corpus`, which is then made
/// smaller where it can be.
pub fn fuzz(seconds: Option<&str>) -> Result<()> {
    let seconds: u32 = seconds
        .unwrap_or("60")
        .parse()
        .context("how many seconds? cargo xtask soak fuzz 60")?;
    setup::CARGO_FUZZ.install()?;
    for target in [
        "identifier",
        "amount",
        "init_data",
        "contact",
        "signature",
        "body",
    ] {
        let mut command = program("cargo");
        // Sanitizers need a nightly compiler; there is no unsafe code here for them to watch.
        command.args(["fuzz", "run", "--sanitizer", "none", target, "--"]);
        command.args([
            &format!("-max_total_time={seconds}"),
            "-max_len=4096",
            "-print_final_stats=1",
        ]);
        run(&mut command)?;
        run(program("cargo").args(["fuzz", "cmin", "--sanitizer", "none", target]))?;
    }
    Ok(())
}
