//! What a shop shows to everybody: branches and promotions (R-HIST-8, R-PROMO).

use super::Error;
use crate::Loyalty;
use crate::model::{Branch, Tenant, Timestamp};
use crate::store::catalogue::{self, PromotionRow};

/// A promotion as clients see it.
#[derive(Clone, Debug)]
pub struct PromotionCard {
    /// Number within the tenant.
    pub id: i64,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    pub description: Option<String>,
    /// `category_multiplier`, …
    pub kind: String,
    /// A JSON object.
    pub condition: Option<String>,
    /// A JSON object.
    pub reward: Option<String>,
    /// When it begins; none: it has begun.
    pub starts_at: Option<Timestamp>,
    /// When it ends; none: never.
    pub ends_at: Option<Timestamp>,
    /// Whether it is for some clients alone.
    pub personalized: bool,
}

/// The shop's branches.
///
/// # Errors
/// The database refuses.
pub async fn branches(loyalty: &Loyalty, tenant: &Tenant) -> Result<Vec<Branch>, Error> {
    Ok(catalogue::branches(&mut loyalty.db().tenant(tenant.id)).await?)
}

/// The promotions that run now and are for everybody.
///
/// # Errors
/// The database refuses.
pub async fn promotions(loyalty: &Loyalty, tenant: &Tenant) -> Result<Vec<PromotionCard>, Error> {
    let rows = catalogue::public_promotions(&mut loyalty.db().tenant(tenant.id), loyalty.now()).await?;
    Ok(rows.into_iter().map(PromotionCard::from).collect())
}

impl From<PromotionRow> for PromotionCard {
    fn from(row: PromotionRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            kind: row.kind,
            condition: row.condition,
            reward: row.reward,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            personalized: row.personalized,
        }
    }
}
