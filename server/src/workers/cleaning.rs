//! Deletes what nobody needs any more, once an hour.

use std::time::Duration;

use loyalty::{Loyalty, usecase};
use tokio::time::{MissedTickBehavior, interval};

/// Runs until it is dropped.
pub async fn run(loyalty: Loyalty) {
    let mut hourly = interval(Duration::from_secs(3600));
    hourly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hourly.tick().await;
        if let Err(error) = usecase::forget_old_replies(&loyalty).await {
            tracing::warn!(%error, "old replies stay for another hour");
        }
        if let Err(error) = usecase::forget_old_deliveries(&loyalty).await {
            tracing::warn!(%error, "old deliveries stay for another hour");
        }
        if let Err(error) = usecase::forget_old_messages(&loyalty).await {
            tracing::warn!(%error, "old messages stay for another hour");
        }
    }
}
