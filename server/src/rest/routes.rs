//! `/api/v1` on one screen.

use axum::Router;
use axum::http::{HeaderName, Method, header};
use axum::middleware::from_fn_with_state;
use tower_http::cors::{Any, CorsLayer};

use super::error::ApiError;
use super::{auth, cashier, client, integration, partner, principals};
use crate::router::Parts;

/// Every REST contract under `/api/v1`, errors included: all in the envelope, all open to any origin.
pub fn routes(parts: &Parts) -> Router<Parts> {
    let (register, tenant, client, visitor, partner, integration) = (
        from_fn_with_state(parts.clone(), principals::register),
        from_fn_with_state(parts.clone(), principals::tenant),
        from_fn_with_state(parts.clone(), principals::client),
        from_fn_with_state(parts.clone(), principals::visitor),
        from_fn_with_state(parts.clone(), principals::partner),
        from_fn_with_state(parts.clone(), principals::integration),
    );
    Router::new()
        .nest("/cashier", cashier::routes().route_layer(register))
        .nest(
            "/auth",
            auth::routes()
                .route_layer(tenant)
                .merge(auth::client_routes().route_layer(client.clone())),
        )
        .nest(
            "/client",
            client::routes()
                .route_layer(client)
                .merge(client::open_routes().route_layer(visitor)),
        )
        .nest("/partner", partner::routes().route_layer(partner))
        .nest("/integration", integration::routes().route_layer(integration))
        .fallback(async || ApiError::UnknownPath)
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .layer(cors())
}

/// R-CORS and ruling 7.
fn cors() -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            name("x-tenant-token"),
            name("x-cashier-token"),
            name("x-device-id"),
            name("x-partner-timestamp"),
            name("x-partner-signature"),
            name("idempotency-key"),
            name("x-request-id"),
        ])
        .expose_headers([
            name("idempotent-replayed"),
            header::RETRY_AFTER,
            name("x-ratelimit-limit"),
            name("x-ratelimit-remaining"),
            name("x-request-id"),
        ])
}
