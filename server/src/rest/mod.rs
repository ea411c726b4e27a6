//! The REST contracts. A handler only translates: wire to request, one use case, record to wire.
//!
//! [`body`] takes bytes, [`fields`] reads them and names what is wrong, [`principals`] says who calls, [`limits`] and
//! [`strangers`] how often, [`error`] and
//! [`envelope`] word the answers. One folder per contract: [`auth`], [`cashier`],
//! [`client`], [`integration`], [`partner`].

mod address;
mod answer;
mod auth;
mod body;
mod cashier;
mod client;
mod complaint;
mod envelope;
mod error;
pub mod etag;
mod explanation;
mod field_error;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod idempotency;
mod integration;
mod limits;
pub mod no_store;
mod number;
pub mod openapi;
mod packing;
mod paging;
pub mod partner;
pub mod principals;
mod rate;
mod routes;
mod shapes;
mod shards;
mod strangers;
pub mod timeout;
mod words;

pub use limits::Limits;
pub use routes::{is_of_the_api, nobody_serves, routes};
