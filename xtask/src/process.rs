//! Running other programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the checkout.
pub fn root() -> PathBuf {
    // Cargo tells it anew each time: checkouts that share a target directory share what was compiled too.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own)
        .parent()
        .expect("xtask lies in the workspace")
        .to_owned()
}

/// A program run in the root of the checkout, with cargo's and npm's programs on its path.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).env("PATH", path());
    command
}

/// Runs to the end; an error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} can't be started"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// What it prints; an error when it fails.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{command:?} can't be started"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether it runs and ends well; says nothing.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// True when this user may install with apt.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// A TCP port that nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

/// A child that does not outlive us.
pub struct Running(pub Child);

impl Running {
    /// Asks it to end and waits until it has.
    pub fn terminate(&mut self) -> Result<std::process::ExitStatus> {
        succeeds(Command::new("kill").args(["-TERM", &self.0.id().to_string()]));
        Ok(self.0.wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // It may end by itself meanwhile; either way it is gone.
            let _gone = self.0.kill();
            let _gone = self.0.wait();
        }
    }
}

fn path() -> OsString {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let own = [
        Some(root().join("node_modules/.bin")),
        cargo.map(|cargo| cargo.join("bin")),
    ];
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = own.into_iter().flatten().chain(std::env::split_paths(&old));
    std::env::join_paths(all).unwrap_or(old)
}
