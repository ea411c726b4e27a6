//! The whole of HTTP as one router.

use crate::compression::compression;
use crate::observe::Observe;
use crate::parts::Parts;
use crate::rest::timeout::{Apology, GiveUp};
use crate::site::SecurityHeaders;
use crate::wrap::WrapLayer;
use crate::{docs, health, rest, site, telegram_bot};
use axum::{Router, middleware, routing};

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
        .route("/metrics", routing::get(health::metrics))
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
        .route("/metrics", routing::get(health::metrics))
        .with_state(parts)
}
