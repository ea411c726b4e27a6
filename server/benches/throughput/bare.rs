//! A handler that runs the same statements, without rules, keys or identity.

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use loyalty::bench::Bare;
use loyalty::model::Phone;
use serde::Deserialize;

#[derive(Deserialize)]
struct Sale {
    client_phone: Phone,
    external_sale_id: String,
}

/// Serves until it is killed.
pub async fn serve(address: &str, url: &str) -> Result<()> {
    let bare = Bare::connect(url).await?;
    let router = Router::new()
        .route("/health/ready", get(async || "ok"))
        .route("/api/v1/cashier/sale", post(sale))
        .route("/api/v1/cashier/client/{phone}", get(look_up))
        .with_state(bare);
    axum::serve(tokio::net::TcpListener::bind(address).await?, router).await?;
    Ok(())
}

async fn sale(State(bare): State<Bare>, Json(sale): Json<Sale>) -> (StatusCode, Json<serde_json::Value>) {
    match bare.sale(1, &sale.client_phone, &sale.external_sale_id).await {
        Ok(true) => (StatusCode::CREATED, Json(serde_json::json!({ "success": true }))),
        _ => (
            StatusCode::CONFLICT,
            Json(serde_json::json!({ "success": false })),
        ),
    }
}

async fn look_up(
    State(bare): State<Bare>,
    Path(phone): Path<String>,
) -> (StatusCode, Json<serde_json::Value>) {
    let balance = match Phone::parse(&phone) {
        Ok(phone) => bare.look_up(1, &phone).await.ok(),
        Err(_) => None,
    };
    match balance {
        Some(balance) => (StatusCode::OK, Json(serde_json::json!({ "balance": balance }))),
        None => (
            StatusCode::NOT_FOUND,
            Json(serde_json::json!({ "success": false })),
        ),
    }
}
