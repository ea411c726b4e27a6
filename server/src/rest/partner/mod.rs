//! `/api/v1/partner`: partners' servers, by signature (R-PARTNER).

use axum::Router;

use crate::router::Parts;

/// Everything under `/partner`.
pub fn routes() -> Router<Parts> {
    Router::new()
}
