//! What a posting means for another account, made a posting of its own (rulings 30 and 31).

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::post::{Change, Decide, LotsNeeded, post};
use crate::Loyalty;
use crate::ledger::{
    Account, Posting, Refusal, Task, decide_inviter_revocation, decide_inviter_reward, referral_cause,
};
use crate::model::{Identifier, Tenant, Timestamp};
use crate::rules::message::next_attempt;
use crate::store::Scope;
use crate::store::account::accounts::{ClientRow, Read};
use crate::store::account::follow_up::{self, FOLLOW_UPS, WaitingRow};
use crate::store::account::lots;
use crate::store::platform::tenant;
use crate::store::post::rows::Poster;
use crate::store::upkeep::lease::{self, Lease};
use crate::usecase::once::{Claim, Outcome};
use crate::usecase::{Error, Once};

/// Follow-ups of one shop that are made in one go.
const AT_ONCE: i64 = 100;
/// Longer than so many take.
const LEASE_SECONDS: i64 = 60;
/// How long one waits for an older one of the same account, at least.
const WAIT_SECONDS: i64 = 5;
/// How often it is asked whether somebody is blocked no more.
const BLOCKED_SECONDS: i64 = 600;

/// Shops with something to follow up now.
///
/// # Errors
/// The database refuses.
pub async fn shops_with_follow_ups(loyalty: &Loyalty) -> Result<Vec<i64>, Error> {
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    Ok(lease::shops_with_work(&mut loyalty.db().global(), &FOLLOW_UPS, now, clock).await?)
}

/// Follow-ups of one shop, taken to be made by this caller.
pub struct TakenFollowUps {
    shop: Tenant,
    rows: Vec<WaitingRow>,
    /// The one that is being made.
    at: AtomicUsize,
}

impl TakenFollowUps {
    /// Which shop's.
    pub fn tenant_id(&self) -> i64 {
        self.shop.id
    }
}

/// Makes what a shop has to follow up, the oldest first; how many were finished. Several callers may do it at once, and
/// it may be cut short anywhere: what a follow-up gives has a cause that the database lets happen once.
///
/// # Errors
/// The database refuses.
pub async fn follow_up(loyalty: &Loyalty, tenant_id: i64) -> Result<usize, Error> {
    match take_follow_ups(loyalty, tenant_id).await? {
        Some(taken) => make_follow_ups(loyalty, &taken).await,
        None => Ok(0),
    }
}

/// Takes up to a hundred follow-ups of a shop that are due; they are this caller's for a minute. None: nothing is due.
///
/// # Errors
/// The database refuses.
pub async fn take_follow_ups(loyalty: &Loyalty, tenant_id: i64) -> Result<Option<TakenFollowUps>, Error> {
    let shop = tenant::by_id(&mut loyalty.db().global(), tenant_id).await?;
    let Some(shop) = shop else { return Ok(None) };
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    let lease = Lease {
        now,
        clock,
        until: clock.plus_seconds(LEASE_SECONDS),
    };
    let mut tx = loyalty.db().begin().await?;
    let rows = follow_up::take(&mut tx.tenant(tenant_id), lease, AT_ONCE).await?;
    tx.commit().await?;
    for row in &rows {
        loyalty
            .holdings()
            .took(&FOLLOW_UPS, tenant_id, row.id, row.attempts);
    }
    let at = AtomicUsize::new(0);
    Ok((!rows.is_empty()).then_some(TakenFollowUps { shop, rows, at }))
}

/// Makes what was taken; how many were finished. The others are due again later.
///
/// # Errors
/// The database refuses; then what is not finished is due again when the lease ends.
pub async fn make_follow_ups(loyalty: &Loyalty, taken: &TakenFollowUps) -> Result<usize, Error> {
    let (shop, tenant_id) = (&taken.shop, taken.shop.id);
    let (mut finished, mut unnoted) = (0, Unnoted::default());
    for (number, row) in taken.rows.iter().enumerate() {
        taken.at.store(number, Ordering::Relaxed);
        // Those before it of the same account are not to be waited for.
        if unnoted.clients.contains(&row.client_id) {
            unnoted.note(loyalty, tenant_id).await?;
        }
        let made = make(loyalty, shop, row).await;
        let (mut scope, now) = (loyalty.db().tenant(tenant_id), loyalty.now());
        match made {
            Ok(Made::Done) => {
                unnoted.add(row);
                finished += 1;
                continue;
            }
            Ok(Made::After(older_due_at)) => {
                let due_at = now.plus_seconds(WAIT_SECONDS).max(older_due_at);
                lease::put_back(&mut scope, &FOLLOW_UPS, row.id, row.attempts, due_at).await?;
            }
            Ok(Made::Blocked) => {
                let due_at = now.plus_seconds(BLOCKED_SECONDS);
                let why = "the client is blocked";
                follow_up::postpone(&mut scope, row.id, row.attempts, due_at, why).await?;
            }
            Ok(Made::Unreadable(error)) => {
                tracing::error!(%error, follow_up = row.id, "a follow-up can't be read and is set aside");
                let due_at = next_attempt(row.attempts, now, None, 0.0);
                follow_up::set_aside(&mut scope, row.id).await?;
                follow_up::postpone(&mut scope, row.id, row.attempts, due_at, &error.to_string()).await?;
            }
            Err(error) => {
                tracing::warn!(%error, follow_up = row.id, "a follow-up is tried again");
                let due_at = next_attempt(row.attempts, now, None, 0.0);
                follow_up::postpone(&mut scope, row.id, row.attempts, due_at, &error.to_string()).await?;
            }
        }
        loyalty.holdings().settled(&FOLLOW_UPS, tenant_id, row.id);
    }
    unnoted.note(loyalty, tenant_id).await?;
    Ok(finished)
}

