//! Servers of two commits in turn, round after round, on one PostgreSQL and on SQLite: this one, the other one, and this
//! one again as a process of its own on a database of its own. How far the two equal ones are apart is the noise.
//!
//! Of the other commit nothing is needed but its binary and what every commit keeps: its commands and the Cashier API. So
//! both meet the same load, round by round, however their own benchmarks differ.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::contender::{ON_POSTGRES, ON_SQLITE, cpu_each, rate_and_cpu};
use crate::load::{self, Kind};
use crate::shop::{self, Server, Till};

/// Names as `cargo xtask bench` reads them.
const CONTENDERS: [&str; 3] = ["this", "other", "again"];

/// Prints a line for each figure of each round: `figure <name>@<contender> <value>`.
pub async fn measure(what: &str, rounds: usize, this: &str, other: &str) -> Result<()> {
    let (kind, name, on_sqlite) = match what {
        "sale" => (Kind::Sale, "sales", ON_SQLITE),
        "lookup" => (Kind::LookUp, "look-ups", ON_POSTGRES),
        _ => bail!("which one? sale or lookup"),
    };
    let binaries = [this, other, this].map(PathBuf::from);
    let folder = tempfile::tempdir()?;
    for (engine, connections) in [("PostgreSQL", ON_POSTGRES), ("SQLite", on_sqlite)] {
        let mut contenders = Vec::new();
        for (contender, bonex) in CONTENDERS.into_iter().zip(&binaries) {
            let url = match engine {
                "PostgreSQL" => shop::fresh_postgres(&format!("bench_against_{contender}")).await?,
                _ => format!(
                    "sqlite://{}",
                    folder.path().join(contender).with_extension("db").display()
                ),
            };
            let (server, till) = open(bonex, &url).await?;
            // Caches warm up, statements are planned.
            rate_and_cpu(&server, &till, kind, connections).await?;
            contenders.push((contender, server, till));
        }
        for round in 0..rounds {
            // Nobody is always the first of a round, or always behind the same one.
            for place in 0..contenders.len() {
                let (contender, server, till) = &contenders[(place + round) % contenders.len()];
                let (rate, seconds) = rate_and_cpu(server, till, kind, connections).await?;
                println!("figure {name} on {engine}, per second@{contender} {rate:.1}");
                let each = cpu_each(rate, seconds);
                println!("figure {name} on {engine}, CPU µs each@{contender} {each:.2}");
            }
        }
    }
    Ok(())
}

async fn open(bonex: &Path, url: &str) -> Result<(Server, Till)> {
    let till = shop::make_with(bonex, url)?;
    let server = Server::of(bonex, url).await?;
    load::enrol(&server.address, &till).await?;
    Ok((server, till))
}
