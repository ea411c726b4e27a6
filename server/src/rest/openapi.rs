//! The OpenAPI document, generated from the handlers.

use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use super::cashier::{client, receipt, redeem, returns, sale, session};

/// Everything under `/api/v1`.
#[derive(OpenApi)]
#[openapi(
    info(title = "Bonex REST API", description = "Программа лояльности: касса."),
    servers((url = "/api/v1")),
    paths(
        session::session,
        client::look_up,
        client::register,
        sale::sale,
        redeem::redeem,
        returns::calculate,
        returns::give_back,
        receipt::receipt,
    )
)]
struct Rest;

/// The document.
pub fn document() -> Document {
    Rest::openapi()
}

/// The document as text.
///
/// # Errors
/// It can't be written as JSON.
pub fn document_text() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&document())
}

/// `GET /openapi.json`.
pub async fn show() -> Json<Document> {
    Json(document())
}
