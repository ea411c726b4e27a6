//! What partners are told of, written in the same transaction as the change itself.

use serde::{Deserialize, Serialize};

use crate::ledger::{Account, PostedEntry, Posting, SaleKind};
use crate::model::{Bonus, EntryKind, EventKind, Explanation, Money, Tenant, Tier, Timestamp};
use crate::store::partners::webhook::{self, EventRow};
use crate::store::{Scope, Tx};
use crate::usecase::clients::read_profile::{self, Profile};
use crate::usecase::{Error, SaleRecord};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// The particulars.
    pub fact: Fact,
}

/// The particulars of an event, as stored until it is worded for partners.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Fact {
    /// A client, new or changed, as of then.
    Client(Box<Profile>),
    /// A line of the history.
    Entry(EntryFact),
    /// A purchase.
    Sale(SaleRecord),
    /// Goods brought back.
    Return(ReturnFact),
    /// Another tier.
    Tier(Box<TierFact>),
    /// A first purchase of somebody invited.
    Referral(ReferralFact),
    /// Bonuses that will burn soon.
    Expiring(ExpiringFact),
    /// Nothing happened: somebody tries an endpoint.
    Test,
}

/// A line of the history.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EntryFact {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub client_id: i64,
    /// What it is.
    pub kind: EntryKind,
    /// Signed change.
    pub amount: Bonus,
    /// The balance after it.
    pub balance_after: Bonus,
    /// The purchase it belongs to.
    pub sale_id: Option<i64>,
    /// Why.
    pub explanation: Explanation,
}

/// Goods brought back.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReturnFact {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub client_id: i64,
    /// The purchase.
    pub sale_id: i64,
    /// The register's own id of it.
    pub external_id: String,
    /// Worth of the goods.
    pub amount: Money,
    /// Money given back, as sent.
    pub cash_refund: Option<Money>,
    /// Accrual taken back.
    pub revoked: Bonus,
    /// Spent bonuses put back.
    pub restored: Bonus,
    /// What the balance lacked.
    pub shortage: Bonus,
    /// The balance after it.
    pub new_balance: Bonus,
}

/// A client's move to another tier.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TierFact {
    /// Who.
    pub client_id: i64,
    /// Before.
    pub from: Tier,
    /// After.
    pub to: Tier,
    /// Purchases of all time less returns.
    pub total_spent: Money,
}

/// A first purchase of somebody invited (R-REFERRAL-6).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct ReferralFact {
    /// Who invited.
    pub inviter_id: i64,
    /// Who bought.
    pub invitee_id: i64,
    /// What.
    pub sale_id: i64,
}

/// Bonuses that will burn soon (R-EXPIRE-2).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct ExpiringFact {
    /// Whose.
    pub client_id: i64,
    /// How many in all.
    pub amount: Bonus,
    /// When the first of them burn.
    pub expires_at: Timestamp,
}

/// The events of a decided change whose ids are given; none in a shop where nobody is to be told.
pub(in crate::usecase) fn of_posting(
    tenant: &Tenant,
    before: &Account,
    posting: &Posting,
    ids: impl FnMut() -> i64,
) -> Result<Vec<EventRow>, serde_json::Error> {
    if !tenant.has_webhooks {
        return Ok(Vec::new());
    }
    let mut facts = Vec::new();
    facts.extend(
        posting
            .entries
            .iter()
            .filter_map(|entry| entry_fact(posting, entry)),
    );
    if posting
        .sale
        .as_ref()
        .is_some_and(|sale| sale.kind == SaleKind::Sale)
    {
        facts.extend(SaleRecord::of(posting).map(|sale| (EventKind::SaleCreated, Fact::Sale(sale))));
    }
    facts.extend(return_fact(posting));
    facts.extend(tier_fact(tenant, before, posting));
    facts.extend(referral_fact(before, posting));
    rows(tenant.id, posting.at, facts, ids)
}

