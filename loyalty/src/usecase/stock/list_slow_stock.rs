//! Goods that lie too long or are too many (R-INVENTORY-4, R-INVENTORY-5).

use crate::Loyalty;
use crate::model::{StockItem, Tenant};
use crate::rules::slow_stock::{Slowness, slowness};
use crate::store::stock::slow_stock as rows;
use crate::usecase::{Error, Page};

/// A slow article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SlowItem {
    /// As last reported.
    pub item: StockItem,
    /// Why it is here.
    pub why: Slowness,
}

/// One page of slow articles, the worst first; `page` counts from 1. Goods that the last report left out are not there.
///
/// # Errors
/// The database refuses.
pub async fn slow_stock(
    loyalty: &Loyalty,
    tenant: &Tenant,
    page: i64,
    per_page: i64,
) -> Result<Page<SlowItem>, Error> {
    let mut scope = loyalty.db().tenant(tenant.id);
    let total = rows::count(&mut scope).await?;
    let skip = page.saturating_sub(1).saturating_mul(per_page).max(0);
    let items = rows::list(&mut scope, skip, per_page).await?;
    let slow = items
        .into_iter()
        .filter_map(|item| slowness(&item).map(|why| SlowItem { item, why }))
        .collect();
    Ok(Page::new(slow, total, page, per_page))
}
