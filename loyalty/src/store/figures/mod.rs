//! Raw facts of days, and the sums made of them.

pub(crate) mod daily_figures;
pub(crate) mod facts;
