//! Bonex: one binary.

use clap::Parser;

/// Requests allocate in many threads at once, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    server::log::begin();
    match server::commands::run(server::settings::Bonex::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bonex: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
