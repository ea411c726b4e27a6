//! Prometheus metrics, for the machine itself or for whoever holds the token.

use std::net::SocketAddr;
use std::sync::OnceLock;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use subtle::ConstantTimeEq;

use crate::router::Parts;

/// What `/metrics` shows, and to whom.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    token: Option<String>,
}

impl Metrics {
    /// Installs the recorder, once per process.
    pub fn new(token: Option<String>) -> anyhow::Result<Self> {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = HANDLE.get() {
            return Ok(Self {
                handle: handle.clone(),
                token,
            });
        }
        let seconds = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ];
        let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)?
            .set_buckets_for_metric(Matcher::Suffix("_group_size".to_owned()), &sizes)?
            .build_recorder();
        let handle = HANDLE.get_or_init(|| recorder.handle()).clone();
        // Lost only to another call that came between: then that one's recorder serves both.
        let _already = metrics::set_global_recorder(recorder);
        Ok(Self { handle, token })
    }

    /// A direct request from this machine, or one with the token.
    fn may_see(&self, peer: SocketAddr, headers: &HeaderMap) -> bool {
        if let Some(token) = &self.token {
            let given = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
            let given = given
                .and_then(|value| value.strip_prefix(b"Bearer "))
                .unwrap_or_default();
            return given.ct_eq(token.as_bytes()).into();
        }
        let is_forwarded = ["forwarded", "x-forwarded-for", "x-real-ip"]
            .iter()
            .any(|name| headers.contains_key(*name));
        peer.ip().is_loopback() && !is_forwarded
    }
}

/// Prometheus text.
pub async fn show(
    State(parts): State<Parts>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !parts.metrics.may_see(peer, &headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        parts.metrics.handle.render(),
    )
        .into_response()
}
