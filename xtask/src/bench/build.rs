//! Both binaries of a tree: the server and the benchmark.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::process::program;

/// What was built.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Built {
    /// The server.
    pub bonex: PathBuf,
    /// The benchmark.
    pub bench: PathBuf,
}

/// Builds a tree; another commit's with a target folder of its own, so that neither side throws the other's work away.
pub fn build(tree: &Path, own_target: Option<&Path>, profile: &str) -> Result<Built> {
    let mut cargo = program("cargo");
    cargo
        .current_dir(tree)
        .args(["bench", "--no-run", "--profile", profile]);
    cargo.args(["-p", "server", "--features", "bench", "--bench", "throughput"]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    if let Some(target) = own_target {
        cargo
            .env_remove("CARGO_TARGET_DIR")
            .arg("--target-dir")
            .arg(target);
    }
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .context("cargo can't be started")?;
    if !output.status.success() {
        bail!("{} can't be built", tree.display());
    }
    built(&String::from_utf8_lossy(&output.stdout))
}

/// The two among the artifacts that cargo tells, a line of JSON each.
fn built(messages: &str) -> Result<Built> {
    let named = |target: &str| {
        let name = format!("\"name\":\"{target}\"");
        let of_line = |line: &str| {
            let (_, rest) = line.split_once("\"executable\":\"")?;
            line.contains(&name)
                .then(|| rest.split('"').next().map(PathBuf::from))?
        };
        messages
            .lines()
            .find_map(of_line)
            .with_context(|| format!("cargo built no {target}"))
    };
    Ok(Built {
        bonex: named("bonex")?,
        bench: named("throughput")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_binaries_are_found_among_what_cargo_tells() {
        let line = |name: &str, kind: &str, executable: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"target\":{{\"kind\":[\"{kind}\"],\"name\":\"{name}\"}},\"executable\":{executable}}}\n"
            )
        };
        let messages = [
            line("loyalty", "lib", "null"),
            line("bonex", "bin", "\"/t/release/bonex\""),
            line("throughput", "bench", "\"/t/release/deps/throughput-1f\""),
            "{\"reason\":\"build-finished\",\"success\":true}\n".to_owned(),
        ]
        .concat();
        assert_eq!(
            built(&messages).unwrap(),
            Built {
                bonex: "/t/release/bonex".into(),
                bench: "/t/release/deps/throughput-1f".into(),
            }
        );
        assert!(built(&line("bonex", "bin", "\"/t/release/bonex\"")).is_err());
    }
}
