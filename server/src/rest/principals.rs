//! Who calls: headers become a principal once, and stay one. Each surface of the API has one function here, put before
//! its routes; handlers get the principal as an extension.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use loyalty::SignedRequest;
use loyalty::model::{Client, Source, Tenant};
use loyalty::usecase::{
    check_partner_headers, identify_client, identify_partner, identify_register, identify_tenant,
};

use super::address::caller_source;
use super::body;
use super::error::ApiError;
use super::limits::Caller;
use super::strangers::linger;
use crate::log::note_caller;
use crate::parts::Parts;

/// Identifies the register: tenant token, register token and device.
pub async fn register(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_register(&parts, request, next).await)
}

/// Counts a request to sign in by its address, before anything else is looked at.
pub async fn knock(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    answered(admit_knock(&parts, request, next).await)
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
    let source = caller_source(parts, request.extensions(), headers);
    let now = parts.loyalty.now();
    let identify = identify_register(&parts.loyalty, tenant, cashier, device);
    let strangers = &parts.limits.strangers;
    let register = strangers
        .admit(source, now, ("register", tenant, cashier), identify)
        .await?;
    note_caller(register.tenant.id, "register", register.id);
    let taken = parts
        .limits
        .take(register.tenant.id, Caller::Register(register.id), now)?;
    request.extensions_mut().insert(register);
    Ok(taken.tell(next.run(request).await))
}

/// The shop that a request names by its token.
async fn shop(parts: &Parts, source: Source, headers: &HeaderMap) -> Result<Arc<Tenant>, ApiError> {
    let token = text(headers, "x-tenant-token");
    let identify = identify_tenant(&parts.loyalty, token);
    let strangers = &parts.limits.strangers;
    strangers
        .admit(source, parts.loyalty.now(), ("tenant", token), identify)
        .await
}

/// The shop's client whose bearer token a request shows.
async fn bearer_of(
    parts: &Parts,
    source: Source,
    headers: &HeaderMap,
    shop: &Arc<Tenant>,
) -> Result<Client, ApiError> {
    let token = bearer(headers);
    let identify = identify_client(&parts.loyalty, shop, token);
    let strangers = &parts.limits.strangers;
    let client = strangers
        .admit(source, parts.loyalty.now(), ("client", shop.id, token), identify)
        .await?;
    note_caller(shop.id, "client", client.id);
    Ok(client)
}

async fn admit_knock(parts: &Parts, request: Request, next: Next) -> Result<Response, ApiError> {
    let source = caller_source(parts, request.extensions(), request.headers());
    let taken = linger(parts.limits.take_door(&parts.loyalty, source).await).await?;
    // The body is there before a place is taken: who sends it slowly keeps nobody out.
    let (head, body) = request.into_parts();
    let body = body::read(&head.extensions, body).await?;
    // However many knock, tills find the database nearly as free as without them.
    let _place = parts.limits.enter_door().await;
    let request = Request::from_parts(head, Body::from(body));
    Ok(taken.tell(next.run(request).await))
}

async fn admit_tenant(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let source = caller_source(parts, request.extensions(), request.headers());
    let tenant = shop(parts, source, request.headers()).await?;
    note_caller(tenant.id, "shop", tenant.id);
    request.extensions_mut().insert(tenant);
    Ok(next.run(request).await)
}

async fn admit_client(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let source = caller_source(parts, request.extensions(), headers);
    let tenant = shop(parts, source, headers).await?;
    let client = bearer_of(parts, source, headers, &tenant).await?;
    let caller = Caller::Client(client.id);
    let taken = parts.limits.take(tenant.id, caller, parts.loyalty.now())?;
    request.extensions_mut().insert(client);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_visitor(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let source = caller_source(parts, request.extensions(), headers);
    let tenant = shop(parts, source, headers).await?;
    let client = match headers.contains_key("authorization") {
        true => Some(bearer_of(parts, source, headers, &tenant).await?),
        false => None,
    };
    let caller = match &client {
        Some(client) => Caller::Client(client.id),
        None => {
            note_caller(tenant.id, "shop", tenant.id);
            Caller::Address(source)
        }
    };
    let taken = parts.limits.take(tenant.id, caller, parts.loyalty.now())?;
    request.extensions_mut().insert(tenant);
    request.extensions_mut().insert(client);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_guest(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let source = caller_source(parts, request.extensions(), headers);
    let tenant = shop(parts, source, headers).await?;
    note_caller(tenant.id, "shop", tenant.id);
    let caller = Caller::Address(source);
    let taken = parts.limits.take(tenant.id, caller, parts.loyalty.now())?;
    request.extensions_mut().insert(tenant);
    Ok(taken.tell(next.run(request).await))
}

/// Who signs is known from the headers and the body; whoever was wrong too often does not get a body read.
async fn admit_partner(parts: &Parts, request: Request, next: Next) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let (timestamp, signature) = (
        text(&head.headers, "x-partner-timestamp"),
        text(&head.headers, "x-partner-signature"),
    );
    let (source, now) = (
        caller_source(parts, &head.extensions, &head.headers),
        parts.loyalty.now(),
    );
    let tenant = shop(parts, source, &head.headers).await?;
    check_partner_headers(&parts.loyalty, timestamp, signature)?;
    linger(parts.limits.strangers.may_sign(tenant.id, source, now)).await?;
    let body = body::read(&head.extensions, body).await?;
    // The path as on the wire: nested routers see it without its prefix.
    let uri = head
        .extensions
        .get::<axum::extract::OriginalUri>()
        .map_or(&head.uri, |original| &original.0);
    let signed = SignedRequest {
        timestamp,
        signature,
        method: head.method.as_str(),
        path: uri.path(),
        body: &body,
    };
    let partner = identify_partner(&parts.loyalty, text(&head.headers, "x-tenant-token"), &signed).await;
    parts
        .limits
        .strangers
        .note_signature(tenant.id, source, now, &partner);
    let partner = partner?;
    note_caller(partner.tenant.id, "partner", partner.tenant.id);
    let taken = parts.limits.take(partner.tenant.id, Caller::Partner, now)?;
    let mut request = Request::from_parts(head, Body::from(body));
    request.extensions_mut().insert(partner);
    Ok(taken.tell(next.run(request).await))
}

async fn admit_integration(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let source = caller_source(parts, request.extensions(), request.headers());
    let tenant = shop(parts, source, request.headers()).await?;
    note_caller(tenant.id, "integration", tenant.id);
    let taken = parts
        .limits
        .take(tenant.id, Caller::Integration, parts.loyalty.now())?;
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
