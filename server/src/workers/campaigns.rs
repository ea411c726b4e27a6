//! Messages of campaigns, portion by portion.

use std::time::Duration;

use loyalty::{Loyalty, usecase};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// How often portions that are due are looked for.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is told to stop. A portion that is cut short is written again from its beginning.
pub async fn run(loyalty: Loyalty, mut stopped: watch::Receiver<bool>) {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let portions = async {
        loop {
            tick.tick().await;
            if let Err(error) = usecase::send_portions(&loyalty).await {
                tracing::warn!(%error, "campaigns wait");
            }
        }
    };
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = portions => {}
    }
}
