//! Clients as people: enrolment and profiles.

pub(crate) mod client;
pub(crate) mod enrolment;
