//! The caller's name for one request (ruling 17).

use axum::http::HeaderMap;
use loyalty::model::IdempotencyKey;

use super::complaint::Complaint;
use super::error::ApiError;

/// `Idempotency-Key`, 1 to 255 characters.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = IdempotencyKey::parse(value.as_bytes()).map_err(|_| Complaint::BadKey)?;
    Ok(Some(key.into_string()))
}
