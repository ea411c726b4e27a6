//! `/api/v1` on one screen.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tower::Service;
use tower_http::cors::{Any, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use super::complaint::Complaint;
use super::error::ApiError;
use super::no_store::NoStore;
use super::timeout::{Apology, GiveUp};
use super::words::InCallersLanguage;
use super::{auth, cashier, client, integration, partner, principals};
use crate::compression::compression;
use crate::parts::Parts;
use crate::wrap::{Wrap, WrapLayer};

/// Every REST contract under `/api/v1`, errors included: all in the envelope, all open to any origin.
pub fn routes(parts: &Parts) -> Router<Parts> {
    let mut router = Router::new();
    for (surface, caller) in surfaces() {
        let routes = Router::from(surface);
        router = router.merge(match caller {
            Caller::Register => routes.route_layer(from_fn_with_state(parts.clone(), principals::register)),
            Caller::Knocking => routes
                .route_layer(from_fn_with_state(parts.clone(), principals::tenant))
                .route_layer(from_fn_with_state(parts.clone(), principals::knock)),
            Caller::Leaving => routes
                .route_layer(from_fn_with_state(parts.clone(), principals::client))
                .route_layer(from_fn_with_state(parts.clone(), principals::knock)),
            Caller::Client => routes.route_layer(from_fn_with_state(parts.clone(), principals::client)),
            Caller::Guest => routes.route_layer(from_fn_with_state(parts.clone(), principals::guest)),
            Caller::Visitor => routes.route_layer(from_fn_with_state(parts.clone(), principals::visitor)),
            Caller::Partner => routes.route_layer(from_fn_with_state(parts.clone(), principals::partner)),
            Caller::Integration => {
                routes.route_layer(from_fn_with_state(parts.clone(), principals::integration))
            }
        });
    }
    let give_up = GiveUp {
        patience: parts.patience,
        apology: Apology::Envelope,
    };
    let router = router
        .fallback(async || ApiError::from(Complaint::UnknownPath))
        .method_not_allowed_fallback(async || ApiError::from(Complaint::WrongMethod));
    let again = router.clone().with_state::<()>(parts.clone());
    router
        .fallback(move |request: Request| without_slash(again.clone(), request))
        // The outermost first. One call: each wraps every route once more.
        .layer((
            compression(),
            cors(),
            WrapLayer(NoStore),
            WrapLayer(InCallersLanguage),
            WrapLayer(give_up),
        ))
}

/// Whether a path is under `/api` in any form: `//api/…`, `/%61pi/…`, of any version (ruling 58).
pub fn is_of_the_api(path: &str) -> bool {
    let mut segments = path
        .split(['/', '\\'])
        .filter(|segment| !matches!(*segment, "" | "."));
    let first = segments.next().unwrap_or_default();
    percent_decode_str(first)
        .decode_utf8_lossy()
        .eq_ignore_ascii_case("api")
}

/// The answer at an address of the API that nobody serves, whatever the method (ruling 58).
pub async fn nobody_serves(request: Request) -> Response {
    let answer = InCallersLanguage.answer(request, |_request| {
        Box::pin(async { ApiError::from(Complaint::UnknownPath).into_response() })
    });
    let mut answer = answer.await;
    let any = HeaderValue::from_static("*");
    answer
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    answer
}

/// One slash at the end of a path is ignored (ruling 10): whoever serves the path without it is asked. A signature is
/// over the path as it was sent, which the request still knows.
async fn without_slash(mut router: Router, mut request: Request) -> Response {
    let path = request.uri().path();
    let Some(path) = path
        .strip_suffix('/')
        .filter(|path| !path.is_empty() && !path.ends_with('/'))
    else {
        return ApiError::from(Complaint::UnknownPath).into_response();
    };
    let path_and_query = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let Ok(uri) = path_and_query.parse::<Uri>() else {
        return ApiError::from(Complaint::UnknownPath).into_response();
    };
    *request.uri_mut() = uri;
    router.call(request).await.into_response()
}

/// Who may call a surface.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// A till.
    Register,
    /// Anybody with the shop's token who wants to sign in, counted by address.
    Knocking,
    /// A client with a bearer token who signs out, counted by address too.
    Leaving,
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
        (auth::routes(), Caller::Knocking),
        (auth::client_routes(), Caller::Leaving),
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
