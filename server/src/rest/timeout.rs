//! No request takes for ever.

use std::time::Duration;

use axum::extract::Request;
use axum::response::IntoResponse;

use super::error::{ApiError, Complaint};
use crate::wrap::{Answering, Wrap};

/// Longer than any database wait of ours, body included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Gives up after half a minute. A posting that was handed over is applied or not, whole: only its answer is lost, and
/// the same request with its `Idempotency-Key` learns what became of it.
#[derive(Clone, Copy, Debug)]
pub struct GiveUp;

impl Wrap for GiveUp {
    fn answer<R: FnOnce(Request) -> Answering>(&self, request: Request, rest: R) -> Answering {
        let answering = rest(request);
        Box::pin(async move {
            match tokio::time::timeout(TIMEOUT, answering).await {
                Ok(response) => response,
                Err(_) => ApiError::from(Complaint::TooSlow).into_response(),
            }
        })
    }
}
