//! A JSON body, as sent and as fields.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};

use super::error::ApiError;
use super::fields::Fields;
use super::idempotency;

/// The largest body.
pub const BYTES_MAX: usize = 1_000_000;

/// A body with its idempotency key.
pub struct JsonBody {
    /// As sent.
    pub bytes: Bytes,
    /// What it says.
    pub fields: Fields,
    /// `Idempotency-Key`.
    pub key: Option<String>,
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let key = idempotency::key(request.headers())?;
        let bytes = to_bytes(request.into_body(), BYTES_MAX)
            .await
            .map_err(|_| ApiError::TooLarge)?;
        let fields = Fields::parse(&bytes)?;
        Ok(Self { bytes, fields, key })
    }
}
