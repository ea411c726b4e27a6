//! Everything from nothing to a running shop.

use std::process::Command;

use anyhow::Result;

use crate::build;
use crate::process::{output, program, root, run as run_program};

/// Builds, migrates, provisions the demo shop, says where things are, serves.
pub fn run() -> Result<()> {
    build::release()?;
    let bonex = root().join("target/release/bonex");
    let command = || -> Command { program(&bonex.to_string_lossy()) };
    run_program(command().arg("migrate"))?;
    println!("\n{}\n", output(command().arg("provision-demo"))?);
    run_program(command().args(["serve", "--demo"]))
}
