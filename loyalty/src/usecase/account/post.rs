//! Read, decide, post; and again when the account has moved on meanwhile.

use crate::ledger::{Account, Posting, Refusal};
use crate::model::{Bonus, Identifier, Tenant, Timestamp};
use crate::store::account::accounts::{self, ClientRow, Names, Read};
use crate::store::account::group::AccountRead;
use crate::store::account::lots::Need;
use crate::store::post::posted::Posted;
use crate::store::post::rows::{Beside, Poster, PostingRows};
use crate::store::{Db, Scope};
use crate::usecase::messages::write_message;
use crate::usecase::once::Claim;
use crate::usecase::partners::event;
use crate::usecase::{Error, Outcome};
use crate::{Failure, Loyalty};

/// Optimistic tries before the account is locked.
const RACES: u32 = 2;
/// Tries with the account locked: only a repeated id can fail them.
const LOCKED_TRIES: u32 = 3;

/// One kind of change: how to decide it, and what to answer.
pub(in crate::usecase) struct Change<'a, T> {
    /// Who posts.
    pub poster: Poster<'a>,
    /// Whose account.
    pub client: &'a Identifier,
    /// The idempotency key.
    pub claim: &'a Claim<'a, T>,
    /// External id that names a sale or redemption.
    pub external_id: Option<&'a str>,
    /// What deciding needs of the open lots.
    pub lots: LotsNeeded,
}

/// The lots that are read with the account. A decision that learns only later what it needs reads them then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::usecase) enum LotsNeeded {
    /// None.
    None,
    /// To spend so much.
    Spending(Bonus),
    /// To take so much, whatever hold or date it has.
    Taking(Bonus),
}

impl LotsNeeded {
    fn at(self, now: Timestamp) -> Option<Need> {
        match self {
            Self::None => None,
            Self::Spending(amount) => Some(Need::Spending(amount, now)),
            Self::Taking(amount) => Some(Need::Taking(amount)),
        }
    }
}

impl<T> Change<'_, T> {
    /// Reads what deciding at `now` needs.
    async fn read(&self, scope: &mut Scope<'_>, now: Timestamp) -> Result<Read, Failure> {
        let names = Names {
            key: self.claim.name(),
            external_id: self.external_id,
        };
        accounts::read(scope, self.client, names, self.lots.at(now)).await
    }

    /// The same without lots, to be asked together with others.
    fn shared_read(&self) -> AccountRead {
        AccountRead {
            identifier: self.client.clone(),
            key: self
                .claim
                .name()
                .map(|(scope, key)| (scope.to_owned(), key.to_owned())),
            external_id: self.external_id.map(str::to_owned),
        }
    }
}

/// Decides on what was read. It may read more in the same scope, but writes nothing.
pub(in crate::usecase) trait Decide<T>: Sync {
    /// The posting, or why not.
    fn decide(
        &self,
        scope: &mut Scope<'_>,
        client: &ClientRow,
        read: &Read,
        now: Timestamp,
    ) -> impl Future<Output = Result<Posting, Error>> + Send;

    /// What the caller is told.
    fn record(&self, posting: &Posting) -> T;
}

/// Runs a change until it is posted, refused, or found to have been made before.
pub(in crate::usecase) async fn post<T>(
    loyalty: &Loyalty,
    change: &Change<'_, T>,
    decide: &impl Decide<T>,
) -> Result<Outcome<T>, Error> {
    let db = loyalty.db();
    for race in 0..RACES {
        let mut scope = db.tenant(change.poster.tenant.id);
        let (read, now) = match change.lots {
            LotsNeeded::None => {
                let shared = loyalty.read_account(change.poster.tenant.id, change.shared_read());
                (shared.await?, loyalty.now())
            }
            // Which lots are needed depends on the moment, so it is decided at the one they were read for.
            _ => {
                let now = loyalty.now();
                (change.read(&mut scope, now).await?, now)
            }
        };
        let (rows, record) = match attempt(loyalty, &mut scope, change, decide, read, now).await? {
            Attempt::Answered(outcome) => return Ok(outcome),
            Attempt::Decided(rows, record) => (rows, record),
        };
        let wake = Wake::of(&rows);
        if loyalty.postings().post(rows).await? == Posted::Done {
            wake.workers(loyalty);
            return Ok(Outcome::Fresh(record));
        }
        metrics::counter!("bonex_posting_retries_total", "race" => race.to_string()).increment(1);
    }
    post_locked(loyalty, db, change, decide).await
}

