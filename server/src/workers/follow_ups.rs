//! What a posting means for another account: made within a second or two, and repeated until it is done.

use std::time::Duration;

use loyalty::Loyalty;
use loyalty::usecase::{self, Error};
use tokio::sync::watch;

use super::rounds::Rounds;

/// How long nothing is looked for when nobody calls.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until it is told to stop.
pub async fn run(loyalty: Loyalty, stopped: watch::Receiver<bool>) {
    let mut rounds = Rounds::every(PAUSE, stopped);
    while rounds.next_or(loyalty.follow_up_work()).await {
        if let Err(error) = make_due(&loyalty).await {
            tracing::warn!(%error, "follow-ups wait");
        }
    }
}

/// Makes all that are due. A shop whose follow-ups can't be made does not stop the others.
///
/// # Errors
/// The database refuses.
pub async fn make_due(loyalty: &Loyalty) -> Result<(), Error> {
    for tenant_id in usecase::shops_with_follow_ups(loyalty).await? {
        if let Err(error) = usecase::follow_up(loyalty, tenant_id).await {
            tracing::warn!(%error, tenant = tenant_id, "follow-ups of a shop wait");
        }
    }
    Ok(())
}
