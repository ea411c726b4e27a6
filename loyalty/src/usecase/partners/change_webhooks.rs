//! A partner's webhooks, managed (ruling 37).

use super::event::{self, Event, Fact};
use crate::Loyalty;
use crate::model::{EventKind, Partner, Timestamp};
use crate::sealed::Field;
use crate::store::Scope;
use crate::store::partners::webhook::{self, EndpointRow};
use crate::store::partners::webhook_delivery::{self, DeliveryRow, NewDelivery};
use crate::store::platform::tenant;
use crate::usecase::once::{Claim, run};
use crate::usecase::{Error, Once, Outcome, Page};
use crate::webhook_signature::new_secret;

/// How many endpoints a shop may have.
const ENDPOINTS_MAX: usize = 20;
/// How long the secret before the newest rotation still signs.
const ROTATION_DAYS: i64 = 1;

/// An endpoint as its owner sees it.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Small number within the shop.
    pub id: i64,
    /// Where deliveries go.
    pub url: String,
    /// What it is told of; empty: everything.
    pub events: Vec<EventKind>,
    /// False: nothing is sent.
    pub enabled: bool,
    /// Why we switched it off, in Russian.
    pub disabled_reason: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// `whsec_…`, told only when it is new.
    pub secret: Option<String>,
}

/// What a partner wants changed; none: stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where deliveries go.
    pub url: Option<String>,
    /// What it is told of.
    pub events: Option<Vec<EventKind>>,
    /// Whether anything is sent. Switching on forgets why it was off.
    pub enabled: Option<bool>,
    /// Whether a new secret is made; the old one signs beside it for a day.
    pub rotate_secret: bool,
}

/// A delivery in an endpoint's log.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: i64,
    /// The event, `webhook-id` on the wire.
    pub event_id: i64,
    /// What happened.
    pub kind: String,
    /// `waiting`, `delivered` or `dead`.
    pub status: String,
    /// Made so far.
    pub attempts: i64,
    /// When the next one is due; none when there will be none.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was tried last.
    pub attempted_at: Option<Timestamp>,
    /// The receiver's last status.
    pub response_code: Option<i64>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The shop's endpoints.
///
/// # Errors
/// The database refuses.
pub async fn webhooks(loyalty: &Loyalty, partner: &Partner) -> Result<Vec<Webhook>, Error> {
    let rows = webhook::endpoints(&mut loyalty.db().tenant(partner.tenant.id)).await?;
    Ok(rows.into_iter().map(|row| Webhook::new(row, None)).collect())
}

/// Adds an endpoint with a secret of its own.
///
/// # Errors
/// [`Error::TooManyWebhooks`].
pub async fn add_webhook(
    loyalty: &Loyalty,
    partner: &Partner,
    url: String,
    events: Vec<EventKind>,
    once: Once<'_, Webhook>,
) -> Result<Outcome<Webhook>, Error> {
    let claim = Claim::of_seller(partner.into(), "webhooks", &once).sealed_by(loyalty.key());
    let safe = loyalty.key().at(partner.tenant.id, Field::WebhookSecret);
    let now = loyalty.now();
    manage(loyalty, partner, &claim, async |scope| {
        let known = webhook::endpoints(scope).await?;
        if known.len() >= ENDPOINTS_MAX {
            return Err(Error::TooManyWebhooks);
        }
        let secret = new_secret();
        let row = EndpointRow {
            id: known.iter().map(|row| row.id).max().unwrap_or(0) + 1,
            url,
            secret_sealed: safe.seal(&secret)?,
            previous_secret_sealed: None,
            previous_until: None,
            events: names(&events)?,
            enabled: true,
            disabled_reason: None,
            failing_since: None,
            created_at: now,
        };
        webhook::put_endpoint(scope, &row).await?;
        Ok(Webhook::new(row, Some(secret)))
    })
    .await
}

