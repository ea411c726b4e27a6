//! No request takes for ever.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::{ApiError, Complaint};

/// Longer than any database wait of ours, body included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Gives up after half a minute. A posting that was handed over is applied or not, whole: only its answer is lost, and
/// the same request with its `Idempotency-Key` learns what became of it.
pub async fn timeout(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::from(Complaint::TooSlow).into_response(),
    }
}
