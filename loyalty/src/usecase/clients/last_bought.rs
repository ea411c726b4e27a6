//! What a client bought when.

use std::collections::HashMap;

use crate::Loyalty;
use crate::model::{Goods, Tenant, Timestamp};
use crate::store::marketing::interest;
use crate::usecase::Error;

/// When the client last bought each of these goods, as of the last [`crate::usecase::refresh_interests`]; what was never bought
/// is not there.
///
/// # Errors
/// The database refuses.
pub async fn last_bought(
    loyalty: &Loyalty,
    tenant: &Tenant,
    client_id: i64,
    goods: &[Goods],
) -> Result<HashMap<Goods, Timestamp>, Error> {
    Ok(interest::of_client(&mut loyalty.db().tenant(tenant.id), client_id, goods).await?)
}