/// Changes an endpoint.
///
/// # Errors
/// [`Error::UnknownWebhook`].
pub async fn change_webhook(
    loyalty: &Loyalty,
    partner: &Partner,
    id: i64,
    change: WebhookChange,
    once: Once<'_, Webhook>,
) -> Result<Outcome<Webhook>, Error> {
    let claim = Claim::of_seller(partner.into(), &format!("webhooks/{id}"), &once).sealed_by(loyalty.key());
    let safe = loyalty.key().at(partner.tenant.id, Field::WebhookSecret);
    let now = loyalty.now();
    manage(loyalty, partner, &claim, async |scope| {
        let mut row = find(scope, id).await?;
        row.url = change.url.unwrap_or(row.url);
        if let Some(events) = change.events {
            row.events = names(&events)?;
        }
        if let Some(enabled) = change.enabled {
            row.enabled = enabled;
            (row.disabled_reason, row.failing_since) = (None, None);
        }
        let fresh = match change.rotate_secret {
            true => Some(new_secret()),
            false => None,
        };
        if let Some(secret) = &fresh {
            let previous = std::mem::replace(&mut row.secret_sealed, safe.seal(secret)?);
            row.previous_secret_sealed = Some(previous);
            row.previous_until = Some(now.plus_days(ROTATION_DAYS));
        }
        row.secret_sealed = safe.renew(row.secret_sealed)?;
        row.previous_secret_sealed = row
            .previous_secret_sealed
            .map(|text| safe.renew(text))
            .transpose()?;
        webhook::put_endpoint(scope, &row).await?;
        if !row.enabled {
            webhook::give_up_waiting(scope, id, "Вебхук выключен.").await?;
        }
        Ok(Webhook::new(row, fresh))
    })
    .await
}

/// Deletes an endpoint with its log.
///
/// # Errors
/// [`Error::UnknownWebhook`].
pub async fn remove_webhook(
    loyalty: &Loyalty,
    partner: &Partner,
    id: i64,
    once: Once<'_, ()>,
) -> Result<Outcome<()>, Error> {
    let claim = Claim::of_seller(partner.into(), &format!("webhooks/{id} delete"), &once);
    manage(
        loyalty,
        partner,
        &claim,
        async |scope| match webhook::delete_endpoint(scope, id).await? {
            true => Ok(()),
            false => Err(Error::UnknownWebhook),
        },
    )
    .await
}

/// Sends `webhook.test` to one endpoint, whatever it wants to be told of. `word` makes the body.
///
/// # Errors
/// [`Error::UnknownWebhook`], [`Error::WebhookOff`].
pub async fn test_webhook(
    loyalty: &Loyalty,
    partner: &Partner,
    id: i64,
    word: &(dyn Fn(&Event) -> String + Sync),
    once: Once<'_, Delivery>,
) -> Result<Outcome<Delivery>, Error> {
    let claim = Claim::of_seller(partner.into(), &format!("webhooks/{id}/test"), &once);
    let (tenant_id, now) = (partner.tenant.id, loyalty.now());
    let mut ids = loyalty.ids(0).await?;
    let (event_id, delivery_id) = (ids(), ids());
    let outcome = manage(loyalty, partner, &claim, async |scope| {
        if !find(scope, id).await?.enabled {
            return Err(Error::WebhookOff);
        }
        let kind = EventKind::WebhookTest;
        let event = Event {
            kind,
            at: now,
            fact: Fact::Test,
        };
        for row in event::rows(tenant_id, now, vec![(kind, Fact::Test)], || event_id)? {
            webhook::insert_event(scope, &row, false).await?;
        }
        let worded = webhook::WordedEvent {
            id: event_id,
            body: Some(word(&event)),
        };
        webhook::word_events(scope, &[worded]).await?;
        let delivery = NewDelivery {
            id: delivery_id,
            endpoint_id: id,
            event_id,
            at: now.millis(),
        };
        webhook_delivery::insert(scope, &[delivery]).await?;
        find_delivery(scope, id, delivery_id).await
    })
    .await?;
    loyalty.wake_webhooks(partner.tenant.id);
    Ok(outcome)
}

