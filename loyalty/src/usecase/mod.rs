//! One file per verb, in rooms that the store has too. A use case takes a principal and a request, reads, has the ledger
//! decide, posts, and answers with a record. It knows nothing of HTTP.
//!
//! * [`account`]: what moves bonuses: each reads an account, has the ledger decide, and posts; and the histories.
//! * [`clients`]: who the clients are: enrolment, look-ups, profiles.
//! * [`access`]: who asks: tokens, signatures, codes, Telegram; and what is tried in vain.
//! * [`programme`]: a shop's rules: their versions, promotions, tiers, and what other rules would have done.
//! * [`messages`]: what clients are told: by which channels, in which words, and what became of it.
//! * [`marketing`]: whom to tell of what: classes, cohorts, interests, campaigns and what they brought.
//! * [`figures`]: what owners look at: sums of days, read and counted anew.
//! * [`stock`]: what lies in the shop.
//! * [`partners`]: what partners are told: events, webhooks, deliveries.
//! * [`platform`]: the installation: its shops and the demo shop.
//! * [`upkeep`]: what happens by the clock: jobs, leases given back, rows that are over.

mod canonical;
mod error;
mod once;

mod access;
mod account;
mod clients;
mod figures;
mod marketing;
mod messages;
mod partners;
mod platform;
mod programme;
mod stock;
mod upkeep;

pub use access::*;
pub use account::*;
pub use clients::*;
pub use error::{Denied, Error};
pub use figures::*;
pub use marketing::*;
pub use messages::*;
pub use once::{Once, Outcome, Reply};
pub use partners::*;
pub use platform::*;
pub use programme::*;
pub use stock::*;
pub use upkeep::*;
