//! Bonex: one binary.

use clap::Parser;

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
