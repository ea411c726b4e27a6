//! Bonex: one binary.

use clap::Parser;

/// Requests allocate in many threads at once, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("BONEX_LOG").unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match server::commands::run(server::settings::Bonex::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bonex: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
