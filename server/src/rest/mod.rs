//! The REST contracts. A handler only translates: wire to request, one use case, record to wire.
//!
//! [`fields`] reads bodies and names what is wrong, [`principals`] says who calls, [`limits`] how often, [`error`] and
//! [`envelope`] word the answers. One folder per contract: [`cashier`]; the mobile, partner and integration contracts
//! have their place beside it.

mod body;
mod cashier;
pub mod docs;
mod envelope;
mod error;
mod fields;
mod idempotency;
mod limits;
pub mod openapi;
pub mod principals;
mod routes;

pub use limits::Limits;
pub use routes::routes;
