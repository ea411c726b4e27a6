//! `/api/v1/cashier`: registers, 1С, Frontol and whoever else closes receipts.

pub mod client;
pub mod receipt;
pub mod redeem;
pub mod returns;
mod routes;
pub mod sale;
pub mod session;

pub use routes::routes;
