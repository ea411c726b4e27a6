//! What clients spent in twelve months, by which tiers may go and segments are told apart: what is older leaves once a day.

use std::collections::HashMap;

use crate::Loyalty;
use crate::ledger::{Account, decide_year};
use crate::model::{Money, Tenant, Timestamp};
use crate::store::account::batch;
use crate::usecase::Error;
use crate::usecase::account::post_all::post_all;

/// Clients of one batch.
const AT_ONCE: i64 = 300;

/// Lets purchases made up to `year_from` leave the year, for one batch of clients after number `after`: how many changed,
/// and where to go on; none when nobody is left. An account that moves on meanwhile stays as it is for the next pass.
pub(in crate::usecase) async fn review_some(
    loyalty: &Loyalty,
    shop: &Tenant,
    year_from: Timestamp,
    after: i64,
) -> Result<Option<(i64, i64)>, Error> {
    let mut scope = loyalty.db().tenant(shop.id);
    let clients = batch::leaving_the_year(&mut scope, year_from, after, AT_ONCE).await?;
    let Some(last) = clients.last().copied() else {
        return Ok(None);
    };
    let accounts = batch::plain(&mut scope, &clients).await?;
    let versions: HashMap<i64, i64> = accounts
        .iter()
        .map(|client| (client.account.client_id, client.account.version))
        .collect();
    // Read after the accounts: the sums belong to these versions, and a return in between makes another one.
    let sums: HashMap<i64, Money> = batch::leaving_sums(&mut scope, &clients, year_from)
        .await?
        .into_iter()
        .map(|leaving| (leaving.client_id, leaving.left))
        .collect();
    let decide = |account: &Account, now: Timestamp| {
        let is_as_read = versions.get(&account.client_id) == Some(&account.version);
        let left = sums.get(&account.client_id).copied().filter(|_| is_as_read)?;
        Some(decide_year(account, left, year_from, now))
    };
    Ok(Some((
        post_all(loyalty, shop, accounts, None, &decide).await?,
        last,
    )))
}
