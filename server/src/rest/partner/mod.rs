//! `/api/v1/partner`: partners' servers, by signature (R-PARTNER).

pub mod account;
pub mod sign_in;

use axum::Router;
use axum::routing::{get, post};

use crate::router::Parts;

/// Everything under `/partner`.
pub fn routes() -> Router<Parts> {
    Router::new()
        .route("/auth", post(sign_in::sign_in))
        .route("/client/{identifier}", get(account::look_up))
        .route("/sale", post(account::sale))
        .route("/redeem", post(account::redeem))
}
