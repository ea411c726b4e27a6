//! A pure worker: everything but HTTP.

use anyhow::Result;
use loyalty::usecase;

use super::signals::told_to_stop;
use crate::settings::Settings;
use crate::workers::Crew;

/// Works until SIGTERM or SIGINT; what is under way is finished.
pub async fn work(settings: &Settings) -> Result<()> {
    let loyalty = settings.connect_ready().await?;
    usecase::set_demo_reach(&loyalty, settings.demo_reaches()?).await?;
    let crew = Crew::start(&loyalty, settings)?;
    tracing::info!("working");
    told_to_stop()?.await;
    crew.stop().await;
    loyalty.close().await;
    tracing::info!("stopped");
    Ok(())
}
