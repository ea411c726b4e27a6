//! `/partner/webhooks`: whom we tell of what happens (ruling 37).

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::{EventKind, Partner, Tenant};
use loyalty::usecase::{self, Delivery, Webhook, WebhookChange, webhook_id};
use serde::Serialize;
use utoipa::ToSchema;

use super::webhook_event;
use crate::parts::Parts;
use crate::rest::answer::answer;
use crate::rest::body::{JsonBody, RawBody};
use crate::rest::complaint::Complaint;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::field_error::Problem;
use crate::rest::fields::Fields;
use crate::rest::paging::Paging;
use crate::rest::shapes::Paginated;

/// An address may hold a long secret.
const URL_MAX: usize = 2048;

/// Where deliveries go, and what of.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookBody {
    id: i64,
    url: String,
    /// Empty: everything.
    events: Vec<&'static str>,
    enabled: bool,
    disabled_reason: Option<String>,
    created_at: String,
    /// `whsec_…`; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
}

/// An event on its way to an address.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct DeliveryBody {
    id: i64,
    /// The event: the same in every delivery of it.
    webhook_id: String,
    r#type: String,
    /// `waiting`, `delivered` or `dead`.
    status: String,
    attempts: i64,
    next_attempt_at: Option<String>,
    attempted_at: Option<String>,
    response_code: Option<i64>,
    error: Option<String>,
    created_at: String,
}

/// A webhook deleted.
#[derive(Serialize, ToSchema)]
pub struct WebhookDeleted {
    deleted: bool,
}

/// A new webhook.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct WebhookInput {
    /// https, and reachable from the internet.
    #[schema(max_length = 2048, example = "https://shop.example/hooks/bonex")]
    url: String,
    /// Names of events; none: all.
    #[schema(example = json!(["sale.created"]))]
    events: Option<Vec<String>>,
}

/// What is to be another way; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct WebhookChangeInput {
    #[schema(max_length = 2048, example = "https://shop.example/hooks/bonex")]
    url: Option<String>,
    #[schema(example = json!(["sale.created"]))]
    events: Option<Vec<String>>,
    enabled: Option<bool>,
    /// Makes a new secret; the old one signs beside it for 24 hours.
    rotate_secret: Option<bool>,
}

type Named<T> = Result<Path<T>, PathRejection>;

/// The shop's webhooks.
#[utoipa::path(get, path = "/partner/webhooks", tag = "Partner (server-to-server)", summary = "Вебхуки магазина",
    responses((status = 200, body = Vec<WebhookBody>), (status = 401), (status = 403)))]
pub async fn list(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
) -> Result<Response, ApiError> {
    let webhooks = usecase::webhooks(&parts.loyalty, &partner).await?;
    let words = |webhook: &Webhook| WebhookBody::new(&partner.tenant, webhook);
    Ok(success(
        StatusCode::OK,
        webhooks.iter().map(words).collect::<Vec<_>>(),
    ))
}

/// Adds a webhook. The answer holds its secret, which is not shown again.
#[utoipa::path(post, path = "/partner/webhooks", tag = "Partner (server-to-server)", summary = "Добавить вебхук",
    request_body = WebhookInput,
    responses((status = 201, body = WebhookBody), (status = 401), (status = 403), (status = 422)))]
pub async fn add(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let fields = &body.fields;
    let url = fields.required("url", url(&parts, fields)?)?;
    let events = events(fields)?.unwrap_or_default();
    let wire = |webhook: &Webhook| WebhookBody::new(&partner.tenant, webhook);
    let answered = answer(
        &body.raw,
        |_| StatusCode::CREATED,
        wire,
        async |once| usecase::add_webhook(&parts.loyalty, &partner, url, events, once).await,
    );
    Ok(answered.await?)
}

/// Changes a webhook, switches it off or on, or gives it a new secret.
#[utoipa::path(patch, path = "/partner/webhooks/{id}", tag = "Partner (server-to-server)",
    summary = "Изменить вебхук", params(("id" = i64, Path, description = "Номер вебхука")),
    request_body = WebhookChangeInput,
    responses((status = 200, body = WebhookBody), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub async fn change(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    id: Named<i64>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let (id, fields) = (named(id)?, &body.fields);
    let change = WebhookChange {
        url: url(&parts, fields)?,
        events: events(fields)?,
        enabled: fields.flag("enabled")?,
        rotate_secret: fields.flag("rotate_secret")?.unwrap_or(false),
    };
    let wire = |webhook: &Webhook| WebhookBody::new(&partner.tenant, webhook);
    let answered = answer(
        &body.raw,
        |_| StatusCode::OK,
        wire,
        async |once| usecase::change_webhook(&parts.loyalty, &partner, id, change, once).await,
    );
    Ok(answered.await?)
}

/// Deletes a webhook with its log.
#[utoipa::path(delete, path = "/partner/webhooks/{id}", tag = "Partner (server-to-server)",
    summary = "Удалить вебхук", params(("id" = i64, Path, description = "Номер вебхука")),
    responses((status = 200, body = WebhookDeleted), (status = 401), (status = 403), (status = 404)))]
