//! The server: starts, serves, and stops without losing what it acknowledged.

use anyhow::{Context, Result};
use loyalty::Loyalty;
use loyalty::usecase;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::ending::{close, told_to_stop};
use super::readiness::until_ready;
use crate::connections::{self, Bounds};
use crate::housekeeping;
use crate::parts::Parts;
use crate::router::router;
use crate::settings::{Settings, Workers};
use crate::workers::{Condition, Crew};

/// Serves until SIGTERM or SIGINT; then running requests finish, within their time, and queued postings are committed.
pub async fn serve(settings: &Settings, demo: bool, workers: Workers) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    let is_ready = loyalty.is_ready().await?;
    let parts = Parts::new(loyalty.clone(), settings)?;
    let condition = parts.condition.clone();
    let mut crew = match is_ready {
        true => begin(&loyalty, settings, demo, workers, &condition).await?,
        false => None,
    };
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("can't listen on {}: is another program there?", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, url = settings.public_url(), "serving");
    let housekeeping = tokio::spawn(housekeeping::run(parts.clone()));
    let (stop, stopping) = watch::channel(false);
    let bounds = Bounds::of_this_process();
    let serving = tokio::spawn(connections::serve(listener, router(parts), bounds, stopping));
    let mut told = std::pin::pin!(told_to_stop()?);
    let begin_late = async {
        until_ready(&loyalty).await;
        begin(&loyalty, settings, demo, workers, &condition).await
    };
    tokio::select! {
        () = &mut told => {}
        begun = begin_late, if !is_ready => {
            crew = begun?;
            told.await;
        }
    }
    // Nobody listens when serving has ended already.
    let _ended = stop.send(true);
    housekeeping.abort();
    let rest = async {
        if let Some(crew) = crew {
            crew.stop().await;
        }
    };
    let (served, ()) = tokio::join!(serving, rest);
    close(&loyalty).await;
    served?;
    tracing::info!("stopped");
    Ok(())
}

/// What there is to do on a database that is ready, beside answering.
async fn begin(
    loyalty: &Loyalty,
    settings: &Settings,
    demo: bool,
    workers: Workers,
    condition: &Condition,
) -> Result<Option<Crew>> {
    if demo {
        usecase::provision_demo(loyalty, &settings.public_url()).await?;
    }
    usecase::set_demo_reach(loyalty, settings.demo_reaches()?).await?;
    Ok(match workers {
        Workers::On => Some(Crew::start(&loyalty.at_leisure(), settings, condition)?),
        Workers::Off => None,
    })
}
