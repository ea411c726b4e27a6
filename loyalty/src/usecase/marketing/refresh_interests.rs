//! What clients buy, counted from new sales and lowered by new returns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::Loyalty;
use crate::model::{Goods, StockItem, Tenant, Timestamp};
use crate::rules::interest::{Comeback, Interest, Purchase, count, lower, newest};
use crate::store::Scope;
use crate::store::engine::ids::smallest_at;
use crate::store::marketing::{interest, interest_returns};
use crate::store::stock::items;
use crate::usecase::Error;

/// Sales of one transaction.
const SALES_AT_ONCE: i64 = 500;
/// Returns of one transaction: for each a client's older receipts may be looked through.
const RETURNS_AT_ONCE: i64 = 50;
/// A client's older receipts that are read together, and how often at most.
const RECEIPTS_AT_ONCE: i64 = 200;
const RECEIPT_PAGES: u32 = 25;
/// A posting that began so long ago is committed or never will be.
const IN_FLIGHT_SECONDS: i64 = 120;

/// Counts the sales made since the last time into what clients buy; how many there were. Then lowers it by the returns made
/// since. The last two minutes are left for the next time. Each sale and return counts once: it may be cut short anywhere,
/// and several processes may do it at once.
///
/// # Errors
/// The database refuses.
pub async fn refresh_interests(loyalty: &Loyalty, tenant: &Tenant) -> Result<u64, Error> {
    let now = loyalty.now();
    let before = smallest_at(now.plus_seconds(-IN_FLIGHT_SECONDS));
    let counted = count_sales(loyalty, tenant, now, before).await?;
    lower_by_returns(loyalty, tenant, now, before).await?;
    Ok(counted)
}

async fn count_sales(loyalty: &Loyalty, tenant: &Tenant, now: Timestamp, before: i64) -> Result<u64, Error> {
    let mut counted = 0;
    loop {
        let mut tx = loyalty.db().begin().await?;
        let mut scope = tx.tenant(tenant.id);
        let cursor = interest::take_cursor(&mut scope, now).await?;
        let sales = interest::uncounted(&mut scope, cursor.sale_id, before, SALES_AT_ONCE).await?;
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

/// A return is newer than its sale, so that the sale is counted by now.
async fn lower_by_returns(
    loyalty: &Loyalty,
    tenant: &Tenant,
    now: Timestamp,
    before: i64,
) -> Result<(), Error> {
    loop {
        let mut tx = loyalty.db().begin().await?;
        let mut scope = tx.tenant(tenant.id);
        let cursor = interest::take_cursor(&mut scope, now).await?;
        let returns =
            interest_returns::uncounted(&mut scope, cursor.return_id, before, RETURNS_AT_ONCE).await?;
        let Some(last) = returns.last().map(|returned| returned.id) else {
            return Ok(());
        };
        let comebacks: Vec<Comeback> = returns
            .into_iter()
            .filter_map(|returned| returned.comeback)
            .collect();
        let stock = stock_of(&mut scope, comebacks.iter().map(|comeback| &comeback.purchase)).await?;
        let aged = interest_returns::lower(&mut scope, &lower(&comebacks, &stock)).await?;
        let settled = last_bought(&mut scope, aged, cursor.sale_id).await?;
        interest_returns::settle(&mut scope, &settled).await?;
        interest_returns::move_cursor(&mut scope, last).await?;
        tx.commit().await?;
    }
}

/// When goods whose newest receipt came back were bought before it; none: never.
async fn last_bought(
    scope: &mut Scope<'_>,
    aged: Vec<Interest>,
    counted_to: i64,
) -> Result<BTreeMap<Interest, Option<Timestamp>>, Error> {
    let mut by_client: BTreeMap<i64, BTreeSet<Goods>> = BTreeMap::new();
    for (client_id, goods) in aged {
        by_client.entry(client_id).or_default().insert(goods);
    }
    let mut settled = BTreeMap::new();
    for (client_id, mut wanted) in by_client {
        let (mut below, mut looked_to) = (i64::MAX, None);
        for _ in 0..RECEIPT_PAGES {
            let page =
                interest_returns::kept(scope, client_id, (counted_to, below), RECEIPTS_AT_ONCE).await?;
            let receipts: Vec<Purchase> = page.iter().map(|kept| kept.purchase.clone()).collect();
            let stock = stock_of(scope, &receipts).await?;
            for (goods, last_at) in newest(&receipts, &wanted, &stock) {
                wanted.remove(&goods);
                settled.insert((client_id, goods), Some(last_at));
            }
            looked_to = receipts.iter().map(|receipt| receipt.sale_at).min();
            let Some(last) = page.last().filter(|_| receipts.len() as i64 == RECEIPTS_AT_ONCE) else {
                looked_to = None;
                break;
            };
            if wanted.is_empty() {
                break;
            }
            below = last.number;
        }
        // Where there is more than one cares to read, what is left was bought no later than this.
        settled.extend(wanted.into_iter().map(|goods| ((client_id, goods), looked_to)));
    }
    Ok(settled)
}

/// The articles in stock that the receipts name.
async fn stock_of<'a>(
    scope: &mut Scope<'_>,
    purchases: impl IntoIterator<Item = &'a Purchase>,
) -> Result<HashMap<String, StockItem>, Error> {
    let mut skus: Vec<&str> = purchases
        .into_iter()
        .flat_map(|purchase| &purchase.lines)
        .filter_map(|line| line.sku.as_deref().map(str::trim))
        .collect();
    skus.sort_unstable();
    skus.dedup();
    let known = items::known(scope, &skus).await?;
    Ok(known.into_iter().map(|(sku, known)| (sku, known.item)).collect())
}
