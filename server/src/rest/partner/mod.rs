//! `/api/v1/partner`: partners' servers, by signature (R-PARTNER).

pub mod account;
pub mod sign_in;
pub mod webhook_event;
pub mod webhooks;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::parts::Parts;

/// Everything under `/partner`.
pub fn routes() -> OpenApiRouter<Parts> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(account::look_up))
        .routes(routes!(account::sale))
        .routes(routes!(account::redeem))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::replay))
}
