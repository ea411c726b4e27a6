//! What clients buy, counted from new sales.

use std::collections::HashMap;

use super::Error;
use crate::Loyalty;
use crate::model::{StockItem, Tenant};
use crate::rules::interest::{Purchase, count};
use crate::store::ids::smallest_at;
use crate::store::{Scope, interest, stock};

/// Sales of one transaction.
const SALES_AT_ONCE: i64 = 500;
/// A posting that began so long ago is committed or never will be.
const IN_FLIGHT_SECONDS: i64 = 120;

/// Counts the sales made since the last time into what clients buy; how many there were. The last two minutes are left
/// for the next time. Each sale counts once: it may be cut short anywhere, and several processes may do it at once.
///
/// # Errors
/// The database refuses.
pub async fn refresh_interests(loyalty: &Loyalty, tenant: &Tenant) -> Result<u64, Error> {
    let now = loyalty.now();
    let before = smallest_at(now.plus_seconds(-IN_FLIGHT_SECONDS));
    let mut counted = 0;
    loop {
        let mut tx = loyalty.db().begin().await?;
        let mut scope = tx.tenant(tenant.id);
        let cursor = interest::take_cursor(&mut scope, now).await?;
        let sales = interest::uncounted(&mut scope, cursor, before, SALES_AT_ONCE).await?;
        let Some(last) = sales.last().map(|sale| sale.id) else {
            return Ok(counted);
        };
        let made = sales.len() as u64;
        let purchases: Vec<Purchase> = sales.into_iter().filter_map(|sale| sale.purchase).collect();
        let stock = stock_of(&mut scope, &purchases).await?;
        interest::add(&mut scope, count(&purchases, &stock).iter()).await?;
        interest::move_cursor(&mut scope, last).await?;
        tx.commit().await?;
        counted += made;
    }
}

/// The articles in stock that the receipts name.
async fn stock_of(
    scope: &mut Scope<'_>,
    purchases: &[Purchase],
) -> Result<HashMap<String, StockItem>, Error> {
    let mut skus: Vec<&str> = purchases
        .iter()
        .flat_map(|purchase| &purchase.lines)
        .filter_map(|line| line.sku.as_deref().map(str::trim))
        .collect();
    skus.sort_unstable();
    skus.dedup();
    let known = stock::known(scope, &skus).await?;
    Ok(known.into_iter().map(|(sku, known)| (sku, known.item)).collect())
}
