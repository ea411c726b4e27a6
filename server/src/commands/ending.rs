//! How a process ends: who tells it to, and how long that may take.

use std::time::Duration;

use anyhow::Result;
use loyalty::Loyalty;
use tokio::signal::unix::{SignalKind, signal};

/// Queued postings and leases get so long; with what connections and workers have before it stays below the ten seconds
/// after which containers are killed.
const PATIENCE: Duration = Duration::from_secs(4);

/// Ends with SIGTERM or SIGINT.
pub fn told_to_stop() -> Result<impl Future<Output = ()> + use<>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what is under way finishes");
    })
}

/// Commits what is queued, gives leases back and closes the database.
pub async fn close(loyalty: &Loyalty) {
    if tokio::time::timeout(PATIENCE, loyalty.close()).await.is_err() {
        tracing::warn!("the database does not let go: leases end by themselves in a minute");
    }
}
