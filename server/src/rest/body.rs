//! A JSON body, as sent and as fields.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::Extensions;

use super::complaint::Complaint;
use super::error::ApiError;
use super::fields::Fields;
use super::idempotency;
use super::packing::Packing;

/// The largest body that a surface takes, in millions of bytes; as an extension of its routes where it is not the usual
/// one.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit {
    /// On the wire.
    pub megabytes: u32,
    /// Unpacked, when it is sent packed.
    pub unpacked_megabytes: u32,
}

/// What an operation without fields gets: whatever was sent, and its idempotency key.
pub struct RawBody {
    /// As sent, unpacked.
    pub bytes: Bytes,
    /// `Idempotency-Key`.
    pub key: Option<String>,
}

/// A body with its idempotency key.
pub struct JsonBody {
    /// As it came.
    pub raw: RawBody,
    /// What it says.
    pub fields: Fields,
}

impl BodyLimit {
    const USUAL: Self = Self {
        megabytes: 1,
        unpacked_megabytes: 10,
    };

    fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::USUAL)
    }
}

/// Reads a body whole, as it is on the wire, up to the limit of its surface.
pub async fn read(extensions: &Extensions, body: Body) -> Result<Bytes, ApiError> {
    let megabytes = BodyLimit::of(extensions).megabytes;
    let bytes = to_bytes(body, megabytes as usize * 1_000_000).await;
    bytes.map_err(|_| Complaint::TooLarge { megabytes }.into())
}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let key = idempotency::key(request.headers())?;
        let (head, body) = request.into_parts();
        let packing = Packing::of(&head.headers)?;
        let bytes = read(&head.extensions, body).await?;
        let bytes = match packing {
            Some(packing) if !bytes.is_empty() => {
                let megabytes = BodyLimit::of(&head.extensions).unpacked_megabytes;
                packing.unpack(bytes, megabytes).await?
            }
            _ => bytes,
        };
        Ok(Self { bytes, key })
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let raw = RawBody::from_request(request, state).await?;
        let fields = Fields::parse(&raw.bytes)?;
        Ok(Self { raw, fields })
    }
}
