//! `/api/v1/integration`: stock from 1С or an ERP (R-INVENTORY).

pub mod inventory;

use axum::routing::post;
use axum::{Extension, Router};

use crate::rest::body::BodyLimit;
use crate::router::Parts;

/// Everything under `/integration`.
pub fn routes() -> Router<Parts> {
    // 5,000 articles with every field filled are about three megabytes.
    Router::new()
        .route("/inventory/sync", post(inventory::sync))
        .layer(Extension(BodyLimit { megabytes: 8 }))
}
