//! Audiences, campaigns, classes, cohorts, interests.

pub(crate) mod audience;
pub(crate) mod campaign;
pub(crate) mod campaign_members;
pub(crate) mod cohort;
pub(crate) mod interest;
pub(crate) mod interest_returns;
pub(crate) mod rfm;
