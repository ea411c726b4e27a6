//! `/api/v1/auth`: how a client of the shop logs in (R-AUTH, R-OTP, R-REG, R-TG).

use axum::Router;

use crate::router::Parts;

/// Everything under `/auth`; the shop is known by its token.
pub fn routes() -> Router<Parts> {
    Router::new()
}
