//! `/api/v1/integration`: stock from 1С or an ERP (R-INVENTORY).

use axum::Router;

use crate::router::Parts;

/// Everything under `/integration`.
pub fn routes() -> Router<Parts> {
    Router::new()
}
