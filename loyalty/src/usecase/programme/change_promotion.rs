//! A shop makes and changes its promotions.

use crate::Loyalty;
use crate::model::{Promotion, Tenant};
use crate::store::platform::tenant;
use crate::store::programme::promotion;
use crate::usecase::Error;

/// All promotions of the shop, over or not, the newest first.
///
/// # Errors
/// The database refuses.
pub async fn all_promotions(loyalty: &Loyalty, shop: &Tenant) -> Result<Vec<Promotion>, Error> {
    Ok(promotion::all(&mut loyalty.db().tenant(shop.id)).await?)
}

/// Stores a promotion; one whose number is 0 gets the next free one. Its number. Other processes apply it within five
/// seconds. `author` is who did it, for the shop's own records.
///
/// # Errors
/// [`Error::Promotion`], when it makes no sense.
pub async fn put_promotion(
    loyalty: &Loyalty,
    shop: &Tenant,
    author: &str,
    promotion: &Promotion,
) -> Result<i64, Error> {
    promotion.check()?;
    let mut tx = loyalty.db().begin().await?;
    let mut scope = tx.tenant(shop.id);
    tenant::lock(&mut scope).await?;
    let id = match promotion.id {
        0 => promotion::next_id(&mut scope).await?,
        known => known,
    };
    let promotion = Promotion {
        id,
        ..promotion.clone()
    };
    promotion::put(&mut scope, &promotion, author, loyalty.now()).await?;
    tx.commit().await?;
    loyalty.forget_promotions(shop.id).await;
    Ok(id)
}
