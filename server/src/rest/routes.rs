//! `/api/v1` on one screen.

use axum::Router;
use axum::http::{HeaderName, Method, header};
use axum::middleware::from_fn_with_state;
use tower_http::cors::{Any, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use super::error::{ApiError, Complaint};
use super::timeout::GiveUp;
use super::words::InCallersLanguage;
use super::{auth, cashier, client, integration, partner, principals};
use crate::router::{Parts, compression};
use crate::wrap::WrapLayer;

/// Every REST contract under `/api/v1`, errors included: all in the envelope, all open to any origin.
pub fn routes(parts: &Parts) -> Router<Parts> {
    let mut router = Router::new();
    for (surface, caller) in surfaces() {
        let routes = Router::from(surface);
        router = router.merge(match caller {
            Caller::Register => routes.route_layer(from_fn_with_state(parts.clone(), principals::register)),
            Caller::Tenant => routes.route_layer(from_fn_with_state(parts.clone(), principals::tenant)),
            Caller::Client => routes.route_layer(from_fn_with_state(parts.clone(), principals::client)),
            Caller::Guest => routes.route_layer(from_fn_with_state(parts.clone(), principals::guest)),
            Caller::Visitor => routes.route_layer(from_fn_with_state(parts.clone(), principals::visitor)),
            Caller::Partner => routes.route_layer(from_fn_with_state(parts.clone(), principals::partner)),
            Caller::Integration => {
                routes.route_layer(from_fn_with_state(parts.clone(), principals::integration))
            }
        });
    }
    router
        .fallback(async || ApiError::from(Complaint::UnknownPath))
        .method_not_allowed_fallback(async || ApiError::from(Complaint::WrongMethod))
        // The outermost first. One call: each wraps every route once more.
        .layer((
            compression(),
            cors(),
            WrapLayer(InCallersLanguage),
            WrapLayer(GiveUp),
        ))
}

/// Who may call a surface.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// A till.
    Register,
    /// Anybody with the shop's token.
    Tenant,
    /// A client with a bearer token.
    Client,
    /// Anybody with the shop's token, counted by address.
    Guest,
    /// Anybody with the shop's token; a bearer token shows more.
    Visitor,
    /// A partner's server.
    Partner,
    /// 1С or an ERP.
    Integration,
}

/// The surfaces with their operations: what is served and what is documented is the same list.
pub fn surfaces() -> [(OpenApiRouter<Parts>, Caller); 8] {
    [
        (auth::routes(), Caller::Tenant),
        (auth::client_routes(), Caller::Client),
        (client::guest_routes(), Caller::Guest),
        (client::visitor_routes(), Caller::Visitor),
        (client::routes(), Caller::Client),
        (partner::routes(), Caller::Partner),
        (integration::routes(), Caller::Integration),
        (cashier::routes(), Caller::Register),
    ]
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
            header::ACCEPT_LANGUAGE,
            name("x-tenant-token"),
            name("x-cashier-token"),
            name("x-device-id"),
            name("x-partner-timestamp"),
            name("x-partner-signature"),
            name("idempotency-key"),
            name("x-request-id"),
            header::IF_NONE_MATCH,
        ])
        .expose_headers([
            header::ETAG,
            name("idempotent-replayed"),
            header::RETRY_AFTER,
            name("x-ratelimit-limit"),
            name("x-ratelimit-remaining"),
            name("x-request-id"),
        ])
}
