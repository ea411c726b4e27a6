//! The API against its documents: schemathesis makes requests from them and looks at the answers.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{is_root, program, root, run, succeeds};
use crate::server::TestServer;
use crate::setup;

const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// The generated document promises everything; the contract files name only some of the statuses.
const STRICT: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Runs every document against a server of its own.
pub fn check() -> Result<()> {
    let schemathesis = install()?;
    let server = TestServer::start("contract", 1_000_000)?;
    let generated = format!("{}/openapi.json", server.base_url);
    let (owners, cashier) = (document("bonex-openapi.yaml"), document("cashier-openapi.yaml"));
    let checked = [
        (generated.as_str(), STRICT, "15"),
        (&owners, "not_a_server_error", "8"),
        (&cashier, "not_a_server_error", "8"),
    ]
    .into_iter()
    .try_for_each(|(document, checks, examples)| {
        let mut command = Command::new(&schemathesis);
        // It leaves its notes where it runs.
        command.current_dir(&server.folder).args(["run", document]);
        command.args(["--url", &format!("{}/api/v1", server.base_url)]);
        command.args([
            "--checks",
            checks,
            "--max-examples",
            examples,
            "--seed",
            "1",
            "--workers",
            "2",
        ]);
        command.args([
            "--phases",
            "examples,coverage,fuzzing",
            "--generation-database",
            "none",
        ]);
        command.args(["--warnings", "off", "--no-color"]);
        command.env("SCHEMATHESIS_HOOKS", root().join("end2end/contract/hooks.py"));
        command.env("BONEX_BASE_URL", &server.base_url);
        command.env("BONEX_DEMO_JSON", server.folder.join("demo.json"));
        run(&mut command)
    });
    let stopped = server.stop();
    checked.and(stopped)
}

fn document(name: &str) -> String {
    root().join("docs").join(name).to_string_lossy().into_owned()
}

/// The program in a folder of its own; looked at first, so that a second run starts at once.
fn install() -> Result<PathBuf> {
    let folder = root().join("target/schemathesis");
    let (program_path, stamp) = (folder.join("bin/schemathesis"), folder.join("installed"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == SCHEMATHESIS) {
        return Ok(program_path);
    }
    if !succeeds(program("python3").args(["-c", "import venv, ensurepip"])) {
        if !is_root() {
            bail!("Python with venv is missing. Type: sudo apt-get install python3-venv");
        }
        setup::apt(&["python3-venv"])?;
    }
    setup::say("schemathesis", "a minute");
    run(program("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = folder.join("bin/pip");
    run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]))?;
    std::fs::write(stamp, SCHEMATHESIS)?;
    Ok(program_path)
}