/// Making what was taken ended in a panic: the one it was at is set aside and tried again later, the others at once.
///
/// # Errors
/// The database refuses; then all are due again when the lease ends.
pub async fn break_follow_ups(loyalty: &Loyalty, taken: &TakenFollowUps) -> Result<(), Error> {
    let (tenant_id, now) = (taken.shop.id, loyalty.now());
    let mut scope = loyalty.db().tenant(tenant_id);
    for (number, row) in taken.rows.iter().enumerate() {
        if number == taken.at.load(Ordering::Relaxed) {
            let due_at = next_attempt(row.attempts, now, None, 0.0);
            let why = "making it ended in a panic";
            follow_up::set_aside(&mut scope, row.id).await?;
            follow_up::postpone(&mut scope, row.id, row.attempts, due_at, why).await?;
        } else {
            lease::end(&mut scope, &FOLLOW_UPS, row.id, row.attempts).await?;
        }
        loyalty.holdings().settled(&FOLLOW_UPS, tenant_id, row.id);
    }
    Ok(())
}

/// What is made but not noted yet: one note serves many, and what is made twice happens once.
#[derive(Default)]
struct Unnoted {
    ids: Vec<i64>,
    clients: HashSet<i64>,
}

impl Unnoted {
    fn add(&mut self, row: &WaitingRow) {
        self.ids.push(row.id);
        self.clients.insert(row.client_id);
    }

    async fn note(&mut self, loyalty: &Loyalty, tenant_id: i64) -> Result<(), Error> {
        follow_up::finish(&mut loyalty.db().tenant(tenant_id), &self.ids, loyalty.now()).await?;
        for id in self.ids.drain(..) {
            loyalty.holdings().settled(&FOLLOW_UPS, tenant_id, id);
        }
        self.clients.clear();
        Ok(())
    }
}

/// What became of one.
enum Made {
    /// It is done, or was not to be done.
    Done,
    /// An older one of the same account comes first, and is due then.
    After(Timestamp),
    /// Nothing is given to a blocked client, nor is it lost: it waits, and those after it.
    Blocked,
    /// It may be of a newer program.
    Unreadable(serde_json::Error),
}

async fn make(loyalty: &Loyalty, shop: &Tenant, row: &WaitingRow) -> Result<Made, Error> {
    let task: Task = match serde_json::from_str(&row.task) {
        Ok(task) => task,
        Err(error) => return Ok(Made::Unreadable(error)),
    };
    let mut scope = loyalty.db().tenant(shop.id);
    if let Some(due_at) = follow_up::older_due_at(&mut scope, row.client_id, row.id).await? {
        return Ok(Made::After(due_at));
    }
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
        lots: LotsNeeded::None,
    };
    match post(loyalty, &change, &FollowUp { task }).await {
        Ok(Outcome::Fresh(()) | Outcome::Replayed(_)) | Err(Error::NothingToDo) => Ok(Made::Done),
        Err(Error::Refused(Refusal::ClientBlocked)) => Ok(Made::Blocked),
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
                if is_made || is_full || invitee_id == client_id {
                    return Err(Error::NothingToDo);
                }
                // It may have waited long: what was brought back meanwhile earns nothing.
                if !follow_up::keeps_first_purchase(scope, invitee_id).await? {
                    return Err(Error::NothingToDo);
                }
                Ok(decide_inviter_reward(
                    account,
                    invitee_id,
                    bonus,
                    expiry_days,
                    now,
                )?)
            }
            Task::RevokeInviter { invitee_id } => {
                let cause = referral_cause(invitee_id);
                let given = follow_up::caused_entry(scope, client_id, &cause).await?;
                let undone = follow_up::caused_entry(scope, client_id, &format!("{cause} undone")).await?;
                match (given, undone) {
                    (Some(given), None) => {
                        let own = given.lot_id.as_slice();
                        let account = Account {
                            lots: lots::taking(scope, client_id, given.amount, own).await?,
                            ..account.clone()
                        };
                        Ok(decide_inviter_revocation(
                            &account,
                            invitee_id,
                            given.amount,
                            given.lot_id,
                            now,
                        ))
                    }
                    _ => Err(Error::NothingToDo),
                }
            }
        }
    }

    fn record(&self, _posting: &Posting) {}
}
