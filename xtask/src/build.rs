//! Building with cargo-leptos.

use anyhow::Result;

use crate::process::{program, run};
use crate::setup;

/// Release binary and site.
pub fn release() -> Result<()> {
    setup::for_building()?;
    run(program("cargo").args(["leptos", "build", "--release", "--precompress"]))?;
    println!("target/release/bonex and target/site are ready.");
    Ok(())
}

/// The binary and site that the tests run against.
pub fn development() -> Result<()> {
    run(program("cargo").args(["leptos", "build"]))
}
