//! Deletes what nobody needs any more, once an hour.

use std::time::Duration;

use loyalty::{Loyalty, usecase};
use tokio::sync::watch;

use super::rounds::Rounds;

const HOUR: Duration = Duration::from_secs(3600);

/// Runs until it is told to stop; what it is at may be cut short anywhere.
pub async fn run(loyalty: Loyalty, stopped: watch::Receiver<bool>) {
    let mut rounds = Rounds::every(HOUR, stopped);
    while rounds.next().await {
        rounds.do_one(clean(&loyalty)).await;
    }
}

/// Deletes it now. What fails is told of and stays for another hour.
pub async fn clean(loyalty: &Loyalty) {
    if let Err(error) = usecase::forget_old_replies(loyalty).await {
        tracing::warn!(%error, "old replies stay for another hour");
    }
    if let Err(error) = usecase::forget_old_deliveries(loyalty).await {
        tracing::warn!(%error, "old deliveries stay for another hour");
    }
    if let Err(error) = usecase::forget_old_messages(loyalty).await {
        tracing::warn!(%error, "old messages stay for another hour");
    }
    if let Err(error) = usecase::forget_campaign_members(loyalty).await {
        tracing::warn!(%error, "members of old campaigns stay for another hour");
    }
    if let Err(error) = usecase::forget_what_is_over(loyalty).await {
        tracing::warn!(%error, "what is over stays for another hour");
    }
}
