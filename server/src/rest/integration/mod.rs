//! `/api/v1/integration`: stock from 1С or an ERP (R-INVENTORY).

pub mod inventory;

use axum::Extension;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::parts::Parts;
use crate::rest::body::BodyLimit;

/// Everything under `/integration`.
pub fn routes() -> OpenApiRouter<Parts> {
    // 5,000 articles with every field filled are about three megabytes.
    OpenApiRouter::new()
        .routes(routes!(inventory::sync))
        .layer(Extension(BodyLimit {
            megabytes: 8,
            unpacked_megabytes: 8,
        }))
}
