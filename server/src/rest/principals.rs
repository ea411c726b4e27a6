//! Who calls: headers become a principal once, and stay one.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use loyalty::usecase::identify_register;

use super::error::ApiError;
use crate::router::Parts;

/// Identifies the register, counts the request, and hands the principal on in the request's extensions.
pub async fn register(State(parts): State<Parts>, request: Request, next: Next) -> Response {
    match admit(&parts, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn admit(parts: &Parts, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let headers = request.headers();
    let device = headers.get("x-device-id").map(|value| value.as_bytes());
    let (tenant, cashier) = (text(headers, "x-tenant-token"), text(headers, "x-cashier-token"));
    let register = identify_register(&parts.loyalty, tenant, cashier, device).await?;
    let remaining = parts.limits.take(register.tenant.id, register.id)?;
    request.extensions_mut().insert(register);
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert("x-ratelimit-limit", parts.limits.per_minute().into());
    response
        .headers_mut()
        .insert("x-ratelimit-remaining", remaining.into());
    Ok(response)
}

/// A header that is not text is as good as a wrong token.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}
