//! `/api/v1/client`: what a client of the shop sees and changes (R-CLIENT, R-HIST, R-PROMO, R-REFERRAL, R-PUSH, R-BRAND).

use axum::Router;

use crate::router::Parts;

/// What takes a bearer token.
pub fn routes() -> Router<Parts> {
    Router::new()
}

/// What can be seen without one.
pub fn open_routes() -> Router<Parts> {
    Router::new()
}
