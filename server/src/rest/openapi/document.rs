//! The document itself.

use std::sync::OnceLock;

use axum::Json;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::contract::enrich;
use super::russian::speak_russian;
use super::share::share;
use crate::rest::routes::surfaces;

/// The owner's contract.
pub const CONTRACT: &str = include_str!("../../../../docs/bonex-openapi.yaml");
/// The contract of registers.
pub const CASHIER_CONTRACT: &str = include_str!("../../../../docs/cashier-openapi.yaml");

/// Everything under `/api/v1`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bonex API",
        version = "1.0.0",
        description = "REST API программы лояльности Bonex. Успех: `{ \"success\": true, \"data\": … }`, ошибка: \
                       `{ \"success\": false, \"error\": \"…\" }`."
    ),
    servers((url = "/api/v1")),
    tags(
        (name = "Auth (Mobile)", description = "Вход клиента: SMS-код, Telegram"),
        (name = "Client (Mobile)", description = "Данные клиента под Bearer-токеном"),
        (name = "Catalog", description = "Брендинг магазина, акции, филиалы"),
        (name = "Partner (server-to-server)", description = "Серверная интеграция с HMAC-подписью"),
        (name = "Integration", description = "Синхронизация остатков (1С / ERP)"),
        (name = "Cashier", description = "Касса: 1С, Frontol, веб-касса")
    )
)]
struct Rest;

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let routes = surfaces().into_iter().fold(
            OpenApiRouter::with_openapi(Rest::openapi()),
            |all, (surface, _)| all.merge(surface),
        );
        let mut document = serde_json::to_value(routes.into_openapi()).unwrap_or_default();
        share(&mut document);
        for contract in [CONTRACT, CASHIER_CONTRACT] {
            let contract: Value = serde_norway::from_str(contract).unwrap_or_default();
            enrich(&mut document, &contract);
        }
        speak_russian(&mut document);
        document
    })
}

/// The document as text.
///
/// # Errors
/// It can't be written as JSON.
pub fn document_text() -> serde_json::Result<String> {
    serde_json::to_string_pretty(document())
}

/// `GET /openapi.json`.
pub async fn show() -> Json<&'static Value> {
    Json(document())
}
