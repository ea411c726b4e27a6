//! Developer commands: `cargo xtask run | test | build`.
//!
//! Each does all the set-up it needs and skips what is there. Nothing here is part of the product.

mod bench;
mod build;
#[cfg(test)]
mod circles;
mod contract;
mod counts;
mod postgres;
mod process;
mod run;
mod server;
mod setup;
mod soak;
mod test;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask <command>

  run          installs what is missing, builds, provisions the demo shop and serves at http://127.0.0.1:8081
  test         installs what is missing, then runs every test: Rust on both engines, API contract, browser
  test browser the browser tests alone, on what was built last: cargo xtask test browser [words of Playwright]
  build        release binary target/release/bonex and the site in target/site
  bench sale   how fast a sale is, as a ratio to what is possible; `bench lookup` the same for a look-up,
               `bench api` for the rest of the API, `bench doors` for a till while others try wrong codes,
               `bench expiry [open lots]` for burning what has expired, `bench ledger [clients]` for checking the ledger
       --against <commit>
               any of them beside another commit instead: in turn, on one PostgreSQL, with the ratio of the two, its
               spread, and what this tree differs from itself by. The commit's folder stays in target/against.
               --rounds <n> (15 of sale and lookup, 3 of api and expiry), --at-least <ratio> fails below it less the
               noise, --profile <cargo's> builds both sides otherwise (bench)
  soak crash   kills the server in the middle of sales, over and over: cargo xtask soak crash [times]
  soak year    a simulated year with processes that are killed: cargo xtask soak year [shops] [clients of each]
  soak fuzz    feeds odd bytes to whatever reads bytes: cargo xtask soak fuzz [seconds for each target]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run"] => run::run(),
        ["test"] => test::test(),
        ["test", "browser", words @ ..] => test::browser(words),
        ["build"] => build::release(),
        ["bench", words @ ..] => bench::Request::parse(words).and_then(|request| bench::bench(&request)),
        ["soak", "fuzz", seconds @ ..] => soak::fuzz(seconds.first().copied()),
        ["soak", "year", size @ ..] => soak::year(size.first().copied(), size.get(1).copied()),
        ["soak", "crash", times @ ..] => soak::crash(times.first().copied()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
