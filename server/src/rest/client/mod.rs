//! `/api/v1/client`: what a client of the shop sees and changes (R-CLIENT, R-HIST, R-PROMO, R-REFERRAL, R-PUSH, R-BRAND).

pub mod catalogue;
pub mod device;
pub mod history;
pub mod profile;
pub mod referral;
pub mod telegram;

use axum::Router;
use axum::routing::{get, post};

use crate::router::Parts;

/// What takes a bearer token.
pub fn routes() -> Router<Parts> {
    Router::new()
        .route("/profile", get(profile::show).put(profile::update))
        .route("/transactions", get(history::transactions))
        .route("/purchases", get(history::purchases))
        .route("/stores", get(catalogue::stores))
        .route("/referral", get(referral::show))
        .route("/link-telegram", post(telegram::link))
        .route("/device-token", post(device::register).delete(device::forget))
}

/// What can be seen without one.
pub fn open_routes() -> Router<Parts> {
    Router::new()
        .route("/settings", get(catalogue::settings))
        .route("/promotions", get(catalogue::promotions))
}
