//! Every request has an id, a line in the log and a place in the metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::log::Asked;
use crate::metrics::Durations;
use crate::wrap::{Answering, Wrap};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};

static DURATIONS: Durations = Durations::new();

/// Longer than anybody waits gladly.
const SLOW: Duration = Duration::from_secs(1);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id (the caller's own when it is a sane one), logs and measures it.
#[derive(Clone, Copy, Debug)]
pub struct Observe;

impl Wrap for Observe {
    fn answer<R: FnOnce(Request) -> Answering>(&self, request: Request, rest: R) -> Answering {
        let id = request
            .headers()
            .get(REQUEST_ID)
            .and_then(sane)
            .unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()));
        // The template, never the path itself: a path may hold a phone number.
        let route = request
            .extensions()
            .get::<MatchedPath>()
            .map_or("unmatched", MatchedPath::as_str)
            .into();
        let asked = Asked::new(id, request.method().clone(), route);
        let started = Instant::now();
        let answering = Arc::clone(&asked).scope(rest(request));
        Box::pin(async move {
            let mut response = answering.await;
            let (status, elapsed) = (response.status().as_u16(), started.elapsed());
            DURATIONS.record(&asked.route, &asked.method, status, elapsed);
            if let Ok(value) = HeaderValue::from_str(&asked.id) {
                response.headers_mut().insert(REQUEST_ID, value);
            }
            asked.in_scope(|| tell(status, elapsed));
            response
        })
    }
}

/// What went wrong or took long is told always, the rest to whoever asks for `BONEX_LOG=debug`.
fn tell(status: u16, elapsed: Duration) {
    let milliseconds = elapsed.as_millis() as u64;
    if status >= 500 {
        tracing::warn!(status, milliseconds, "answered");
    } else if elapsed >= SLOW {
        tracing::info!(status, milliseconds, "answered slowly");
    } else {
        tracing::debug!(status, milliseconds, "answered");
    }
}

fn sane(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let is_sane = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    is_sane.then(|| text.to_owned())
}
