//! Deliveries to partners on their way: what a worker asks for; what it reports back is in `settle_attempt`. Several
//! workers may do it at once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::change_webhooks::wanted;
use super::event::{Event, Fact};
use crate::Loyalty;
use crate::model::{EventKind, Tenant, Timestamp};
use crate::rules::delivery::next_attempt;
use crate::sealed::Field;
use crate::store::Scope;
use crate::store::partners::webhook::{self, FreshEvent, WordedEvent};
use crate::store::partners::webhook_delivery::{self, AttemptResult, DueRow, NewDelivery};
use crate::store::platform::tenant;
use crate::store::upkeep::lease::{self, Lease};
use crate::usecase::Error;
use crate::webhook_signature::sign;

/// Longer than any attempt takes: after it somebody else may try.
const LEASE_SECONDS: i64 = 60;
/// Events that become deliveries in one transaction.
const EVENTS_AT_ONCE: i64 = 200;
/// How long finished deliveries stay in the log.
const LOG_DAYS: i64 = 30;
/// An event that can't be read is looked at again after so long, and for so many days.
const UNREADABLE_SECONDS: i64 = 3600;
const UNREADABLE_DAYS: i64 = 3;

/// One attempt to make: the request as it goes out.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Which shop's.
    pub tenant_id: i64,
    /// The delivery.
    pub delivery_id: i64,
    /// The endpoint.
    pub endpoint_id: i64,
    /// Where it goes.
    pub url: String,
    /// `webhook-id`: the same for every attempt.
    pub webhook_id: String,
    /// `webhook-timestamp`: of this attempt.
    pub timestamp: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// `X-Bonex-Event`.
    pub kind: String,
    /// The bytes that are signed.
    pub body: String,
    /// This one included.
    pub number: i64,
}

/// Shops with something to deliver now.
///
/// # Errors
/// The database refuses.
pub async fn shops_with_deliveries(loyalty: &Loyalty) -> Result<Vec<i64>, Error> {
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    let mut scope = loyalty.db().global();
    let mut shops = lease::shops_with_work(&mut scope, &webhook::EVENTS, now, clock).await?;
    shops.extend(lease::shops_with_work(&mut scope, &webhook_delivery::DELIVERIES, now, clock).await?);
    shops.sort_unstable();
    shops.dedup();
    Ok(shops)
}

/// Takes up to `most` attempts of a shop; they are this caller's for a minute. `word` makes an event's body, once.
///
/// # Errors
/// The database refuses.
pub async fn take_attempts(
    loyalty: &Loyalty,
    tenant_id: i64,
    most: i64,
    word: &(dyn Fn(&Tenant, &Event) -> String + Sync),
) -> Result<Vec<Attempt>, Error> {
    let (now, clock) = (loyalty.now(), loyalty.system_now());
    let shop = tenant::by_id(&mut loyalty.db().global(), tenant_id).await?;
    let Some(shop) = shop else { return Ok(Vec::new()) };
    let lease = Lease {
        now,
        clock,
        until: clock.plus_seconds(LEASE_SECONDS),
    };
    let mut ids = loyalty.ids(0).await?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(tenant_id);
    make_deliveries(&mut scope, &shop, lease, word, &mut ids).await?;
    let (mut attempts, mut unreadable) = (Vec::new(), Vec::new());
    for row in webhook_delivery::take_due(&mut scope, lease, most).await? {
        match attempt(loyalty, tenant_id, &row, now) {
            Ok(attempt) => attempts.push(attempt),
            Err(error) => {
                tracing::error!(%error, endpoint = row.endpoint.id, "the secret of a webhook can't be read");
                unreadable.push(row);
            }
        }
    }
    for row in unreadable {
        set_aside(&mut scope, &row, now).await?;
    }
    tx.commit().await?;
    for attempt in &attempts {
        let holdings = loyalty.holdings();
        holdings.took(
            &webhook_delivery::DELIVERIES,
            tenant_id,
            attempt.delivery_id,
            attempt.number,
        );
    }
    Ok(attempts)
}

/// An attempt that can't even begin fails like any other: again later, dead after three days, and the endpoint with it.
async fn set_aside(scope: &mut Scope<'_>, row: &DueRow, now: Timestamp) -> Result<(), Error> {
    let next = next_attempt(row.attempts, now, None, 0.0);
    let result = AttemptResult {
        status: if next.is_some() { "waiting" } else { "dead" },
        attempted_at: now,
        due_at: next.unwrap_or(now),
        response_code: None,
        error: Some("Секрет вебхука не прочитать. Выпустите новый.".to_owned()),
    };
    webhook_delivery::settle(scope, row.id, row.attempts, &result).await?;
    Ok(())
}

