//! Stored replies do not stay forever (ruling 17).

use crate::Loyalty;
use crate::store::platform::tenant;
use crate::store::upkeep::keys;
use crate::usecase::Error;

/// Longer than the seven days that are promised.
const DAYS: i64 = 8;

/// Deletes replies older than eight days, shop by shop, a few thousand at a time; how many. It may be cut short
/// anywhere and may run in several processes at once.
///
/// # Errors
/// The database refuses.
pub async fn forget_old_replies(loyalty: &Loyalty) -> Result<u64, Error> {
    let before = loyalty.now().plus_days(-DAYS);
    let mut deleted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        loop {
            let some = keys::delete_older(&mut loyalty.db().tenant(tenant_id), before).await?;
            deleted += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(deleted)
}