pub async fn remove(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    id: Named<i64>,
    body: RawBody,
) -> Result<Response, ApiError> {
    let id = named(id)?;
    let wire = |(): &()| WebhookDeleted { deleted: true };
    let answered = answer(
        &body,
        |_| StatusCode::OK,
        wire,
        async |once| usecase::remove_webhook(&parts.loyalty, &partner, id, once).await,
    );
    Ok(answered.await?)
}

/// Sends `webhook.test` to a webhook.
#[utoipa::path(post, path = "/partner/webhooks/{id}/test", tag = "Partner (server-to-server)",
    summary = "Проверить вебхук", params(("id" = i64, Path, description = "Номер вебхука")),
    responses((status = 201, body = DeliveryBody), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub async fn test(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    id: Named<i64>,
    body: RawBody,
) -> Result<Response, ApiError> {
    let wire = |delivery: &Delivery| DeliveryBody::new(&partner.tenant, delivery);
    let id = named(id)?;
    let word = |event: &_| webhook_event::body(&partner.tenant, event);
    let answered = answer(
        &body,
        |_| StatusCode::CREATED,
        wire,
        async |once| usecase::test_webhook(&parts.loyalty, &partner, id, &word, once).await,
    );
    Ok(answered.await?)
}

/// What a webhook was sent in the last 30 days, the newest first.
#[utoipa::path(get, path = "/partner/webhooks/{id}/deliveries", tag = "Partner (server-to-server)",
    summary = "Журнал доставок вебхука",
    params(("id" = i64, Path, description = "Номер вебхука"),
           ("page" = Option<i64>, Query, description = "Номер страницы"),
           ("per_page" = Option<i64>, Query, description = "Доставок на странице, от 1 до 50; без него 20")),
    responses((status = 200, body = Paginated<DeliveryBody>), (status = 401), (status = 403), (status = 404)))]
pub async fn deliveries(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    id: Named<i64>,
    paging: Paging,
) -> Result<Response, ApiError> {
    let page =
        usecase::deliveries(&parts.loyalty, &partner, named(id)?, paging.page, paging.per_page).await?;
    let word = |delivery| DeliveryBody::new(&partner.tenant, &delivery);
    Ok(success(StatusCode::OK, Paginated::of(page, word)))
}

/// Sends a delivery once more, with the id and the body it had.
#[utoipa::path(post, path = "/partner/webhooks/{id}/deliveries/{delivery}/replay", tag = "Partner (server-to-server)",
    summary = "Повторить доставку",
    params(("id" = i64, Path, description = "Номер вебхука"),
           ("delivery" = i64, Path, description = "Номер доставки")),
    responses((status = 200, body = DeliveryBody), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub async fn replay(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    place: Named<(i64, i64)>,
    body: RawBody,
) -> Result<Response, ApiError> {
    let (id, delivery) = named(place)?;
    let wire = |delivery: &Delivery| DeliveryBody::new(&partner.tenant, delivery);
    let answered = answer(
        &body,
        |_| StatusCode::OK,
        wire,
        async |once| usecase::replay_delivery(&parts.loyalty, &partner, id, delivery, once).await,
    );
    Ok(answered.await?)
}

fn named<T>(place: Named<T>) -> Result<T, ApiError> {
    let Path(place) = place.map_err(|_| Complaint::BadAddress)?;
    Ok(place)
}

fn url(parts: &Parts, fields: &Fields) -> Result<Option<String>, ApiError> {
    let Some(text) = fields.text("url", URL_MAX)? else {
        return Ok(None);
    };
    let url = parts.reach.check(text.trim());
    let url = url.map_err(|_| fields.wrong("url", Problem::NotAWebAddress))?;
    Ok(Some(url.into()))
}

fn events(fields: &Fields) -> Result<Option<Vec<EventKind>>, ApiError> {
    let Some(names) = fields.texts("events", EventKind::ALL.len())? else {
        return Ok(None);
    };
    let mut kinds = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let Some(kind) = EventKind::named(&name) else {
            let name: String = name.chars().take(40).collect();
            return Err(fields
                .wrong(&format!("events.{number}"), Problem::UnknownEvent(name))
                .into());
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(Some(kinds))
}

impl WebhookBody {
    fn new(shop: &Tenant, webhook: &Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url.clone(),
            events: webhook.events.iter().map(|kind| kind.as_str()).collect(),
            enabled: webhook.enabled,
            disabled_reason: webhook.disabled_reason.clone(),
            created_at: webhook.created_at.to_rfc3339(shop.zone),
            secret: webhook.secret.clone(),
        }
    }
}

impl DeliveryBody {
    fn new(shop: &Tenant, delivery: &Delivery) -> Self {
        Self {
            id: delivery.id,
            webhook_id: webhook_id(delivery.event_id),
            r#type: delivery.kind.clone(),
            status: delivery.status.clone(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_rfc3339(shop.zone)),
            attempted_at: delivery.attempted_at.map(|at| at.to_rfc3339(shop.zone)),
            response_code: delivery.response_code,
            error: delivery.error.clone(),
            created_at: delivery.created_at.to_rfc3339(shop.zone),
        }
    }
}