/// Deletes finished deliveries older than thirty days, and events that nobody needs; how many rows.
///
/// # Errors
/// The database refuses.
pub async fn forget_old_deliveries(loyalty: &Loyalty) -> Result<u64, Error> {
    let before = loyalty.now().plus_days(-LOG_DAYS);
    let mut deleted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        loop {
            let some = webhook_delivery::forget(&mut loyalty.db().tenant(tenant_id), before).await?;
            deleted += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(deleted)
}

/// Makes the deliveries of fresh events: one for every endpoint that wants the event.
async fn make_deliveries(
    scope: &mut Scope<'_>,
    shop: &Tenant,
    lease: Lease,
    word: &(dyn Fn(&Tenant, &Event) -> String + Sync),
    ids: &mut (impl FnMut() -> i64 + Send),
) -> Result<(), Error> {
    let now = lease.now;
    let fresh = webhook::take_fresh(scope, lease, EVENTS_AT_ONCE).await?;
    if fresh.is_empty() {
        return Ok(());
    }
    // Whoever adds, changes or deletes endpoints waits, so that no delivery is made for one that goes.
    tenant::lock(scope).await?;
    let endpoints = webhook::endpoints(scope).await?;
    let endpoints: Vec<(i64, Vec<EventKind>)> = endpoints
        .iter()
        .filter(|row| row.enabled)
        .map(|row| (row.id, wanted(row)))
        .collect();
    let (mut worded, mut deliveries) = (Vec::with_capacity(fresh.len()), Vec::new());
    for row in &fresh {
        let event = match event(row) {
            Ok(event) => event,
            Err(error) => {
                set_event_aside(scope, row, now, &error.to_string()).await?;
                continue;
            }
        };
        let before = deliveries.len();
        for (endpoint_id, kinds) in &endpoints {
            if kinds.is_empty() || kinds.contains(&event.kind) {
                deliveries.push(NewDelivery {
                    id: ids(),
                    endpoint_id: *endpoint_id,
                    event_id: row.id,
                    at: now.millis(),
                });
            }
        }
        let is_wanted = deliveries.len() > before;
        let worded_by = || is_wanted.then(|| word(shop, &event));
        match catch_unwind(AssertUnwindSafe(worded_by)) {
            Ok(body) => worded.push(WordedEvent { id: row.id, body }),
            // A fault of ours, in this event alone.
            Err(_) => {
                deliveries.truncate(before);
                set_event_aside(scope, row, now, "putting it into words ended in a panic").await?;
            }
        }
    }
    webhook::word_events(scope, &worded).await?;
    webhook_delivery::insert(scope, &deliveries).await?;
    Ok(())
}

/// A later version of the program may read it. It must not stop those that follow.
async fn set_event_aside(
    scope: &mut Scope<'_>,
    row: &FreshEvent,
    now: Timestamp,
    why: &str,
) -> Result<(), Error> {
    tracing::error!(event = row.id, why, "an event can't be read");
    let is_young = row.created_at.plus_days(UNREADABLE_DAYS) > now;
    let again_at = is_young.then(|| now.plus_seconds(UNREADABLE_SECONDS));
    Ok(webhook::set_aside(scope, row.id, again_at, why).await?)
}

fn event(row: &FreshEvent) -> Result<Event, Error> {
    let fact: Fact = serde_json::from_str(&row.payload)?;
    let kind = EventKind::named(&row.kind)
        .ok_or_else(|| crate::Failure::new(format_args!("unknown kind of event: {}", row.kind)))?;
    Ok(Event {
        kind,
        at: row.created_at,
        fact,
    })
}

fn attempt(loyalty: &Loyalty, tenant_id: i64, row: &DueRow, now: Timestamp) -> Result<Attempt, Error> {
    let webhook_id = webhook_id(row.event_id);
    let seconds = now.millis() / 1000;
    let endpoint = &row.endpoint;
    let safe = loyalty.key().at(tenant_id, Field::WebhookSecret);
    let mut secrets = vec![safe.open(&endpoint.secret_sealed)?];
    if let Some(previous) = &endpoint.previous_secret_sealed
        && endpoint.previous_until.is_some_and(|until| until > now)
    {
        secrets.push(safe.open(previous)?);
    }
    Ok(Attempt {
        tenant_id,
        delivery_id: row.id,
        endpoint_id: endpoint.id,
        url: endpoint.url.clone(),
        signature: sign(&secrets, &webhook_id, seconds, &row.body)?,
        webhook_id,
        timestamp: seconds,
        kind: row.kind.clone(),
        body: row.body.clone(),
        number: row.attempts,
    })
}

/// An event's id on the wire: `webhook-id`.
pub fn webhook_id(event_id: i64) -> String {
    format!("msg_{event_id}")
}
