//! What a serving process does now and then for itself.

use std::time::Duration;

use loyalty::usecase;
use tokio::time::{MissedTickBehavior, interval};

use crate::parts::Parts;

/// Runs until it is dropped.
pub async fn run(parts: Parts) {
    let mut often = interval(Duration::from_secs(10));
    often.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        often.tick().await;
        parts.metrics.fold();
        parts.limits.forget_idle(parts.loyalty.now());
        if let Err(error) = usecase::write_strikes(&parts.loyalty).await {
            tracing::warn!(%error, "strikes of other devices were not written");
        }
    }
}
