//! A stock report from 1С or an ERP (R-INVENTORY).

use std::collections::HashSet;

use crate::Loyalty;
use crate::model::{StockItem, Tenant};
use crate::rules::stock::plan;
use crate::store::platform::tenant;
use crate::store::stock::items;
use crate::usecase::once::{Claim, run};
use crate::usecase::{Error, Once, Outcome};

/// A report as sent.
#[derive(Clone, Debug, Default)]
pub struct StockReport {
    /// What is in stock, each sku once.
    pub items: Vec<StockItem>,
    /// Skus that the report names but that can't be taken: left as they are.
    pub spared: HashSet<String>,
    /// Whether articles that the report leaves out become inactive.
    pub deactivate_missing: bool,
}

/// What a report changed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StockChange {
    /// Not known before.
    pub created: usize,
    /// Known and different.
    pub changed: usize,
    /// The same; nothing was written.
    pub unchanged: usize,
    /// Back after a report that left them out.
    pub reactivated: usize,
    /// Left out by this report.
    pub deactivated: u64,
}

/// Makes the stored stock what the report says. Two reports of one shop wait for each other.
///
/// # Errors
/// The database refuses.
pub async fn sync_stock(
    loyalty: &Loyalty,
    shop: &Tenant,
    report: StockReport,
    once: Once<'_, StockChange>,
) -> Result<Outcome<StockChange>, Error> {
    let claim = Claim::of_tenant(shop, "inventory/sync", &once);
    let now = loyalty.now();
    run(loyalty, &claim, async |tx| {
        let mut scope = tx.tenant(shop.id);
        tenant::lock(&mut scope).await?;
        let mut named: Vec<&str> = report.items.iter().map(|item| item.sku.as_str()).collect();
        let known = items::known(&mut scope, &named).await?;
        named.extend(report.spared.iter().map(String::as_str));
        let deactivated = match report.deactivate_missing {
            true => items::deactivate_others(&mut scope, &named, now).await?,
            false => 0,
        };
        let plan = plan(&known, report.items);
        items::write(&mut scope, &plan.written, now).await?;
        Ok(StockChange {
            created: plan.created,
            changed: plan.changed,
            unchanged: plan.unchanged,
            reactivated: plan.reactivated,
            deactivated,
        })
    })
    .await
}
