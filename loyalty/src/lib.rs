//! The loyalty API of Bonex: the programme's rules, the ledger and the store. It knows nothing of HTTP or HTML.
//!
//! * [`model`]: values that can't be wrong.
//! * [`rules`]: pure arithmetic.
//! * [`ledger`]: a change of a balance as data.
//!
//! * [`usecase`]: one file per verb: read, decide, post.
//! * `store`: the database, on two engines.
//!
//! Without the feature `store` the crate holds the first three alone and compiles to wasm: the browser previews a
//! sale with the same code that decides it.
//!
//! Deliberately absent: HTTP, HTML, sending messages.

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "store")]
mod clock;
#[cfg(feature = "store")]
mod counted;
#[cfg(feature = "store")]
mod failure;
#[cfg(all(feature = "store", any(test, feature = "fuzzing")))]
pub mod fuzz;
pub mod ledger;
#[cfg(feature = "store")]
mod loyalty;
pub mod model;
#[cfg(feature = "store")]
mod partner_signature;
pub mod rules;
#[cfg(feature = "store")]
mod sealed;
#[cfg(feature = "store")]
mod secret;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "store")]
mod telegram;
#[cfg(feature = "store")]
pub mod usecase;
#[cfg(feature = "store")]
mod webhook_signature;

#[cfg(feature = "store")]
pub use clock::{Clock, SystemClock};
#[cfg(feature = "store")]
pub use failure::Failure;
#[cfg(feature = "store")]
pub use loyalty::{Loyalty, Options};
#[cfg(feature = "store")]
pub use partner_signature::SignedRequest;
#[cfg(feature = "store")]
pub use store::account::audit::Violation;
#[cfg(feature = "store")]
pub use telegram::TelegramUser;
