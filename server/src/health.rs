//! Is it alive, is it ready.

use axum::extract::State;
use axum::http::StatusCode;

use crate::router::Parts;

/// The process answers.
pub async fn live() -> &'static str {
    "ok"
}

/// The database answers and has the schema this program knows.
pub async fn ready(State(parts): State<Parts>) -> (StatusCode, &'static str) {
    match parts.loyalty.is_ready().await {
        Ok(true) => (StatusCode::OK, "ok"),
        Ok(false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the schema is old: run `bonex migrate`",
        ),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
