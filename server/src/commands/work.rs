//! A pure worker: everything but HTTP, unless somebody is to see how it is.

use std::net::SocketAddr;
use std::pin::pin;

use anyhow::{Context, Result};
use loyalty::{Loyalty, usecase};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::ending::{close, told_to_stop};
use super::readiness::until_ready;
use crate::housekeeping;
use crate::parts::Parts;
use crate::router::work_router;
use crate::settings::Settings;
use crate::workers::{Condition, Crew};

/// Works until SIGTERM or SIGINT; what is under way is finished.
pub async fn work(settings: &Settings) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    let mut told = pin!(told_to_stop()?);
    // Dropped at the end: whoever asks how it is then hears nothing.
    let (mut shown, mut condition) = (JoinSet::new(), Condition::default());
    if let Some(listen) = settings.metrics_listen {
        condition = show(&loyalty, settings, listen, &mut shown).await?;
    }
    let is_ready = loyalty.is_ready().await?;
    let is_told = !is_ready
        && tokio::select! {
            () = &mut told => true,
            () = until_ready(&loyalty) => false,
        };
    if !is_told {
        usecase::set_demo_reach(&loyalty, settings.demo_reaches()?).await?;
        let crew = Crew::start(&loyalty.at_leisure(), settings, &condition)?;
        tracing::info!("working");
        told.await;
        crew.stop().await;
    }
    close(&loyalty).await;
    tracing::info!("stopped");
    Ok(())
}

/// Shows health and metrics at an address of their own.
async fn show(
    loyalty: &Loyalty,
    settings: &Settings,
    listen: SocketAddr,
    shown: &mut JoinSet<()>,
) -> Result<Condition> {
    let parts = Parts::new(loyalty.clone(), settings)?;
    let condition = parts.condition.clone();
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("can't listen on {listen}: is another program there?"))?;
    tracing::info!(address = %listener.local_addr()?, "health and metrics");
    shown.spawn(housekeeping::run(parts.clone()));
    let service = work_router(parts).into_make_service_with_connect_info::<SocketAddr>();
    shown.spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            tracing::error!(%error, "health and metrics are shown no more");
        }
    });
    Ok(condition)
}
