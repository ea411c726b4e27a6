//! The server: starts, serves, and stops without losing what it acknowledged.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use loyalty::usecase;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::housekeeping;
use crate::router::{Parts, router};
use crate::settings::Settings;

/// Serves until SIGTERM or SIGINT; then running requests finish and queued postings are committed.
pub async fn serve(settings: &Settings, demo: bool) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    if demo {
        usecase::provision_demo(&loyalty, &settings.public_url()).await?;
    }
    let parts = Parts::new(loyalty.clone(), settings)?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("can't listen on {}: is another program there?", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, url = settings.public_url(), "serving");
    let housekeeping = tokio::spawn(housekeeping::run(parts.clone()));
    let service = router(parts).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(told_to_stop()?)
        .await?;
    housekeeping.abort();
    loyalty.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn told_to_stop() -> Result<impl Future<Output = ()> + use<>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: running requests finish");
    })
}
