//! The contract on one screen.

use axum::Router;
use axum::routing::{get, post};

use super::{client, receipt, redeem, returns, sale, session};
use crate::router::Parts;

/// Everything a register may ask; who asks is settled before.
pub fn routes() -> Router<Parts> {
    Router::new()
        .route("/session", get(session::session))
        .route("/client/{identifier}", get(client::look_up))
        .route("/client/register", post(client::register))
        .route("/sale", post(sale::sale))
        .route("/redeem", post(redeem::redeem))
        .route("/return/calculate", post(returns::calculate))
        .route("/return", post(returns::give_back))
        .route("/receipt", post(receipt::receipt))
}
