//! Every test, in the order that finds mistakes soonest.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::counts::Counts;
use crate::postgres::Postgres;
use crate::process::{Running, free_port, output, program, root, run};
use crate::{build, setup};

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
            Err(error) if matches!(name, "rust tests" | "browser tests") => eprintln!("{name}: {error:#}"),
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
    let postgres = Postgres::start()?;
    let mut command = program("cargo");
    command
        .args(["test", "--no-fail-fast"])
        .args(PACKAGES)
        .env("BONEX_TEST_POSTGRES_URL", postgres.url());
    counted(&mut command, counts)
}

fn browser_tests(counts: &mut Counts) -> Result<()> {
    let chromium = setup::chromium()?;
    let server = TestServer::start()?;
    let mut command = program("npx");
    command.args(["playwright", "test", "--config", "end2end/playwright.config.ts"]);
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

/// A server with the demo shop on a fresh database, for the browser.
struct TestServer {
    running: Running,
    folder: PathBuf,
    base_url: String,
}

impl TestServer {
    fn start() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("bonex-browser-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let listen = format!("127.0.0.1:{}", free_port()?);
        let base_url = format!("http://{listen}");
        let bonex = || {
            let mut command = program(&root().join("target/debug/bonex").to_string_lossy());
            let database = format!("sqlite://{}", folder.join("bonex.db").display());
            command
                .env("BONEX_DATABASE_URL", database)
                .env("BONEX_LISTEN", &listen);
            command
                .env("BONEX_PUBLIC_URL", &base_url)
                .env("BONEX_RATE_LIMIT_FACTOR", "20");
            command
        };
        std::fs::write(
            folder.join("demo.json"),
            output(bonex().args(["provision-demo", "--json"]))?,
        )?;
        let log = std::fs::File::create(folder.join("log"))?;
        let child = bonex()
            .arg("serve")
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let server = Self {
            running: Running(child),
            folder: folder.clone(),
            base_url: base_url.clone(),
        };
        let ready = program("curl")
            .args([
                "--silent",
                "--fail",
                "--output",
                "/dev/null",
                "--retry",
                "60",
                "--retry-delay",
                "1",
            ])
            .args([
                "--retry-connrefused",
                "--retry-all-errors",
                &format!("{base_url}/health/ready"),
            ])
            .status();
        if !ready.is_ok_and(|status| status.success()) {
            bail!(
                "the server did not get ready:\n{}",
                std::fs::read_to_string(folder.join("log"))?
            );
        }
        Ok(server)
    }

    /// Stops it; a panic in its log fails the run.
    fn stop(mut self) -> Result<()> {
        let status = self.running.terminate()?;
        let log = std::fs::read_to_string(self.folder.join("log"))?;
        if log.contains("panicked at") {
            bail!("the server panicked:\n{log}");
        }
        if !status.success() {
            bail!("the server ended with {status}:\n{log}");
        }
        std::fs::remove_dir_all(&self.folder)?;
        Ok(())
    }
}
