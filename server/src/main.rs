//! Bonex: one binary.

use std::io::Write;

use clap::Parser;

/// Requests allocate in many threads at once, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    server::log::begin();
    let ended = server::commands::run(server::settings::Bonex::parse()).await;
    server::log::end();
    ended.unwrap_or_else(|error| {
        // Nobody may be listening.
        let _said = writeln!(std::io::stderr(), "bonex: {error:#}");
        std::process::ExitCode::FAILURE
    })
}
