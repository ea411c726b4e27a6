//! Every invariant of the ledger, over the whole database.

use crate::store::account::audit;
use crate::{Failure, Loyalty, Violation};

/// What is broken; empty when all is well.
///
/// # Errors
/// The database can't be read.
pub async fn check_ledger(loyalty: &Loyalty) -> Result<Vec<Violation>, Failure> {
    audit::check(loyalty.db()).await
}

/// The rules that are checked, each once.
pub fn ledger_rules() -> Vec<&'static str> {
    let mut rules: Vec<_> = audit::rules().collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}
