//! `GET /cashier/session`: which shop, branch and register (R-CASHIER-6, ruling 24).

use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use loyalty::model::Register;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::envelope::success;
use crate::rest::shapes::Store;

/// Who is working.
#[derive(Serialize, ToSchema)]
pub struct CashierSession {
    store_name: String,
    cashier_name: String,
    branch: Store,
    cashier_node_id: i64,
    device_bound: bool,
    currency: String,
    bonus_unit: String,
}

/// Tells the register who it is.
#[utoipa::path(get, path = "/cashier/session", tag = "Cashier", summary = "Магазин, филиал и касса",
    responses((status = 200, body = CashierSession)))]
pub async fn session(Extension(register): Extension<Register>) -> Response {
    let session = CashierSession {
        store_name: register.tenant.name.clone(),
        cashier_name: register.name,
        branch: Store::from(register.branch),
        cashier_node_id: register.id,
        // Whoever got here was bound on the way.
        device_bound: true,
        currency: register.tenant.currency.clone(),
        bonus_unit: register.tenant.bonus_unit.clone(),
    };
    success(StatusCode::OK, session)
}
