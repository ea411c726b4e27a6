//! `/api/v1/auth`: how a client of the shop logs in (R-AUTH, R-OTP, R-REG, R-TG).

pub mod log_out;
pub mod otp;
pub mod telegram;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::parts::Parts;

/// What takes the shop's token alone.
pub fn routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new()
        .routes(routes!(otp::send))
        .routes(routes!(otp::verify))
        .routes(routes!(otp::register))
        .routes(routes!(telegram::log_in))
        .routes(routes!(telegram::log_in_with_contact))
}

/// What takes a bearer token.
pub fn client_routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new().routes(routes!(log_out::log_out))
}
