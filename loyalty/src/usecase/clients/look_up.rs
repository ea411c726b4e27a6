//! The client at the register (R-LOOKUP).

use std::sync::Arc;

use crate::Loyalty;
use crate::ledger::Refusal;
use crate::model::{Bonus, Identifier, Money, Percent, Phone, Programme, Seller, Tenant, Tier, Timestamp};
use crate::rules::preview::Terms;
use crate::rules::redemption::{Available, redeem_max};
use crate::store::account::accounts::Seen;
use crate::usecase::Error;

/// A client as the cashier sees one.
#[derive(Clone, Debug)]
pub struct ClientCard {
    /// Number within the tenant.
    pub id: i64,
    /// In international form.
    pub phone: Phone,
    /// Number of the club card.
    pub card_number: i64,
    /// As enrolled.
    pub full_name: Option<String>,
    /// The whole balance.
    pub balance: Bonus,
    /// What of it is redeemable and held.
    pub available: Available,
    /// Redeemable on the receipt that was asked about, or on any.
    pub redeemable: Bonus,
    /// Purchases of all time less returns.
    pub total_spent: Money,
    /// The tier now.
    pub tier: Tier,
    /// The share of a receipt that bonuses may pay.
    pub max_redeem_percent: Percent,
    /// No operations are allowed.
    pub is_blocked: bool,
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
    /// The most that may be spent on the receipt, when its sum was given and is above nothing (R-LOOKUP-2).
    pub redeem_max: Option<Bonus>,
    /// The rules in force.
    pub programme: Arc<Programme>,
}

impl ClientCard {
    pub(in crate::usecase) fn new(tenant: &Tenant, seen: &Seen, check: Option<Money>) -> Self {
        let (row, available) = (&seen.row, seen.available);
        let (programme, account) = (&tenant.programme, &row.account);
        let check = check.filter(|check| check.is_positive());
        let redeemable = available.redeemable(check, programme.welcome_min_redeem_amount);
        let tier = programme.tier(account.spent);
        let max_redeem_percent = programme.max_redeem_percent(&tier);
        Self {
            id: account.client_id,
            phone: row.phone.clone(),
            card_number: row.card_number,
            full_name: row.full_name.clone(),
            balance: account.balance,
            available,
            redeemable,
            total_spent: account.spent.total,
            tier,
            max_redeem_percent,
            is_blocked: account.is_blocked,
            last_visit_at: account.last_visit_at,
            redeem_max: check.map(|check| redeem_max(check, max_redeem_percent, redeemable)),
            programme: Arc::clone(programme),
        }
    }

    /// What a browser needs to preview a sale.
    pub fn terms(&self) -> Terms {
        Terms {
            bonus_percent: self.tier.bonus_percent,
            max_redeem_percent: self.max_redeem_percent,
            accrual_base: self.programme.accrual_base,
            rounding: self.programme.rounding,
            min_purchase_amount: self.programme.min_purchase_amount,
            welcome_min_redeem_amount: self.programme.welcome_min_redeem_amount,
            plain: self.available.plain,
            welcome: self.available.welcome,
        }
    }
}

/// Finds a client; with the sum of a receipt also how much of it bonuses may pay.
///
/// # Errors
/// Nobody is named so, or the client is blocked.
pub async fn look_up(
    loyalty: &Loyalty,
    seller: impl Into<Seller<'_>>,
    identifier: &Identifier,
    check: Option<Money>,
) -> Result<ClientCard, Error> {
    let tenant = seller.into().tenant();
    let found = loyalty.find_client(tenant.id, identifier).await?;
    let seen = found.ok_or(Refusal::ClientNotFound)?;
    if seen.row.account.is_blocked {
        return Err(Refusal::ClientBlocked.into());
    }
    Ok(ClientCard::new(tenant, &seen, check))
}
