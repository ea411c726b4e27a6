//! What a shop promises its clients: the rules in force, by version.

use serde::{Deserialize, Serialize};

use super::{Bonus, Money, Percent};

/// A tenant's rules. Versions are immutable: a change is a new version.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Programme {
    /// Version, 1, 2, 3 … per tenant.
    #[serde(default)]
    pub version: i64,
    /// Accrual for a client whom no tier gives another percentage.
    pub bonus_percent: Percent,
    /// The largest share of a receipt that bonuses may pay.
    pub max_redeem_percent: Percent,
    /// What accrual is counted from.
    pub accrual_base: AccrualBase,
    /// Seconds between accrual and being redeemable (R-EXPIRE-6).
    pub redeem_hold_seconds: i64,
    /// Days, of 24 hours, that bonuses live; none: forever (R-EXPIRE-1).
    pub bonus_expiry_days: Option<i64>,
    /// Days before expiry that a reminder goes out (R-EXPIRE-2).
    pub bonus_expiry_reminder_days: i64,
    /// The smallest sale the programme takes part in (R-SALE-14).
    pub min_purchase_amount: Money,
    /// Given at enrolment.
    pub welcome_bonus: Bonus,
    /// The smallest receipt that welcome bonuses may pay (R-SALE-17).
    pub welcome_min_redeem_amount: Money,
    /// Given to the one who invited, when the invitee first buys (ruling 31).
    #[serde(default)]
    pub referral_inviter_bonus: Bonus,
    /// Given to the invitee with the first purchase (ruling 31).
    #[serde(default)]
    pub referral_invitee_bonus: Bonus,
    /// «Списание из приложения»: whether a partner may redeem (R-PARTNER-11).
    #[serde(default)]
    pub partner_redemption: bool,
    /// In rising order of `spent_min`; may be empty.
    pub tiers: Vec<Tier>,
}

/// A level by what a client has spent (ruling 25).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Tier {
    /// Number within the tenant; 0 is the tier of a shop without tiers.
    pub id: i64,
    /// `Gold`.
    pub name: String,
    /// `#C9A227`.
    pub color: String,
    /// Reached once `total_spent` is at least this.
    pub spent_min: Money,
    /// Accrual of this tier.
    pub bonus_percent: Percent,
    /// The tier's own redemption limit, where it has one.
    pub max_redeem_percent: Option<Percent>,
}

/// What accrual is counted from (R-SALE-6).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccrualBase {
    /// What is paid in money.
    #[default]
    NetCash,
    /// The whole receipt, bonuses included.
    Gross,
}

/// How the register books redeemed bonuses (R-SALE-2).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RedeemMode {
    /// A payment line beside cash: the receipt's sum stays whole.
    #[default]
    PaymentType,
    /// Lower prices: the receipt's sum is after the discount.
    Discount,
}

impl Programme {
    /// The tier that this much spending reaches; the plain «Базовый» in a shop without tiers.
    pub fn tier(&self, total_spent: Money) -> Tier {
        self.tiers
            .iter()
            .rfind(|tier| tier.spent_min <= total_spent)
            .cloned()
            .unwrap_or_else(|| Tier {
                id: 0,
                name: "Базовый".to_owned(),
                color: "#9CA3AF".to_owned(),
                spent_min: Money::ZERO,
                bonus_percent: self.bonus_percent,
                max_redeem_percent: None,
            })
    }

    /// The share of a receipt that a client of this tier may pay in bonuses.
    pub fn max_redeem_percent(&self, tier: &Tier) -> Percent {
        tier.max_redeem_percent.unwrap_or(self.max_redeem_percent)
    }
}

/// A hold in words (ruling 13): from 48 h whole days, else the largest whole unit of ч, мин, сек.
pub fn human_duration(seconds: i64) -> String {
    let (minute, hour, day) = (60, 3600, 86_400);
    match seconds {
        s if s >= 2 * day && s % day == 0 => format!("{} дн", s / day),
        s if s >= hour && s % hour == 0 => format!("{} ч", s / hour),
        s if s >= minute && s % minute == 0 => format!("{} мин", s / minute),
        s => format!("{s} сек"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_lookup_8_says_the_hold_in_words() {
        for (seconds, words) in [
            (0, "0 сек"),
            (1, "1 сек"),
            (90, "90 сек"),
            (120, "2 мин"),
            (3600, "1 ч"),
            (86_400, "24 ч"),
            (172_800, "2 дн"),
            (180 * 86_400, "180 дн"),
        ] {
            assert_eq!(human_duration(seconds), words);
        }
    }
}
