//! What a posting means for another account, made a posting of its own (rulings 30 and 31).

use super::once::{Claim, Outcome};
use super::post::{Change, Decide, post};
use super::{Error, Once};
use crate::Loyalty;
use crate::ledger::{Posting, Task, decide_inviter_revocation, decide_inviter_reward, referral_cause};
use crate::model::{Identifier, Tenant, Timestamp};
use crate::rules::message::next_attempt;
use crate::store::account::{ClientRow, Read};
use crate::store::follow_up::{self, WaitingRow};
use crate::store::post_rows::Poster;
use crate::store::{Scope, tenant};

/// Follow-ups of one shop that are made in one go.
const AT_ONCE: i64 = 100;
/// How long one waits for an older one of the same account.
const WAIT_SECONDS: i64 = 5;

/// Shops with something to follow up now.
///
/// # Errors
/// The database refuses.
pub async fn shops_with_follow_ups(loyalty: &Loyalty) -> Result<Vec<i64>, Error> {
    Ok(follow_up::shops_with_work(&mut loyalty.db().global(), loyalty.now()).await?)
}

/// Makes what a shop has to follow up, the oldest first; how many were finished. Several callers may do it at once, and
/// it may be cut short anywhere: what a follow-up gives has a cause that the database lets happen once.
///
/// # Errors
/// The database refuses.
pub async fn follow_up(loyalty: &Loyalty, tenant_id: i64) -> Result<usize, Error> {
    let shop = tenant::by_id(&mut loyalty.db().global(), tenant_id).await?;
    let Some(shop) = shop else { return Ok(0) };
    let due = follow_up::due(&mut loyalty.db().tenant(tenant_id), loyalty.now(), AT_ONCE).await?;
    let mut finished = 0;
    for row in due {
        let made = make(loyalty, &shop, &row).await;
        let (mut scope, now) = (loyalty.db().tenant(tenant_id), loyalty.now());
        match made {
            Ok(true) => {
                follow_up::finish(&mut scope, row.id, now).await?;
                finished += 1;
            }
            // An older one of the same account comes first.
            Ok(false) => follow_up::postpone(&mut scope, row.id, now.plus_seconds(WAIT_SECONDS), "").await?,
            Err(error) => {
                tracing::warn!(%error, follow_up = row.id, "a follow-up is tried again");
                let due_at = next_attempt(row.attempts + 1, now, None, 0.0);
                follow_up::postpone(&mut scope, row.id, due_at, &error.to_string()).await?;
            }
        }
    }
    Ok(finished)
}

/// False when it has to wait.
async fn make(loyalty: &Loyalty, shop: &Tenant, row: &WaitingRow) -> Result<bool, Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    if follow_up::has_older(&mut scope, row.client_id, row.id).await? {
        return Ok(false);
    }
    let task: Task = serde_json::from_str(&row.task)?;
    let once = Once::unnamed();
    let claim = Claim::of_tenant(shop, "follow-up", &once);
    let change = Change {
        poster: Poster {
            tenant: shop,
            register_id: None,
        },
        client: &Identifier::Client(row.client_id),
        claim: &claim,
        external_id: None,
        with_lots: true,
    };
    match post(loyalty, &change, &FollowUp { task }).await {
        Ok(Outcome::Fresh(()) | Outcome::Replayed(_)) | Err(Error::NothingToDo) => Ok(true),
        Err(error) => Err(error),
    }
}

struct FollowUp {
    task: Task,
}

impl Decide<()> for FollowUp {
    async fn decide(
        &self,
        scope: &mut Scope<'_>,
        client: &ClientRow,
        _read: &Read,
        now: Timestamp,
    ) -> Result<Posting, Error> {
        let (account, client_id) = (&client.account, client.account.client_id);
        match self.task {
            Task::RewardInviter {
                invitee_id,
                bonus,
                expiry_days,
                most,
            } => {
                let cause = referral_cause(invitee_id);
                let is_made = follow_up::caused_entry(scope, client_id, &cause).await?.is_some();
                let is_full = match most {
                    Some(most) => follow_up::rewards(scope, client_id).await? >= most,
                    None => false,
                };
                // No self-referral, whatever the data say.
                if is_made || is_full || account.is_blocked || invitee_id == client_id {
                    return Err(Error::NothingToDo);
                }
                Ok(decide_inviter_reward(
                    account,
                    invitee_id,
                    bonus,
                    expiry_days,
                    now,
                ))
            }
            Task::RevokeInviter { invitee_id } => {
                let cause = referral_cause(invitee_id);
                let given = follow_up::caused_entry(scope, client_id, &cause).await?;
                let undone = follow_up::caused_entry(scope, client_id, &format!("{cause} undone")).await?;
                match (given, undone) {
                    (Some(given), None) => Ok(decide_inviter_revocation(
                        account,
                        invitee_id,
                        given.amount,
                        given.lot_id,
                        now,
                    )),
                    _ => Err(Error::NothingToDo),
                }
            }
        }
    }

    fn record(&self, _posting: &Posting) {}
}
