//! `/api/v1/auth`: how a client of the shop logs in (R-AUTH, R-OTP, R-REG, R-TG).

pub mod log_out;
pub mod otp;
pub mod telegram;

use axum::Router;
use axum::routing::post;

use crate::router::Parts;

/// What takes the shop's token alone.
pub fn routes() -> Router<Parts> {
    Router::new()
        .route("/send-otp", post(otp::send))
        .route("/verify-otp", post(otp::verify))
        .route("/register", post(otp::register))
        .route("/telegram", post(telegram::log_in))
        .route("/telegram-contact", post(telegram::log_in_with_contact))
}

/// What takes a bearer token.
pub fn client_routes() -> Router<Parts> {
    Router::new().route("/logout", post(log_out::log_out))
}
