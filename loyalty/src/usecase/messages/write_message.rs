//! What a client is told, written in the same transaction as the change itself.

use serde_json::{Map, Value, json};

use crate::ledger::{Account, PostedEntry, Posting, SaleKind};
use crate::model::{Bonus, EntryKind, Explanation, MessageKind, Tenant, Timestamp};
use crate::store::messages::outbox::MessageRow;

/// The messages of a decided change; none in a shop that can't reach its clients.
pub(in crate::usecase) fn of_posting(
    tenant: &Tenant,
    before: &Account,
    posting: &Posting,
    mut ids: impl FnMut() -> i64,
) -> Vec<MessageRow> {
    if !tenant.has_channels {
        return Vec::new();
    }
    let mut told = Vec::new();
    if posting.sale.is_some() {
        told.extend(sale(posting));
    } else if posting.returned.is_some() {
        told.extend(returned(posting));
    } else {
        told.extend(posting.entries.iter().filter_map(entry));
    }
    told.extend(tier(tenant, before, posting));
    let (client_id, at) = (posting.client_id, posting.at);
    told.into_iter()
        .map(|(kind, params)| row(tenant.id, ids(), client_id, kind, params, at))
        .collect()
}

/// A message that is due now.
pub(in crate::usecase) fn row(
    tenant_id: i64,
    id: i64,
    client_id: i64,
    kind: MessageKind,
    params: Value,
    at: Timestamp,
) -> MessageRow {
    MessageRow {
        tenant_id,
        id,
        client_id: Some(client_id),
        kind: kind.as_str(),
        params: Some(params.to_string()),
        body_sealed: None,
        campaign_id: None,
        due_at: at.millis(),
        expires_at: at.plus_days(kind.life_days()).millis(),
        created_at: at.millis(),
    }
}

fn sale(posting: &Posting) -> Option<(MessageKind, Value)> {
    let sale = posting.sale.as_ref()?;
    let kind = match sale.kind {
        SaleKind::Sale => MessageKind::Sale,
        SaleKind::Redemption => MessageKind::Redemption,
    };
    let sum = |is_meant: fn(EntryKind) -> bool| -> Bonus {
        let meant = posting.entries.iter().filter(|entry| is_meant(entry.kind));
        meant.map(|entry| entry.amount).sum()
    };
    let gifts = sum(|kind| !matches!(kind, EntryKind::Accrual | EntryKind::Redemption));
    let params = json!({
        "total": sale.total,
        "accrued": sale.accrued,
        "redeemed": sale.redeemed,
        "gifts": gifts,
        "balance": sale.balance_after,
    });
    Some((kind, params))
}

fn returned(posting: &Posting) -> Option<(MessageKind, Value)> {
    let returned = posting.returned.as_ref()?;
    let params = json!({
        "total": returned.request.amount,
        "revoked": returned.revoked,
        "restored": returned.restored,
        "balance": returned.balance_after,
    });
    Some((MessageKind::Return, params))
}

/// What an entry that belongs to no purchase means to the client. What burns has been told of before.
fn entry(entry: &PostedEntry) -> Option<(MessageKind, Value)> {
    let kind = match entry.kind {
        EntryKind::Welcome => MessageKind::Welcome,
        EntryKind::Birthday => MessageKind::Birthday,
        EntryKind::ReferralInviter => MessageKind::Referral,
        EntryKind::Adjustment => MessageKind::Adjustment,
        _ => return None,
    };
    let mut params = Map::new();
    params.insert("amount".to_owned(), json!(entry.amount));
    params.insert("balance".to_owned(), json!(entry.balance_after));
    match &entry.explanation {
        Explanation::Welcome { expires_at, .. }
        | Explanation::Birthday { expires_at, .. }
        | Explanation::ReferralInviter { expires_at, .. }
            if *expires_at < Timestamp::NEVER =>
        {
            params.insert("expires_at".to_owned(), json!(expires_at));
        }
        Explanation::Adjustment { reason, .. } => {
            params.insert("reason".to_owned(), json!(reason));
        }
        _ => {}
    }
    Some((kind, Value::Object(params)))
}

/// A client who falls is not told so.
fn tier(tenant: &Tenant, before: &Account, posting: &Posting) -> Option<(MessageKind, Value)> {
    let programme = &tenant.programme;
    let (from, to) = (
        programme.tier(before.spent),
        programme.tier(posting.figures.spent),
    );
    let has_risen = from.id != to.id && to.spent_min > from.spent_min;
    let params = json!({ "tier": to.name, "percent": to.bonus_percent.as_f64() });
    has_risen.then_some((MessageKind::Tier, params))
}
