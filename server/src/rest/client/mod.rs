//! `/api/v1/client`: what a client of the shop sees and changes (R-CLIENT, R-HIST, R-PROMO, R-REFERRAL, R-PUSH, R-BRAND).

pub mod catalogue;
pub mod device;
pub mod history;
pub mod profile;
pub mod referral;
pub mod telegram;

use axum::middleware::from_fn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::parts::Parts;
use crate::rest::etag::etag;

/// What takes a bearer token.
pub fn routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new()
        .routes(routes!(profile::show, profile::update))
        .routes(routes!(history::transactions))
        .routes(routes!(history::purchases))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(catalogue::stores))
                .route_layer(from_fn(etag)),
        )
        .routes(routes!(referral::show))
        .routes(routes!(telegram::link))
        .routes(routes!(device::register, device::forget))
}

/// What shows more with one.
pub fn visitor_routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new()
        .routes(routes!(catalogue::promotions))
        .route_layer(from_fn(etag))
}

/// What is asked before anybody logs in.
pub fn guest_routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new()
        .routes(routes!(catalogue::settings))
        .route_layer(from_fn(etag))
}
