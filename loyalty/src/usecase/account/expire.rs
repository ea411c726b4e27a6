//! Bonuses whose time is over burn (R-EXPIRE-1), and their owners are reminded in time (R-EXPIRE-2).

use serde_json::json;

use super::post_all::post_all;
use crate::Loyalty;
use crate::ledger::{Account, decide_expiry};
use crate::model::{EventKind, MessageKind, Tenant, Timestamp};
use crate::store::account::batch::{self, LotPlace};
use crate::store::messages::outbox;
use crate::store::partners::webhook;
use crate::store::platform::tenant;
use crate::usecase::Error;
use crate::usecase::messages::write_message;
use crate::usecase::partners::event::{self, ExpiringFact, Fact};

/// Lots that one batch looks at. Its clients are posted in two parts at once, each so small that nobody's sale waits long
/// for it: what a commit has to put on disk, sales wait for too.
const LOTS_AT_ONCE: i64 = 250;
/// Lots whose owners one batch reminds.
const REMINDED_AT_ONCE: i64 = 1000;

/// Burns what is due at `until` or before, in every shop; how many clients lost something. It may be cut short anywhere
/// and run again, and any number of processes may do it at once.
///
/// # Errors
/// The database refuses.
pub async fn expire_bonuses(loyalty: &Loyalty, until: Timestamp) -> Result<i64, Error> {
    let mut counted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        let Some(shop) = tenant::by_id(&mut loyalty.db().global(), tenant_id).await? else {
            continue;
        };
        let mut after = LotPlace::default();
        while let Some((burnt, last)) = expire_some(loyalty, &shop, until, after).await? {
            (counted, after) = (counted + burnt, last);
        }
    }
    Ok(counted)
}

/// Burns one batch, from `after` on: how many clients lost something, and where to go on; none when nothing is left.
pub(in crate::usecase) async fn expire_some(
    loyalty: &Loyalty,
    shop: &Tenant,
    until: Timestamp,
    after: LotPlace,
) -> Result<Option<(i64, LotPlace)>, Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    let Some((clients, last)) = batch::burning(&mut scope, until, after, LOTS_AT_ONCE).await? else {
        return Ok(None);
    };
    let (one, other) = clients.split_at(clients.len() / 2);
    let (one, other) = tokio::join!(burn(loyalty, shop, one, until), burn(loyalty, shop, other, until));
    Ok(Some((one? + other?, last)))
}

async fn burn(loyalty: &Loyalty, shop: &Tenant, clients: &[i64], until: Timestamp) -> Result<i64, Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    let accounts = batch::with_burning_lots(&mut scope, clients, until).await?;
    let decide = |account: &Account, now: Timestamp| decide_expiry(account, until, now);
    post_all(loyalty, shop, accounts, Some(until), &decide).await
}

/// Queues a reminder for everybody whose bonuses burn within the shop's days after `at`, in every shop; how many. A lot
/// is reminded of once.
///
/// # Errors
/// The database refuses.
pub async fn remind_of_expiring(loyalty: &Loyalty, at: Timestamp) -> Result<i64, Error> {
    let mut counted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        let Some(shop) = tenant::by_id(&mut loyalty.db().global(), tenant_id).await? else {
            continue;
        };
        while let Some(some) = remind_some(loyalty, &shop, at).await? {
            counted += some;
        }
    }
    Ok(counted)
}

/// Queues one batch of reminders; none when nothing is left.
pub(in crate::usecase) async fn remind_some(
    loyalty: &Loyalty,
    shop: &Tenant,
    at: Timestamp,
) -> Result<Option<i64>, Error> {
    let days = shop.programme.bonus_expiry_reminder_days;
    if days <= 0 {
        return Ok(None);
    }
    let now = loyalty.now();
    let mut ids = loyalty.ids(0).await?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    // What has burnt meanwhile is nothing to be reminded of.
    let window = (at.max(now), at.plus_days(days));
    let (taken, soon) = batch::take_expiring(&mut scope, window, REMINDED_AT_ONCE, now).await?;
    if taken == 0 {
        return Ok(None);
    }
    if shop.has_channels {
        let messages: Vec<_> = soon
            .iter()
            .map(|one| {
                let params =
                    json!({ "amount": one.amount, "expires_at": one.first_at, "balance": one.balance });
                write_message::row(shop.id, ids(), one.client_id, MessageKind::Expiring, params, now)
            })
            .collect();
        outbox::insert(&mut scope, &messages).await?;
    }
    if shop.has_webhooks {
        let facts = soon.iter().map(|one| {
            let fact = ExpiringFact {
                client_id: one.client_id,
                amount: one.amount,
                expires_at: one.first_at,
            };
            (EventKind::BonusExpiring, Fact::Expiring(fact))
        });
        for row in event::rows(shop.id, now, facts.collect(), &mut ids)? {
            webhook::insert_event(&mut scope, &row, true).await?;
        }
    }
    tx.commit().await?;
    loyalty.wake_messages(shop.id);
    loyalty.wake_webhooks(shop.id);
    Ok(Some(soon.len() as i64))
}
