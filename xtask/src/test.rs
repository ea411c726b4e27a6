//! Every test, in the order that finds mistakes soonest.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::counts::Counts;
use crate::postgres::{Durability, Postgres};
use crate::process::{program, run};
use crate::server::TestServer;
use crate::{build, contract, setup};

/// Installs what is missing, then runs everything; fails when anything does.
pub fn test() -> Result<()> {
    let mut report = Report::default();
    report.stage("set-up", |_| setup::for_building())?;
    report.stage("format", |_| {
        run(program("cargo").args(["fmt", "--all", "--check"]))
    })?;
    report.stage("build", |_| build::development())?;
    report.stage("lint", |_| lint())?;
    report.stage("rust tests", rust_tests)?;
    report.stage("browser tests", browser_tests)?;
    report.stage("API contract", |_| contract::check())?;
    report.print()
}

#[derive(Default)]
struct Report {
    stages: Vec<(&'static str, u64, bool)>,
    counts: Counts,
}

impl Report {
    /// A failed set-up ends everything; failed tests let the others run.
    fn stage(&mut self, name: &'static str, body: impl FnOnce(&mut Counts) -> Result<()>) -> Result<()> {
        println!("\n== {name} ==");
        let started = Instant::now();
        let done = body(&mut self.counts);
        let seconds = started.elapsed().as_secs();
        self.stages.push((name, seconds, done.is_ok()));
        match done {
            Err(error) if matches!(name, "rust tests" | "browser tests" | "API contract") => {
                eprintln!("{name}: {error:#}")
            }
            Err(error) => return Err(error.context(format!("stage `{name}` failed"))),
            Ok(()) => {}
        }
        Ok(())
    }

    fn print(self) -> Result<()> {
        println!();
        for (name, seconds, ok) in &self.stages {
            println!("{} {name}: {seconds} s", if *ok { "ok    " } else { "FAILED" });
        }
        println!("{} passed, {} failed", self.counts.passed, self.counts.failed);
        if self.counts.failed > 0 || self.stages.iter().any(|(_, _, ok)| !ok) {
            bail!("not everything passed");
        }
        Ok(())
    }
}

/// The tested packages with the features they are tested with: the same for lint and test, so that both share a build.
const PACKAGES: [&str; 10] = [
    "-p",
    "loyalty",
    "-p",
    "app",
    "-p",
    "server",
    "-p",
    "xtask",
    "--features",
    "loyalty/store,app/ssr",
];

fn lint() -> Result<()> {
    let mut clippy = program("cargo");
    clippy
        .args(["clippy", "--quiet", "--all-targets"])
        .args(PACKAGES)
        .args(["--", "-D", "warnings"]);
    run(&mut clippy)?;
    let mut benchmarks = program("cargo");
    benchmarks.args(["clippy", "--quiet", "-p", "server", "--features", "bench"]);
    run(benchmarks.args(["--bench", "throughput", "--", "-D", "warnings"]))?;
    let mut frontend = program("cargo");
    frontend.args([
        "clippy",
        "--quiet",
        "-p",
        "frontend",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    // Where cargo-leptos builds the wasm.
    frontend.args(["--target-dir", "target/front"]);
    run(frontend.args(["--", "-D", "warnings"]))
}

fn rust_tests(counts: &mut Counts) -> Result<()> {
    setup::languages()?;
    let postgres = Postgres::start(Durability::None)?;
    let mut command = program("cargo");
    command
        .args(["test", "--no-fail-fast"])
        .args(PACKAGES)
        .env("BONEX_TEST_POSTGRES_URL", postgres.url());
    counted(&mut command, counts)
}

fn browser_tests(counts: &mut Counts) -> Result<()> {
    in_browser(&[], counts)
}

/// Browser tests alone, against `target/debug/bonex` and `target/site` as they are; Playwright takes the words.
pub fn browser(words: &[&str]) -> Result<()> {
    in_browser(words, &mut Counts::default())
}

fn in_browser(words: &[&str], counts: &mut Counts) -> Result<()> {
    let chromium = setup::chromium()?;
    let server = TestServer::start("browser", 20)?;
    let mut command = program("npx");
    command.args(["playwright", "test", "--config", "end2end/playwright.config.ts"]);
    command.args(words);
    command
        .env("BONEX_CHROMIUM", chromium)
        .env("BONEX_BASE_URL", &server.base_url);
    command.env("BONEX_DEMO_JSON", server.folder.join("demo.json"));
    let tested = counted(&mut command, counts);
    let stopped = server.stop();
    tested.and(stopped)
}

/// Runs a test program, showing what it prints and counting its tests.
fn counted(command: &mut Command, counts: &mut Counts) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{command:?} can't be started"))?;
    let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    for line in lines {
        let line = line?;
        counts.read(&line);
        println!("{line}");
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
