//! What a posting means for another account: made within a second or two, and repeated until it is done.

use std::time::Duration;

use loyalty::{Loyalty, usecase};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// How long nothing is looked for when nobody calls.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is told to stop.
pub async fn run(loyalty: Loyalty, mut stopped: watch::Receiver<bool>) {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            _ = tick.tick() => {}
            () = loyalty.follow_up_work() => {}
        }
        match usecase::shops_with_follow_ups(&loyalty).await {
            Ok(shops) => {
                for tenant_id in shops {
                    if let Err(error) = usecase::follow_up(&loyalty, tenant_id).await {
                        tracing::warn!(%error, tenant = tenant_id, "follow-ups of a shop wait");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "follow-ups wait"),
        }
    }
}
