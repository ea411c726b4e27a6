//! Messages of campaigns, portion by portion.

use std::time::Duration;

use loyalty::{Loyalty, usecase};
use tokio::sync::watch;

use super::rounds::Rounds;

/// How often portions that are due are looked for.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is told to stop. A portion that is cut short is written again from its beginning.
pub async fn run(loyalty: Loyalty, stopped: watch::Receiver<bool>) {
    let mut rounds = Rounds::every(PAUSE, stopped);
    while rounds.next().await {
        if let Some(Err(error)) = rounds.do_one(usecase::send_portions(&loyalty)).await {
            tracing::warn!(%error, "campaigns wait");
        }
    }
}
