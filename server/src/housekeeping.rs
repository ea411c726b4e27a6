//! What a serving process does now and then, for itself and for the database.

use std::time::Duration;

use loyalty::usecase;
use tokio::time::{MissedTickBehavior, interval};

use crate::router::Parts;

/// Runs until it is dropped.
pub async fn run(parts: Parts) {
    let (mut often, mut hourly) = (
        interval(Duration::from_secs(10)),
        interval(Duration::from_secs(3600)),
    );
    often.set_missed_tick_behavior(MissedTickBehavior::Delay);
    hourly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = often.tick() => {
                parts.metrics.fold();
                parts.limits.forget_idle();
            }
            _ = hourly.tick() => {
                if let Err(error) = usecase::forget_old_replies(&parts.loyalty).await {
                    tracing::warn!(%error, "old replies stay for another hour");
                }
            }
        }
    }
}
