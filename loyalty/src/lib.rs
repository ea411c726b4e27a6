//! The loyalty API of Bonex: the programme's rules, the ledger and the store. It knows nothing of HTTP or HTML.
//!
//! * [`model`]: values that can't be wrong.
//! * [`rules`]: pure arithmetic.
//! * [`ledger`]: a change of a balance as data.
//!
//! Without the feature `store` the crate holds those two and [`ledger`], and compiles to wasm: the browser previews a
//! sale with the same code that decides it.
//!
//! Deliberately absent: HTTP, HTML, sending messages.

pub mod ledger;
pub mod model;
pub mod rules;
