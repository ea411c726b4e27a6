//! The database. SQL lives here and nowhere else, one text for both engines, in the rooms of the use cases and two below:
//!
//! * [`engine`]: two engines as one: connections, values, transactions, writers; no table of ours but its own.
//! * [`post`]: a posting applied: in the way each engine does best.
//! * [`account`]: accounts: clients with their lots, histories, follow-ups; and the checks of the ledger.
//! * [`clients`]: clients as people: enrolment and profiles.
//! * [`access`]: tokens, codes, and what is tried in vain.
//! * [`programme`]: versions of the programme, promotions, sales to simulate with.
//! * [`messages`]: messages, channels, reports of text messages.
//! * [`marketing`]: audiences, campaigns, classes, cohorts, interests.
//! * [`figures`]: raw facts of days, and the sums made of them.
//! * [`stock`]: stock, the catalogue, what does not sell.
//! * [`partners`]: partners' endpoints, events and deliveries.
//! * [`platform`]: the shops themselves.
//! * [`upkeep`]: what waits: leases, jobs, stored replies.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod clients;
pub(crate) mod engine;
pub(crate) mod figures;
pub(crate) mod marketing;
pub(crate) mod messages;
pub(crate) mod partners;
pub(crate) mod platform;
pub(crate) mod post;
pub(crate) mod programme;
pub(crate) mod stock;
pub(crate) mod upkeep;

pub(crate) use engine::connect::Place;
pub(crate) use engine::db::{Db, Query, Scope, Tx};
pub(crate) use engine::migrate::Schema;
pub(crate) use engine::row::{Row, Value};
pub(crate) use engine::shared_reads::SharedReads;
#[cfg(feature = "bench")]
pub(crate) use post::postgres::POST_PLAIN_SALE;
