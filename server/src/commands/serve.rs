//! The server: starts, serves, and stops without losing what it acknowledged.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use loyalty::usecase;
use tokio::net::TcpListener;

use super::signals::told_to_stop;
use crate::housekeeping;
use crate::router::{Parts, router};
use crate::settings::{Settings, Workers};
use crate::workers::Crew;

/// Serves until SIGTERM or SIGINT; then running requests finish and queued postings are committed.
pub async fn serve(settings: &Settings, demo: bool, workers: Workers) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    if demo {
        usecase::provision_demo(&loyalty, &settings.public_url()).await?;
    }
    // An old schema is brought to the newest by `bonex migrate`, elsewhere.
    if loyalty.is_ready().await.unwrap_or(false) {
        usecase::set_demo_reach(&loyalty, settings.demo_reaches()?).await?;
    }
    let parts = Parts::new(loyalty.clone(), settings)?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("can't listen on {}: is another program there?", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, url = settings.public_url(), "serving");
    let housekeeping = tokio::spawn(housekeeping::run(parts.clone()));
    let crew = match workers {
        Workers::On => Some(Crew::start(&loyalty, settings)?),
        Workers::Off => None,
    };
    let service = router(parts).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(told_to_stop()?)
        .await?;
    housekeeping.abort();
    if let Some(crew) = crew {
        crew.stop().await;
    }
    loyalty.close().await;
    tracing::info!("stopped");
    Ok(())
}
