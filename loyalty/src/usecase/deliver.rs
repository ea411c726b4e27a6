//! Deliveries to partners on their way: what a worker asks for and reports back. Several workers may do it at once.

use super::Error;
use super::event::{Event, Fact};
use super::webhooks::wanted;
use crate::Loyalty;
use crate::model::{EventKind, Tenant, Timestamp};
use crate::rules::delivery::next_attempt;
use crate::sealed::Field;
use crate::store::lease::{self, Lease};
use crate::store::webhook::{self, EndpointRow, FreshEvent, WordedEvent};
use crate::store::webhook_delivery::{self, AttemptResult, DueRow, NewDelivery};
use crate::store::{Scope, tenant};
use crate::webhook_signature::sign;

/// Longer than any attempt takes: after it somebody else may try.
const LEASE_SECONDS: i64 = 60;
/// Events that become deliveries in one transaction.
const EVENTS_AT_ONCE: i64 = 200;
/// An endpoint that has failed for so long is switched off when a delivery to it dies.
const FAILING_DAYS: i64 = 3;
/// How long finished deliveries stay in the log.
const LOG_DAYS: i64 = 30;
/// An event that can't be read is looked at again after so long, and for so many days.
const UNREADABLE_SECONDS: i64 = 3600;
const UNREADABLE_DAYS: i64 = 3;
/// Of a receiver's error; it may be a whole page.
const ERROR_CHARACTERS: usize = 300;

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

/// How an attempt went.
#[derive(Clone, Debug)]
pub enum Attempted {
    /// The receiver answered.
    Answered {
        /// Its status.
        status: u16,
        /// The pause it asked for, in seconds.
        retry_after: Option<i64>,
    },
    /// There was no answer; why.
    Failed(String),
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
        error: Some("Секрет вебхука не прочитать. Выпустите новый."),
    };
    webhook_delivery::settle(scope, row.id, row.attempts, &result).await?;
    Ok(())
}

/// Notes how an attempt went: it is delivered, tried again later, or dead. `jitter` is from 0 to 1.
///
/// # Errors
/// The database refuses; then the attempt is made again when its lease ends.
pub async fn settle_attempt(
    loyalty: &Loyalty,
    attempt: &Attempt,
    attempted: &Attempted,
    jitter: f64,
) -> Result<(), Error> {
    let now = loyalty.now();
    let holdings = loyalty.holdings();
    let (response_code, error) = outcome(attempted);
    let retry_after = match attempted {
        Attempted::Answered { retry_after, .. } => *retry_after,
        Attempted::Failed(_) => None,
    };
    let is_gone = response_code == Some(410);
    let next = next_attempt(attempt.number, now, retry_after, jitter).filter(|_| !is_gone);
    let status = match (&error, next) {
        (None, _) => "delivered",
        (Some(_), Some(_)) => "waiting",
        (Some(_), None) => "dead",
    };
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(attempt.tenant_id);
    if status == "dead" {
        // Whoever switches endpoints on and off takes the shop first.
        tenant::lock(&mut scope).await?;
    }
    let Some(endpoint) = webhook::find_endpoint(&mut scope, attempt.endpoint_id).await? else {
        holdings.settled(
            &webhook_delivery::DELIVERIES,
            attempt.tenant_id,
            attempt.delivery_id,
        );
        return Ok(());
    };
    let is_same_address = endpoint.url == attempt.url;
    let since = error.is_some().then(|| endpoint.failing_since.unwrap_or(now));
    if is_same_address {
        webhook::note_failing(&mut scope, endpoint.id, since).await?;
    }
    let result = AttemptResult {
        status,
        attempted_at: now,
        due_at: next.unwrap_or(now),
        response_code,
        error: error.as_deref(),
    };
    let is_ours = webhook_delivery::settle(&mut scope, attempt.delivery_id, attempt.number, &result).await?;
    if is_ours && status == "dead" && endpoint.enabled && is_same_address {
        give_up(&mut scope, &endpoint, is_gone, since, now).await?;
    }
    tx.commit().await?;
    holdings.settled(
        &webhook_delivery::DELIVERIES,
        attempt.tenant_id,
        attempt.delivery_id,
    );
    metrics::counter!("bonex_webhook_attempts_total", "outcome" => status).increment(1);
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
                // A later version of the program may read it. It must not stop those that follow.
                tracing::error!(%error, event = row.id, "an event can't be read");
                let is_young = row.created_at.plus_days(UNREADABLE_DAYS) > now;
                let again_at = is_young.then(|| now.plus_seconds(UNREADABLE_SECONDS));
                webhook::set_aside(scope, row.id, again_at, &error.to_string()).await?;
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
        worded.push(WordedEvent {
            id: row.id,
            body: is_wanted.then(|| word(shop, &event)),
        });
    }
    webhook::word_events(scope, &worded).await?;
    webhook_delivery::insert(scope, &deliveries).await?;
    Ok(())
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

/// The status, and the error where there is one: any status but 2xx is one.
fn outcome(attempted: &Attempted) -> (Option<i64>, Option<String>) {
    match attempted {
        Attempted::Answered { status, .. } => {
            let error = (!(200..300).contains(status)).then(|| format!("HTTP {status}"));
            (Some(i64::from(*status)), error)
        }
        Attempted::Failed(why) => (None, Some(why.chars().take(ERROR_CHARACTERS).collect())),
    }
}

/// A delivery is dead: its endpoint is switched off when it said so (410) or has failed for days.
async fn give_up(
    scope: &mut Scope<'_>,
    endpoint: &EndpointRow,
    is_gone: bool,
    failing_since: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let has_failed_long = failing_since.is_some_and(|since| since.plus_days(FAILING_DAYS) <= now);
    let reason = match (is_gone, has_failed_long) {
        (true, _) => "Адрес ответил 410: вебхук больше не нужен.",
        (false, true) => "Адрес не принимает доставки больше трёх суток.",
        (false, false) => return Ok(()),
    };
    tracing::warn!(endpoint = endpoint.id, is_gone, "a webhook is switched off");
    Ok(webhook::disable_endpoint(scope, endpoint.id, reason).await?)
}
