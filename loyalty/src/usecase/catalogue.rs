//! What a shop shows to everybody: branches and promotions (R-HIST-8, R-PROMO).

use super::Error;
use crate::Loyalty;
use crate::model::{Branch, Client, Identifier, Tenant, Timestamp};
use crate::rules::segment::{Shopper, contains};
use crate::store::account::{self, ClientRow};
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

/// The promotions that run now: those for everybody, and for a client also the personal ones of the client's segments
/// (R-PROMO-1, R-PROMO-3).
///
/// # Errors
/// The database refuses.
pub async fn promotions(
    loyalty: &Loyalty,
    tenant: &Tenant,
    client: Option<&Client>,
) -> Result<Vec<PromotionCard>, Error> {
    let now = loyalty.now();
    let mut scope = loyalty.db().tenant(tenant.id);
    let rows = catalogue::running_promotions(&mut scope, now).await?;
    let (personal, mut shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.personalized);
    if let Some(client) = client.filter(|_| !personal.is_empty()) {
        let found = account::find_client(&mut scope, &Identifier::Client(client.id)).await?;
        let shopper = shopper(tenant, &found.ok_or(sqlx::Error::RowNotFound)?);
        shown.extend(personal.into_iter().filter(|row| is_for(row, &shopper, now)));
        shown.sort_by_key(|row| row.id);
    }
    Ok(shown.into_iter().map(PromotionCard::from).collect())
}

fn shopper(tenant: &Tenant, client: &ClientRow) -> Shopper {
    Shopper {
        tier_id: tenant.programme.tier(client.account.total_spent).id,
        sales_count: client.account.sales_count,
        last_visit_at: client.account.last_visit_at,
        ..Shopper::default()
    }
}

/// A personal promotion whose segment can't be read is for nobody.
fn is_for(row: &PromotionRow, shopper: &Shopper, now: Timestamp) -> bool {
    let segment = row.segment.as_deref().map(serde_json::from_str);
    match segment {
        Some(Ok(segment)) => contains(&segment, shopper, now),
        Some(Err(error)) => {
            tracing::warn!(promotion = row.id, %error, "a promotion's segment can't be read");
            false
        }
        None => false,
    }
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
