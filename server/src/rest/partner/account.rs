//! `GET /partner/client/{identifier}`, `POST /partner/sale` and `/partner/redeem`: what a register does, done by a
//! partner's server (R-PARTNER-8 to R-PARTNER-13).

use std::collections::HashMap;

use axum::Extension;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use loyalty::model::Partner;
use utoipa::ToSchema;

use crate::parts::Parts;
use crate::rest::body::JsonBody;
use crate::rest::cashier::client::{CashierClient, find_client};
use crate::rest::cashier::redeem::{CashierRedeemInput, CashierRedemption, make_redemption};
use crate::rest::cashier::sale::{CashierSaleResult, SaleLineInput, make_sale};
use crate::rest::error::ApiError;

/// An order being paid.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body that `Fields` reads")]
pub struct PartnerSaleInput {
    client_phone: String,
    #[schema(minimum = 0.01)]
    total_amount: f64,
    gross_amount: Option<f64>,
    /// `payment_type` or `discount`.
    redeem_mode: Option<String>,
    #[schema(minimum = 0)]
    bonus_redeem_amount: Option<f64>,
    /// The partner's id of the order: it can't be accrued twice.
    #[schema(max_length = 255)]
    external_sale_id: Option<String>,
    #[schema(max_length = 64)]
    receipt_number: Option<String>,
    #[schema(max_length = 50)]
    payment_method: Option<String>,
    #[schema(format = DateTime)]
    sale_date: Option<String>,
    #[schema(max_items = 200)]
    lines: Option<Vec<SaleLineInput>>,
}

/// Finds a client by phone, EAN-13 or club card.
#[utoipa::path(get, path = "/partner/client/{identifier}", tag = "Partner (server-to-server)",
    summary = "Поиск клиента и баланса",
    params(("identifier" = String, Path, description = "Телефон (%2B992…), EAN-13 или клубная карта"),
           ("check_amount" = Option<f64>, Query, description = "Сумма заказа для расчёта max_redeem_amount")),
    responses((status = 200, body = CashierClient), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub async fn look_up(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    identifier: Result<Path<String>, PathRejection>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Response, ApiError> {
    find_client(&parts, (&partner).into(), identifier, query).await
}

/// Accrues an order, and spends bonuses on it where asked.
#[utoipa::path(post, path = "/partner/sale", tag = "Partner (server-to-server)",
    summary = "Продажа — начисление (+ опционально списание)", request_body = PartnerSaleInput,
    responses((status = 201, body = CashierSaleResult), (status = 404), (status = 422, body = CashierSaleResult)))]
pub async fn sale(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    make_sale(&parts, (&partner).into(), &body).await
}

/// Spends bonuses on an order paid online.
#[utoipa::path(post, path = "/partner/redeem", tag = "Partner (server-to-server)",
    summary = "Списание бонусов (онлайн-оплата)", request_body = CashierRedeemInput,
    responses((status = 200, body = CashierRedemption), (status = 404), (status = 422, body = CashierSaleResult)))]
pub async fn redeem(
    State(parts): State<Parts>,
    Extension(partner): Extension<Partner>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    make_redemption(&parts, (&partner).into(), &body).await
}
