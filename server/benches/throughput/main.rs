//! How fast sales, look-ups and the rest of the API are, as ratios to what is possible, measured in one run.
//!
//! `cargo xtask bench sale|lookup|api|doors|expiry|ledger` runs it. Every round measures each contender once, in turn; a figure
//! is the median of the rounds, so that a noisy machine is noisy for all. With `--against <commit>` the server of another
//! commit is measured in the same way beside this one ([`against`]).

mod against;
mod api;
mod bare;
mod contender;
mod cpu;
mod doors;
mod expiry;
mod ledger;
mod load;
mod pgbench;
mod shop;
mod sqlite_loop;

use anyhow::{Result, bail};

/// As in the product, so that the bare handler has the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["bare", address, url] => bare::serve(address, url).await,
        ["against", what, rounds, this, other] => against::measure(what, rounds.parse()?, this, other).await,
        ["sale"] => contender::compare_sales().await,
        ["api"] => api::compare().await,
        ["doors"] => doors::compare().await,
        ["expiry", lots @ ..] => expiry::compare(lots.first().copied()).await,
        ["ledger", clients @ ..] => ledger::measure(clients.first().copied()).await,
        ["lookup"] => contender::compare_look_ups().await,
        _ => bail!("which one? cargo xtask bench sale|lookup|api|doors|expiry|ledger"),
    }
}
