//! Accounts: clients with their lots, histories, follow-ups; and the checks of the ledger.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod audit_rules;
pub(crate) mod batch;
pub(crate) mod follow_up;
pub(crate) mod group;
pub(crate) mod history;
pub(crate) mod lots;
pub(crate) mod order;
pub(crate) mod receipt;
