//! What a shop shows to everybody: branches and promotions (R-HIST-8, R-PROMO).

use std::sync::Arc;

use crate::Loyalty;
use crate::model::{Branch, Client, Goods, Identifier, Promotion, Tenant};
use crate::rules::segment::{Shopper, contains};
use crate::store::Scope;
use crate::store::account::accounts::{self, ClientRow};
use crate::store::marketing::interest;
use crate::store::stock::catalogue;
use crate::usecase::Error;

/// The shop's branches.
///
/// # Errors
/// The database refuses.
pub async fn branches(loyalty: &Loyalty, tenant: &Tenant) -> Result<Vec<Branch>, Error> {
    Ok(catalogue::branches(&mut loyalty.db().tenant(tenant.id)).await?)
}

/// The promotions that run now: those for everybody, and for a client also the personal ones of the client's segments
/// (R-PROMO-1, R-PROMO-3).
///
/// # Errors
/// The database refuses.
pub async fn promotions(
    loyalty: &Loyalty,
    tenant: &Tenant,
    client: Option<&Client>,
) -> Result<Vec<Promotion>, Error> {
    let now = loyalty.now();
    let living = Arc::unwrap_or_clone(loyalty.promotions(tenant.id).await?);
    let running = living.into_iter().filter(|promotion| promotion.runs_at(now));
    let (personal, mut shown): (Vec<_>, Vec<_>) = running.partition(|promotion| promotion.segment.is_some());
    if let Some(client) = client.filter(|_| !personal.is_empty()) {
        let mut scope = loyalty.db().tenant(tenant.id);
        let found = accounts::find_client(&mut scope, &Identifier::Client(client.id)).await?;
        let goods: Vec<Goods> = personal.iter().flat_map(Promotion::goods).cloned().collect();
        let shopper = shopper(
            &mut scope,
            tenant,
            &found.ok_or(sqlx::Error::RowNotFound)?,
            &goods,
        )
        .await?;
        let is_for = |promotion: &Promotion| {
            let segment = promotion.segment.as_ref();
            segment.is_some_and(|segment| contains(segment, &shopper, now))
        };
        shown.extend(personal.iter().filter(|promotion| is_for(promotion)).cloned());
        shown.sort_by_key(|promotion| promotion.id);
    }
    Ok(shown)
}

/// What segments that ask about these goods need to know of a client.
async fn shopper(
    scope: &mut Scope<'_>,
    tenant: &Tenant,
    client: &ClientRow,
    goods: &[Goods],
) -> Result<Shopper, Error> {
    let account = &client.account;
    Ok(Shopper {
        tier_id: tenant.programme.tier(account.spent).id,
        sales_count: account.sales_count,
        last_visit_at: account.last_visit_at,
        rfm: account.rfm,
        bought: match goods.is_empty() {
            true => Default::default(),
            false => interest::of_client(scope, account.client_id, goods).await?,
        },
    })
}
