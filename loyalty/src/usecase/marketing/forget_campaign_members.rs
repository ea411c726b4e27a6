//! Who belonged to a campaign is forgotten when nothing is counted for it any more.

use crate::Loyalty;
use crate::store::marketing::{campaign, campaign_members};
use crate::store::platform::tenant;
use crate::usecase::Error;

/// Deletes the members of campaigns that are over and measured for the last time, shop by shop, some thousand at a time;
/// how many. What came of a campaign stays with it. It may be cut short anywhere and may run in several processes at once;
/// a shop where it fails holds up no other.
///
/// # Errors
/// The database refuses to tell the shops.
pub async fn forget_campaign_members(loyalty: &Loyalty) -> Result<u64, Error> {
    let mut deleted = 0;
    for tenant_id in tenant::all(&mut loyalty.db().global()).await? {
        match forget_members_of(loyalty, tenant_id).await {
            Ok(some) => deleted += some,
            Err(error) => tracing::warn!(%error, tenant = tenant_id, "members of old campaigns stay"),
        }
    }
    Ok(deleted)
}

async fn forget_members_of(loyalty: &Loyalty, tenant_id: i64) -> Result<u64, Error> {
    let mut scope = loyalty.db().tenant(tenant_id);
    let mut deleted = 0;
    for id in campaign::over_with_members(&mut scope).await? {
        loop {
            let some = campaign_members::delete_some(&mut scope, id).await?;
            deleted += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(deleted)
}
