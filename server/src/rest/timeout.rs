//! No request takes for ever.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::complaint::Complaint;
use super::error::ApiError;
use crate::wrap::{Answering, Wrap};

/// Longer than any database wait of a request, its body included.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Gives up when the time is over. A posting that was handed over is applied or not, whole: only its answer is lost, and
/// the same request with its `Idempotency-Key` learns what became of it.
#[derive(Clone, Copy, Debug)]
pub struct GiveUp {
    /// How long it waits.
    pub patience: Duration,
    /// What is said then.
    pub apology: Apology,
}

/// What a caller understands who was waited for in vain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Apology {
    /// The envelope of the API.
    Envelope,
    /// Plain text: pages, files, bots.
    Text,
}

impl Wrap for GiveUp {
    fn answer<R: FnOnce(Request) -> Answering>(&self, request: Request, rest: R) -> Answering {
        let Self { patience, apology } = *self;
        let answering = rest(request);
        Box::pin(async move {
            match tokio::time::timeout(patience, answering).await {
                Ok(response) => response,
                Err(_) => apology.say(),
            }
        })
    }
}

impl Apology {
    /// The answer.
    pub fn say(self) -> Response {
        match self {
            Self::Envelope => ApiError::from(Complaint::TooSlow).into_response(),
            Self::Text => {
                let text = "Сервер не успел ответить. Обновите страницу через несколько секунд.\n";
                let mut response = (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                response
            }
        }
    }
}
