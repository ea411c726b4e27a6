//! What nobody needs any more is deleted: rows of done work, some thousand at a time.

use crate::Loyalty;
use crate::model::{Date, Timestamp, Zone};
use crate::store::Scope;
use crate::store::access::{client_tokens, otp};
use crate::store::account::follow_up;
use crate::store::platform::tenant;
use crate::store::programme::promotion;
use crate::store::upkeep::job;
use crate::usecase::Error;

/// A kind of rows that are over.
#[derive(Clone, Copy, Debug)]
enum Over {
    /// Codes that log nobody in any more.
    Codes,
    /// How often codes went out.
    Sends,
    /// Follow-ups that were made.
    FollowUps,
    /// Tokens that were revoked.
    Tokens,
    /// Runs of jobs.
    Runs,
    /// How often clients had a promotion that is over.
    Uses,
}

impl Over {
    const ALL: [Self; 6] = [
        Self::Codes,
        Self::Sends,
        Self::FollowUps,
        Self::Tokens,
        Self::Runs,
        Self::Uses,
    ];

    /// How long they are kept, in days: for whoever asks what happened, and for receipts that are sent late.
    const fn days(self) -> i64 {
        match self {
            // Limits look back a day.
            Self::Codes | Self::Sends => 2,
            Self::FollowUps | Self::Tokens => 30,
            Self::Runs | Self::Uses => 90,
        }
    }

    /// Deletes some of a shop's; how many.
    async fn delete_some(self, scope: &mut Scope<'_>, before: Timestamp) -> Result<u64, Error> {
        Ok(match self {
            Self::Codes => otp::forget_dead(scope, before).await?,
            Self::Sends => otp::forget_sends(scope, before).await?,
            Self::FollowUps => follow_up::forget(scope, before).await?,
            Self::Tokens => client_tokens::forget_revoked(scope, before).await?,
            Self::Runs => {
                let day = Date::at(before, Zone::UTC).to_string();
                job::forget_runs(scope, &day).await?
            }
            Self::Uses => promotion::forget_uses(scope, before).await?,
        })
    }
}

/// Deletes codes, tokens, follow-ups, runs of jobs and uses of promotions that are over; how many rows. What can't be
/// deleted in one shop stays, and keeps nothing in the others.
///
/// # Errors
/// The database refuses.
pub async fn forget_what_is_over(loyalty: &Loyalty) -> Result<u64, Error> {
    let mut deleted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        for kind in Over::ALL {
            match forget(loyalty, tenant_id, kind).await {
                Ok(some) => deleted += some,
                Err(error) => {
                    tracing::warn!(%error, tenant = tenant_id, ?kind, "what is over stays for another hour");
                }
            }
        }
    }
    Ok(deleted)
}

async fn forget(loyalty: &Loyalty, tenant_id: i64, kind: Over) -> Result<u64, Error> {
    let before = loyalty.now().plus_days(-kind.days());
    let mut deleted = 0;
    loop {
        let some = kind
            .delete_some(&mut loyalty.db().tenant(tenant_id), before)
            .await?;
        deleted += some;
        if some == 0 {
            return Ok(deleted);
        }
    }
}
