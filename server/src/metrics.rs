//! Prometheus metrics, for the machine itself or for whoever holds the token.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{OnceLock, RwLock};
use std::time::Duration;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, Version, header};
use metrics::Histogram;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use subtle::ConstantTimeEq;

use crate::settings::Settings;

/// How long requests took, by route, method and status. Looking a metric up by its labels costs more than recording
/// it, so each is kept.
pub struct Durations(RwLock<Option<HashMap<String, OfRoute>>>);

/// A route's histograms, few enough to look through.
type OfRoute = Vec<(Method, u16, Histogram)>;

impl Durations {
    /// None yet.
    pub const fn new() -> Self {
        Self(RwLock::new(None))
    }

    /// Records one request. `route` is a template, so there are few.
    pub fn record(&self, route: &str, method: &Method, status: u16, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let is_it = |known: &&(Method, u16, Histogram)| known.0 == *method && known.1 == status;
        if let Ok(known) = self.0.read()
            && let Some(of_route) = known.as_ref().and_then(|known| known.get(route))
            && let Some((.., histogram)) = of_route.iter().find(is_it)
        {
            return histogram.record(seconds);
        }
        let labels = [
            ("route", route.to_owned()),
            ("method", method.to_string()),
            ("status", status.to_string()),
        ];
        let histogram = metrics::histogram!("bonex_http_request_duration_seconds", &labels);
        histogram.record(seconds);
        if let Ok(mut known) = self.0.write() {
            let of_route = known.get_or_insert_default().entry(route.to_owned()).or_default();
            of_route.push((method.clone(), status, histogram));
        }
    }
}

/// What `/metrics` shows, and to whom.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    token: Option<String>,
    /// Requests come through a proxy, which may hide it (ruling 62).
    is_behind_proxy: bool,
}

impl Metrics {
    /// What is shown now, as Prometheus reads it; none to whoever may not see it.
    pub fn render(&self, peer: SocketAddr, version: Version, headers: &HeaderMap) -> Option<String> {
        self.may_see(peer, version, headers).then(|| self.handle.render())
    }

    /// Installs the recorder, once per process.
    ///
    /// # Errors
    /// Wrong buckets.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            handle: Self::recorder()?,
            token: settings.metrics_token.clone(),
            is_behind_proxy: settings.is_https() || !settings.trusted_proxies.is_empty(),
        })
    }

    fn recorder() -> anyhow::Result<PrometheusHandle> {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = HANDLE.get() {
            return Ok(handle.clone());
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
        Ok(handle)
    }

    /// Folds what was recorded, so that it does not pile up while nobody looks.
    pub fn fold(&self) {
        self.handle.run_upkeep();
    }

    /// A direct request from this machine, or one with the token.
    fn may_see(&self, peer: SocketAddr, version: Version, headers: &HeaderMap) -> bool {
        if let Some(token) = &self.token {
            let given = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
            let given = given
                .and_then(|value| value.strip_prefix(b"Bearer "))
                .unwrap_or_default();
            return given.ct_eq(token.as_bytes()).into();
        }
        let is_forwarded = headers.keys().any(is_of_a_proxy);
        // `proxy_pass` with nothing beside it adds no header, but asks in HTTP/1.0.
        let is_direct = !self.is_behind_proxy && !is_forwarded && version != Version::HTTP_10;
        is_direct && peer.ip().to_canonical().is_loopback() && names_this_machine(headers)
    }
}

fn is_of_a_proxy(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-forwarded")
        || matches!(
            name,
            "forwarded" | "via" | "x-real-ip" | "true-client-ip" | "x-client-ip" | "x-original-host"
        )
        || name.starts_with("cf-")
}

/// Whoever asks by another name came through a proxy, or from a page that made its own name mean this machine.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else {
        return true;
    };
    let Ok(authority) = host.to_str().unwrap_or_default().parse::<Authority>() else {
        return false;
    };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}
