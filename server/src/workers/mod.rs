//! Work behind the requests: what is delivered after the commit, and what is deleted in time. Any number of processes may
//! do it on one database.
//!
//! * [`webhooks`]: deliveries to partners.
//! * [`cleaning`]: rows that nobody needs any more.

mod cleaning;
pub mod webhooks;

mod crew;

pub use crew::Crew;