/// One page of an endpoint's log, the newest first.
///
/// # Errors
/// [`Error::UnknownWebhook`].
pub async fn deliveries(
    loyalty: &Loyalty,
    partner: &Partner,
    id: i64,
    page: i64,
    per_page: i64,
) -> Result<Page<Delivery>, Error> {
    let mut scope = loyalty.db().tenant(partner.tenant.id);
    find(&mut scope, id).await?;
    let total = webhook_delivery::count(&mut scope, id).await?;
    let skip = page.saturating_sub(1).saturating_mul(per_page);
    let rows = match skip < total {
        true => webhook_delivery::list(&mut scope, id, skip, per_page).await?,
        false => Vec::new(),
    };
    let items = rows.into_iter().map(Delivery::from).collect();
    Ok(Page::new(items, total, page, per_page))
}

/// Sends a delivery once more, from its first attempt on, with the id and the body it had.
///
/// # Errors
/// [`Error::UnknownWebhook`], [`Error::UnknownDelivery`], [`Error::WebhookOff`].
pub async fn replay_delivery(
    loyalty: &Loyalty,
    partner: &Partner,
    id: i64,
    delivery_id: i64,
    once: Once<'_, Delivery>,
) -> Result<Outcome<Delivery>, Error> {
    let operation = format!("webhooks/{id}/deliveries/{delivery_id}/replay");
    let claim = Claim::of_seller(partner.into(), &operation, &once);
    let now = loyalty.now();
    let outcome = manage(loyalty, partner, &claim, async |scope| {
        if !find(scope, id).await?.enabled {
            return Err(Error::WebhookOff);
        }
        find_delivery(scope, id, delivery_id).await?;
        webhook_delivery::restart(scope, delivery_id, now).await?;
        find_delivery(scope, id, delivery_id).await
    })
    .await?;
    loyalty.wake_webhooks(partner.tenant.id);
    Ok(outcome)
}

/// Changes the shop's endpoints once, one change of a shop at a time, and has this process know of it at once.
async fn manage<T>(
    loyalty: &Loyalty,
    partner: &Partner,
    claim: &Claim<'_, T>,
    change: impl AsyncFnOnce(&mut Scope<'_>) -> Result<T, Error>,
) -> Result<Outcome<T>, Error> {
    let mut has_webhooks = partner.tenant.has_webhooks;
    let outcome = run(loyalty, claim, async |tx| {
        let mut scope = tx.tenant(partner.tenant.id);
        tenant::lock(&mut scope).await?;
        let done = change(&mut scope).await?;
        has_webhooks = webhook::note_endpoints(&mut scope).await?;
        Ok(done)
    })
    .await?;
    if has_webhooks != partner.tenant.has_webhooks {
        loyalty.credentials().invalidate_all();
    }
    Ok(outcome)
}

async fn find(scope: &mut Scope<'_>, id: i64) -> Result<EndpointRow, Error> {
    webhook::find_endpoint(scope, id)
        .await?
        .ok_or(Error::UnknownWebhook)
}

async fn find_delivery(scope: &mut Scope<'_>, id: i64, delivery_id: i64) -> Result<Delivery, Error> {
    let row = webhook_delivery::find(scope, id, delivery_id).await?;
    row.map(Delivery::from).ok_or(Error::UnknownDelivery)
}

fn names(events: &[EventKind]) -> Result<String, serde_json::Error> {
    serde_json::to_string(&events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
}

/// What an endpoint wants to be told of; empty: everything. A name that this version does not know is nobody's.
pub(in crate::usecase) fn wanted(row: &EndpointRow) -> Vec<EventKind> {
    let names: Vec<String> = serde_json::from_str(&row.events).unwrap_or_default();
    names.iter().filter_map(|name| EventKind::named(name)).collect()
}

impl Webhook {
    fn new(row: EndpointRow, secret: Option<String>) -> Self {
        Self {
            id: row.id,
            events: wanted(&row),
            url: row.url,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            created_at: row.created_at,
            secret,
        }
    }
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            next_attempt_at: (row.status == "waiting").then_some(row.due_at),
            id: row.id,
            event_id: row.event_id,
            kind: row.kind,
            status: row.status,
            attempts: row.attempts,
            attempted_at: row.attempted_at,
            response_code: row.response_code,
            error: row.error,
            created_at: row.created_at,
        }
    }
}
