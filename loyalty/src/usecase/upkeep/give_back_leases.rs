//! A process that stops gives back what it has taken: nobody waits for its leases to end.

use crate::Loyalty;
use crate::store::upkeep::lease;
use crate::usecase::Error;

/// Ends the lease of everything that this process has taken and not settled: messages, deliveries, follow-ups, jobs; how
/// many. Called when no worker of the process is at work any more. What was cut short is done again by another: at least
/// once.
///
/// # Errors
/// The database refuses; then leases end by themselves.
pub async fn give_back_leases(loyalty: &Loyalty) -> Result<usize, Error> {
    let rows = loyalty.holdings().take_all();
    if rows.is_empty() {
        return Ok(0);
    }
    let mut given = 0;
    let mut tx = loyalty.db().begin().await?;
    for held in &rows {
        given += usize::from(lease::give_back(&mut tx.tenant(held.tenant_id), held).await?);
    }
    tx.commit().await?;
    Ok(given)
}
