//! The contract on one screen.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{client, receipt, redeem, returns, sale, session};
use crate::parts::Parts;

/// Everything a register may ask; who asks is settled before.
pub fn routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new()
        .routes(routes!(session::session))
        .routes(routes!(client::look_up))
        .routes(routes!(client::register))
        .routes(routes!(sale::sale))
        .routes(routes!(redeem::redeem))
        .routes(routes!(returns::calculate))
        .routes(routes!(returns::give_back))
        .routes(routes!(receipt::receipt))
}
