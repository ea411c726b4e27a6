//! The caller's name for one request (ruling 17).

use axum::http::HeaderMap;

use super::error::{ApiError, Complaint};

/// `Idempotency-Key`, 1 to 255 characters.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match std::str::from_utf8(value.as_bytes()) {
        Ok(key) if (1..=255).contains(&key.chars().count()) => Ok(Some(key.to_owned())),
        _ => Err(Complaint::BadKey.into()),
    }
}
