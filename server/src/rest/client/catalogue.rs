//! `GET /client/settings`, `/client/stores` and `/client/promotions` (R-BRAND, R-HIST-8, R-PROMO).

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::{Client, Condition, Reward, Tenant};
use loyalty::usecase;
use serde::Serialize;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::envelope::success;
use crate::rest::error::ApiError;
use crate::rest::shapes::Store;

/// What an app needs before anybody logs in (R-BRAND-2).
#[derive(Serialize, ToSchema)]
pub struct Settings {
    store_name: String,
    logo_url: Option<String>,
    primary_color: Option<String>,
    currency: String,
    bonus_unit: String,
}

/// A promotion; without a bearer token only its name, description, type and period (R-PROMO-3).
#[derive(Serialize, ToSchema)]
pub struct Promotion {
    id: i64,
    name: String,
    description: Option<String>,
    r#type: String,
    #[serde(flatten)]
    terms: Option<PromotionTerms>,
    starts_at: Option<String>,
    ends_at: Option<String>,
}

/// What a promotion asks and gives.
#[derive(Serialize, ToSchema)]
pub struct PromotionTerms {
    #[schema(value_type = Option<Object>)]
    condition: Condition,
    #[schema(value_type = Option<Object>)]
    reward: Reward,
    personalized: bool,
}

/// The shop's branding.
#[utoipa::path(get, path = "/client/settings", tag = "Catalog",
    summary = "Брендинг магазина (без авторизации клиента)",
    responses((status = 200, body = Settings), (status = 404)))]
pub async fn settings(Extension(tenant): Extension<Arc<Tenant>>) -> Response {
    let settings = Settings {
        store_name: tenant.name.clone(),
        logo_url: tenant.logo_url.clone(),
        primary_color: tenant.primary_color.clone(),
        currency: tenant.currency.clone(),
        bonus_unit: tenant.bonus_unit.clone(),
    };
    success(StatusCode::OK, settings)
}

/// The shop's branches.
#[utoipa::path(get, path = "/client/stores", tag = "Client (Mobile)", summary = "Список магазинов/филиалов",
    responses((status = 200, body = Vec<Store>), (status = 401), (status = 403)))]
pub async fn stores(
    State(parts): State<Parts>,
    Extension(client): Extension<Client>,
) -> Result<Response, ApiError> {
    let branches = usecase::branches(&parts.loyalty, &client.tenant).await?;
    let stores: Vec<Store> = branches.into_iter().map(Store::from).collect();
    Ok(success(StatusCode::OK, stores))
}

/// The promotions that run now.
#[utoipa::path(get, path = "/client/promotions", tag = "Client (Mobile)",
    summary = "Акции (персональные при авторизации)",
    responses((status = 200, body = Vec<Promotion>), (status = 401), (status = 403)))]
pub async fn promotions(
    State(parts): State<Parts>,
    Extension(tenant): Extension<Arc<Tenant>>,
    Extension(client): Extension<Option<Client>>,
) -> Result<Response, ApiError> {
    let found = usecase::promotions(&parts.loyalty, &tenant, client.as_ref()).await?;
    let word = |promotion| Promotion::new(&tenant, promotion, client.is_some());
    let promotions: Vec<Promotion> = found.into_iter().map(word).collect();
    Ok(success(StatusCode::OK, promotions))
}

impl Promotion {
    fn new(tenant: &Tenant, promotion: loyalty::model::Promotion, with_terms: bool) -> Self {
        Self {
            id: promotion.id,
            r#type: promotion.kind(),
            name: promotion.name,
            description: promotion.description,
            terms: with_terms.then_some(PromotionTerms {
                condition: promotion.condition,
                reward: promotion.reward,
                personalized: promotion.segment.is_some(),
            }),
            starts_at: promotion.starts_at.map(|at| at.to_rfc3339(tenant.zone)),
            ends_at: promotion.ends_at.map(|at| at.to_rfc3339(tenant.zone)),
        }
    }
}
