//! Is it alive, is it ready.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::response::{IntoResponse, Response};

use crate::parts::Parts;

/// The process answers.
pub async fn live() -> &'static str {
    "ok"
}

/// The database answers and has the schema this program knows.
/// A worker that has panicked lately is named, but tills must go on: only where nothing but workers runs is the process
/// not ready then.
pub async fn ready(State(parts): State<Parts>) -> (StatusCode, String) {
    match parts.loyalty.is_ready().await {
        Ok(true) => (StatusCode::OK, told(&parts)),
        Ok(false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the schema is old: run `bonex migrate`".to_owned(),
        ),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer".to_owned(),
            )
        }
    }
}

/// As [`ready`], of a process that does nothing but work.
pub async fn ready_to_work(State(parts): State<Parts>) -> (StatusCode, String) {
    match ready(State(parts.clone())).await {
        (StatusCode::OK, told) if !parts.condition.in_trouble().is_empty() => {
            (StatusCode::SERVICE_UNAVAILABLE, told)
        }
        answer => answer,
    }
}

/// How the workers of this process are.
fn told(parts: &Parts) -> String {
    let workers = parts.condition.in_trouble();
    match workers.is_empty() {
        true => "ok".to_owned(),
        false => format!(
            "ok, but within ten minutes a worker panicked, see the log: {}",
            workers.join(", ")
        ),
    }
}

/// What `/metrics` shows, to whoever may see it.
pub async fn metrics(
    State(parts): State<Parts>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    version: Version,
    headers: HeaderMap,
) -> Response {
    match parts.metrics.render(peer, version, &headers) {
        Some(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
