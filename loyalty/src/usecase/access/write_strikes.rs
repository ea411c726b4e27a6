//! Attempts with a register's token from another device (R-DEVICE-3): a copied token may ask a thousand times a minute,
//! and is written once.

use crate::Loyalty;
use crate::counted::strikes::Due;
use crate::model::Timestamp;
use crate::store::access::identity;
use crate::usecase::Error;

/// Counts an attempt from another device than the one that the register is bound to.
pub(in crate::usecase) async fn strike(
    loyalty: &Loyalty,
    register: (i64, i64),
    bound_to: &str,
    now: Timestamp,
) -> Result<(), Error> {
    match loyalty.strikes().note(register, bound_to, now) {
        Some(due) => write(loyalty, &due).await,
        None => Ok(()),
    }
}

/// Writes the strikes that have waited for a minute.
///
/// # Errors
/// The database refuses.
pub async fn write_strikes(loyalty: &Loyalty) -> Result<(), Error> {
    for due in loyalty.strikes().due(loyalty.now()) {
        write(loyalty, &due).await?;
    }
    Ok(())
}

async fn write(loyalty: &Loyalty, due: &Due) -> Result<(), Error> {
    let (tenant_id, register_id) = due.register;
    let mut scope = loyalty.db().tenant(tenant_id);
    identity::count_mismatches(&mut scope, register_id, &due.bound_to, due.strikes, due.struck_at).await?;
    Ok(())
}
