//! What waits: leases, jobs, stored replies.

pub(crate) mod job;
pub(crate) mod keys;
pub(crate) mod lease;