/// Tells of a client who was enrolled or changed, where anybody is to be told.
pub(in crate::usecase) async fn tell_of_client(
    tx: &mut Tx,
    tenant: &Tenant,
    kind: EventKind,
    client_id: i64,
    id: i64,
    now: Timestamp,
) -> Result<(), Error> {
    if !tenant.has_webhooks {
        return Ok(());
    }
    let mut scope: Scope<'_> = tx.tenant(tenant.id);
    let profile = read_profile::read(&mut scope, tenant, client_id, now).await?;
    let facts = vec![(kind, Fact::Client(Box::new(profile)))];
    for row in rows(tenant.id, now, facts, || id)? {
        webhook::insert_event(&mut scope, &row, true).await?;
    }
    Ok(())
}

/// The rows of these facts.
pub(in crate::usecase) fn rows(
    tenant_id: i64,
    at: Timestamp,
    facts: Vec<(EventKind, Fact)>,
    mut ids: impl FnMut() -> i64,
) -> Result<Vec<EventRow>, serde_json::Error> {
    let row = |(kind, fact): (EventKind, Fact)| {
        Ok(EventRow {
            tenant_id,
            id: ids(),
            kind: kind.as_str(),
            payload: serde_json::to_string(&fact)?,
            created_at: at.millis(),
        })
    };
    facts.into_iter().map(row).collect()
}

/// What a return takes and gives back is told with the return.
fn entry_fact(posting: &Posting, entry: &PostedEntry) -> Option<(EventKind, Fact)> {
    let kind = match entry.kind {
        EntryKind::Accrual
        | EntryKind::Welcome
        | EntryKind::Birthday
        | EntryKind::ReferralInviter
        | EntryKind::ReferralInvitee
        | EntryKind::SecondPurchase
        | EntryKind::Reactivation => EventKind::BonusAccrued,
        EntryKind::Expiration => EventKind::BonusExpired,
        EntryKind::Redemption => EventKind::BonusRedeemed,
        EntryKind::Adjustment => EventKind::BonusAdjusted,
        // Apart from a return: an inviter's reward taken back.
        EntryKind::Revocation if posting.returned.is_none() => EventKind::BonusAdjusted,
        EntryKind::Revocation | EntryKind::Settlement | EntryKind::Restoration => return None,
    };
    let fact = EntryFact {
        id: entry.id,
        client_id: posting.client_id,
        kind: entry.kind,
        amount: entry.amount,
        balance_after: entry.balance_after,
        sale_id: posting.sale.as_ref().map(|sale| sale.id),
        explanation: entry.explanation.clone(),
    };
    Some((kind, Fact::Entry(fact)))
}

fn return_fact(posting: &Posting) -> Option<(EventKind, Fact)> {
    let returned = posting.returned.as_ref()?;
    let fact = ReturnFact {
        id: returned.id,
        client_id: posting.client_id,
        sale_id: returned.sale_id,
        external_id: returned.request.external_id.clone(),
        amount: returned.request.amount,
        cash_refund: returned.request.cash_refund,
        revoked: returned.revoked,
        restored: returned.restored,
        shortage: returned.shortage,
        new_balance: returned.balance_after,
    };
    Some((EventKind::SaleReturned, Fact::Return(fact)))
}

fn tier_fact(tenant: &Tenant, before: &Account, posting: &Posting) -> Option<(EventKind, Fact)> {
    let spent = posting.figures.spent;
    let fact = TierFact {
        client_id: posting.client_id,
        from: tenant.programme.tier(before.spent),
        to: tenant.programme.tier(spent),
        total_spent: spent.total,
    };
    (fact.from.id != fact.to.id).then(|| (EventKind::TierChanged, Fact::Tier(Box::new(fact))))
}

fn referral_fact(before: &Account, posting: &Posting) -> Option<(EventKind, Fact)> {
    let sale = posting.sale.as_ref().filter(|sale| sale.kind == SaleKind::Sale)?;
    let inviter_id = before.invited_by.filter(|_| before.sales_count == 0)?;
    let fact = ReferralFact {
        inviter_id,
        invitee_id: posting.client_id,
        sale_id: sale.id,
    };
    Some((EventKind::ReferralCompleted, Fact::Referral(fact)))
}
