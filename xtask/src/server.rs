//! A server to test, as a process.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::process::{Running, free_port, output, program, root};

/// A server with the demo shop on a fresh database.
pub struct TestServer {
    running: Running,
    /// Its database, its log and `demo.json`.
    pub folder: PathBuf,
    /// Where it listens.
    pub base_url: String,
}

impl TestServer {
    /// Starts it; every rate limit is multiplied.
    pub fn start(name: &str, limits: u32) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("bonex-{name}-{}", std::process::id()));
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
                .env("BONEX_RATE_LIMIT_FACTOR", limits.to_string());
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
    pub fn stop(mut self) -> Result<()> {
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
