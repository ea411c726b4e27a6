//! Who calls: headers become a principal once, and stay one. Each surface of the API has one function here, put before
//! its routes; handlers get the principal as an extension.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use loyalty::SignedRequest;
use loyalty::usecase::{identify_client, identify_partner, identify_register, identify_tenant};

use super::address::caller_address;
use super::body;
use super::error::ApiError;
use super::limits::Caller;
use crate::log::note_caller;
use crate::router::Parts;

/// Identifies the register: tenant token, register token and device.
pub async fn register(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_register(&parts, request, next).await)
}

/// Identifies the shop alone, for `/auth`.
pub async fn tenant(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_tenant(&parts, request, next).await)
}

/// Identifies the client by the bearer token.
pub async fn client(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_client(&parts, request, next).await)
}

/// Identifies the shop, and the client where a bearer token is shown: `Option<Client>` becomes the extension.
pub async fn visitor(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_visitor(&parts, request, next).await)
}

/// Identifies the shop, for somebody who has not logged in: a bearer token is not looked at.
pub async fn guest(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_guest(&parts, request, next).await)
}

/// Identifies the partner's server by its signature over the bytes of the request.
pub async fn partner(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_partner(&parts, request, next).await)
}

/// Identifies the shop, for its stock.
pub async fn integration(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_integration(&parts, request, next).await)
}

fn answered(admitted: Result<Response, ApiError>) -> Response {
    admitted.unwrap_or_else(IntoResponse::into_response)
}

async fn admit_register(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let device = headers.get("x-device-id").map(|value| value.as_bytes());
    let (tenant, cashier) = (text(headers, "x-tenant-token"), text(headers, "x-cashier-token"));
    let register = identify_register(&parts.loyalty, tenant, cashier, device).await?;
    note_caller(register.tenant.id, "register", register.id);
    let taken = parts
        .limits
        .take(register.tenant.id, Caller::Register(register.id))?;
    request.extensions_mut().insert(register);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_tenant(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let tenant = identify_tenant(&parts.loyalty, text(request.headers(), "x-tenant-token")).await?;
    note_caller(tenant.id, "shop", tenant.id);
    request.extensions_mut().insert(tenant);
    Ok(next.run(request).await)
}

async fn admit_client(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let tenant = identify_tenant(&parts.loyalty, text(headers, "x-tenant-token")).await?;
    let client = identify_client(&parts.loyalty, &tenant, bearer(headers)).await?;
    note_caller(tenant.id, "client", client.id);
    let taken = parts.limits.take(tenant.id, Caller::Client(client.id))?;
    request.extensions_mut().insert(client);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_visitor(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let tenant = identify_tenant(&parts.loyalty, text(headers, "x-tenant-token")).await?;
    let client = match headers.contains_key("authorization") {
        true => Some(identify_client(&parts.loyalty, &tenant, bearer(headers)).await?),
        false => None,
    };
    let caller = match &client {
        Some(client) => {
            note_caller(tenant.id, "client", client.id);
            Caller::Client(client.id)
        }
        None => {
            note_caller(tenant.id, "shop", tenant.id);
            Caller::Address(caller_address(parts, request.extensions(), headers))
        }
    };
    let taken = parts.limits.take(tenant.id, caller)?;
    request.extensions_mut().insert(tenant);
    request.extensions_mut().insert(client);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_guest(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let tenant = identify_tenant(&parts.loyalty, text(headers, "x-tenant-token")).await?;
    note_caller(tenant.id, "shop", tenant.id);
    let address = caller_address(parts, request.extensions(), headers);
    let taken = parts.limits.take(tenant.id, Caller::Address(address))?;
    request.extensions_mut().insert(tenant);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_partner(parts: &Parts, request: Request, next: Next) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let body = body::read(&head.extensions, body).await?;
    // The path as on the wire: nested routers see it without its prefix.
    let uri = head
        .extensions
        .get::<axum::extract::OriginalUri>()
        .map_or(&head.uri, |original| &original.0);
    let signed = SignedRequest {
        timestamp: text(&head.headers, "x-partner-timestamp"),
        signature: text(&head.headers, "x-partner-signature"),
        method: head.method.as_str(),
        path: uri.path(),
        body: &body,
    };
    let partner = identify_partner(&parts.loyalty, text(&head.headers, "x-tenant-token"), &signed).await?;
    note_caller(partner.tenant.id, "partner", partner.tenant.id);
    let taken = parts.limits.take(partner.tenant.id, Caller::Partner)?;
    let mut request = Request::from_parts(head, Body::from(body));
    request.extensions_mut().insert(partner);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_integration(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let tenant = identify_tenant(&parts.loyalty, text(request.headers(), "x-tenant-token")).await?;
    note_caller(tenant.id, "integration", tenant.id);
    let taken = parts.limits.take(tenant.id, Caller::Integration)?;
    request.extensions_mut().insert(tenant);
    Ok(taken.tell(next.run(request).await))
}

/// A header that is not text is as good as a wrong token.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// What `Authorization: Bearer` shows; anything else is as good as a wrong token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = text(headers, "authorization")?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
        _ => Some("?"),
    }
}
