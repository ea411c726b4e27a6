//! The whole of HTTP as one router.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use axum::{Router, middleware, routing};
use leptos::prelude::LeptosOptions;
use loyalty::Loyalty;
use loyalty::usecase::CodeLimits;

use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::metrics::Metrics;
use crate::networks::Networks;
use crate::observe::Observe;
use crate::outgoing::Reach;
use crate::rest::Limits;
use crate::rest::timeout::{Apology, GiveUp};
use crate::settings::Settings;
use crate::site::SecurityHeaders;
use crate::workers::Condition;
use crate::wrap::WrapLayer;
use crate::{docs, health, metrics, rest, site, telegram_bot};

/// What handlers are made of. Cheap to clone: every layer of every request does.
#[derive(Clone)]
pub struct Parts(Arc<Shared>);

/// What [`Parts`] share.
pub struct Shared {
    /// The loyalty API.
    pub loyalty: Loyalty,
    /// Requests counted per caller.
    pub limits: Limits,
    /// How often codes go out by SMS.
    pub code_limits: CodeLimits,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Networks,
    /// Whether people come by https.
    pub is_https: bool,
    /// The address that people use.
    pub public_url: String,
    /// The address of the API, as downloads name it.
    pub api_url: String,
    /// Which servers of others may be asked.
    pub reach: Reach,
    /// How long a request may take.
    pub patience: Duration,
    /// Where the site's files are.
    pub leptos: LeptosOptions,
    /// What `/metrics` shows, and to whom.
    pub metrics: Metrics,
    /// How the workers of this process are.
    pub condition: Condition,
}

impl Parts {
    /// Puts the parts together.
    ///
    /// # Errors
    /// A second recorder of metrics in one process, or a site that can't be found.
    pub fn new(loyalty: Loyalty, settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Shared {
            loyalty,
            limits: Limits::new(settings.rate_limit_factor),
            code_limits: CodeLimits::times(settings.rate_limit_factor),
            trusted_proxies: settings.trusted_proxies.clone(),
            is_https: settings.is_https(),
            public_url: settings.public_url(),
            api_url: settings.api_url(),
            reach: settings.reach,
            patience: settings.patience,
            leptos: site::options(settings.listen),
            metrics: Metrics::new(settings)?,
            condition: Condition::default(),
        })))
    }
}

impl Deref for Parts {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Parts> for LeptosOptions {
    fn from_ref(parts: &Parts) -> Self {
        parts.leptos.clone()
    }
}

/// For answers that are worth it; files of the site are compressed when they are built.
pub(crate) fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(1400))
}

/// Everything that is served.
pub fn router(parts: Parts) -> Router {
    let security = SecurityHeaders {
        is_https: parts.is_https,
    };
    let documents = Router::new()
        .route("/openapi.json", routing::get(rest::openapi::show))
        .merge(docs::routes())
        .layer(middleware::from_fn(rest::etag::etag))
        .layer(compression());
    let give_up = GiveUp {
        patience: parts.patience,
        apology: Apology::Text,
    };
    let others = Router::new()
        .merge(documents)
        .route("/telegram/{code}", routing::post(telegram_bot::take))
        .route("/health/live", routing::get(health::live))
        .route("/health/ready", routing::get(health::ready))
        .route("/metrics", routing::get(metrics::show))
        .layer(WrapLayer(give_up));
    Router::new()
        .nest("/api/v1", rest::routes(&parts))
        .merge(others)
        .merge(site::routes(&parts))
        .layer((WrapLayer(Observe), WrapLayer(security)))
        .with_state(parts)
}

/// What a process shows that does nothing but work: how it is.
pub fn work_router(parts: Parts) -> Router {
    Router::new()
        .route("/health/live", routing::get(health::live))
        .route("/health/ready", routing::get(health::ready_to_work))
        .route("/metrics", routing::get(metrics::show))
        .with_state(parts)
}
