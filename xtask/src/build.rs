//! Building with cargo-leptos.

use anyhow::{Context, Result, bail};

use crate::process::{program, root, run};
use crate::setup;

/// Release binary and site.
pub fn release() -> Result<()> {
    setup::for_building()?;
    run(program("cargo").args(["leptos", "build", "--release", "--precompress"]))?;
    let first_load = first_load()?;
    println!(
        "target/release/bonex and target/site are ready. The cashier's first load: {first_load} KB brotli."
    );
    if first_load > FIRST_LOAD_MAX {
        bail!("that is over {FIRST_LOAD_MAX} KB: a cheap phone on a bad link waits too long");
    }
    Ok(())
}

/// Kilobytes of script, wasm and styles; the page itself, one kilobyte compressed, has its place in the rest of 150.
const FIRST_LOAD_MAX: u64 = 149;

/// Kilobytes that a browser fetches for the cashier beside the page, compressed with brotli.
fn first_load() -> Result<u64> {
    let size = |name: &str| -> Result<u64> {
        let path = root().join("target/site/pkg").join(name);
        let file = std::fs::metadata(&path).with_context(|| format!("{} is missing", path.display()))?;
        Ok(file.len())
    };
    Ok((size("bonex.wasm.br")? + size("bonex.js.br")? + size("bonex.css.br")?).div_ceil(1000))
}

/// The binary and site that the tests run against.
pub fn development() -> Result<()> {
    run(program("cargo").args(["leptos", "build"]))
}
