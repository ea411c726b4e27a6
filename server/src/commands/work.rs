//! A pure worker: everything but HTTP.

use std::pin::pin;

use anyhow::Result;
use loyalty::usecase;

use super::ending::{close, told_to_stop};
use super::readiness::until_ready;
use crate::settings::Settings;
use crate::workers::Crew;

/// Works until SIGTERM or SIGINT; what is under way is finished.
pub async fn work(settings: &Settings) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    let mut told = pin!(told_to_stop()?);
    let is_ready = loyalty.is_ready().await?;
    let is_told = !is_ready
        && tokio::select! {
            () = &mut told => true,
            () = until_ready(&loyalty) => false,
        };
    if !is_told {
        usecase::set_demo_reach(&loyalty, settings.demo_reaches()?).await?;
        let crew = Crew::start(&loyalty.at_leisure(), settings)?;
        tracing::info!("working");
        told.await;
        crew.stop().await;
    }
    close(&loyalty).await;
    tracing::info!("stopped");
    Ok(())
}
