//! Partners' endpoints, events and deliveries.

pub(crate) mod settled_attempt;
pub(crate) mod webhook;
pub(crate) mod webhook_delivery;
