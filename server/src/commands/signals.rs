//! How a process is told to stop.

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

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