/// After lost races: the account's row is taken first, so that nobody can be faster.
async fn post_locked<T>(
    loyalty: &Loyalty,
    db: &Db,
    change: &Change<'_, T>,
    decide: &impl Decide<T>,
) -> Result<Outcome<T>, Error> {
    for _ in 0..LOCKED_TRIES {
        let mut tx = db.begin().await?;
        let mut scope = tx.tenant(change.poster.tenant.id);
        if let Some(client) = accounts::find_client(&mut scope, change.client).await? {
            accounts::lock(&mut scope, client.account.client_id).await?;
        }
        let now = loyalty.now();
        let read = change.read(&mut scope, now).await?;
        let (rows, record) = match attempt(loyalty, &mut scope, change, decide, read, now).await? {
            Attempt::Answered(outcome) => return Ok(outcome),
            Attempt::Decided(rows, record) => (rows, record),
        };
        let wake = Wake::of(&rows);
        if tx.post(rows).await? == Posted::Done {
            tx.commit().await?;
            wake.workers(loyalty);
            return Ok(Outcome::Fresh(record));
        }
        metrics::counter!("bonex_posting_retries_total", "race" => "locked").increment(1);
    }
    Err(Failure::new("a posting was refused three times with the account locked").into())
}

/// Whom a posting gives something to do.
#[derive(Clone, Copy, Debug)]
pub(in crate::usecase) struct Wake {
    tenant_id: i64,
    webhooks: bool,
    messages: bool,
    follow_ups: bool,
}

impl Wake {
    pub(in crate::usecase) fn of(rows: &PostingRows) -> Self {
        Self {
            tenant_id: rows.client.tenant_id,
            webhooks: !rows.events.is_empty(),
            messages: !rows.messages.is_empty(),
            follow_ups: !rows.follow_ups.is_empty(),
        }
    }

    /// Those of this process need not wait for the clock.
    pub(in crate::usecase) fn workers(self, loyalty: &Loyalty) {
        if self.webhooks {
            loyalty.wake_webhooks(self.tenant_id);
        }
        if self.messages {
            loyalty.wake_messages(self.tenant_id);
        }
        if self.follow_ups {
            loyalty.wake_follow_ups(self.tenant_id);
        }
    }
}

enum Attempt<T> {
    Answered(Outcome<T>),
    Decided(Box<PostingRows>, T),
}

async fn attempt<T>(
    loyalty: &Loyalty,
    scope: &mut Scope<'_>,
    change: &Change<'_, T>,
    decide: &impl Decide<T>,
    mut read: Read,
    now: Timestamp,
) -> Result<Attempt<T>, Error> {
    // The key comes before everything else: the same request gets the same answer, whatever happened since.
    if let Some(reply) = read.reply.take() {
        return change.claim.replay(reply).map(Attempt::Answered);
    }
    if let Some(outcome) = change.claim.answered_by_others(scope).await? {
        return Ok(Attempt::Answered(outcome));
    }
    let client = read.client.take().ok_or(Refusal::ClientNotFound)?;
    let mut posting = decide.decide(scope, &client, &read, now).await?;
    let mut ids = loyalty.ids(client.last_id).await?;
    posting.assign_ids(&mut ids);
    let record = decide.record(&posting);
    let beside = Beside {
        keys: change.claim.rows(&record, now)?,
        ..beside(change.poster.tenant, &client.account, &posting, ids)?
    };
    let rows = PostingRows::new(change.poster, &posting, beside)?;
    Ok(Attempt::Decided(Box::new(rows), record))
}

/// Who is told of a decided change whose ids are given: partners, and the client.
pub(in crate::usecase) fn beside(
    tenant: &Tenant,
    before: &Account,
    posting: &Posting,
    mut ids: impl FnMut() -> i64,
) -> Result<Beside, Error> {
    Ok(Beside {
        keys: Vec::new(),
        events: event::of_posting(tenant, before, posting, &mut ids)?,
        messages: write_message::of_posting(tenant, before, posting, ids),
    })
}
