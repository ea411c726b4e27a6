//! What a shop promises its clients: the rules in force, by version.

use serde::{Deserialize, Serialize};

use crate::model::{Bonus, Money, Percent, Timestamp};

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
    /// How an accrual is rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// Seconds between accrual and being redeemable (R-EXPIRE-6).
    pub redeem_hold_seconds: i64,
    /// Days, of 24 hours, that bonuses live; none: forever (R-EXPIRE-1).
    pub bonus_expiry_days: Option<i64>,
    /// Days before expiry that a reminder goes out; 0: never (R-EXPIRE-2).
    pub bonus_expiry_reminder_days: i64,
    /// The smallest sale the programme takes part in (R-SALE-14).
    pub min_purchase_amount: Money,
    /// Given at enrolment.
    pub welcome_bonus: Bonus,
    /// The smallest receipt that welcome bonuses may pay (R-SALE-17).
    pub welcome_min_redeem_amount: Money,
    /// Days that welcome bonuses live; none: as long as others (R-CLIENT-4).
    #[serde(default)]
    pub welcome_expiry_days: Option<i64>,
    /// Given once a calendar year (R-CLIENT-5, ruling 32).
    #[serde(default)]
    pub birthday: Option<BirthdayTerms>,
    /// Given to the one who invited, when the invitee first buys (ruling 31).
    #[serde(default)]
    pub referral_inviter_bonus: Bonus,
    /// Given to the invitee with the first purchase (ruling 31).
    #[serde(default)]
    pub referral_invitee_bonus: Bonus,
    /// How many invitees one inviter is rewarded for; none: any number.
    #[serde(default)]
    pub referral_inviter_max: Option<i64>,
    /// Given with the second purchase, when it comes soon (ruling 32).
    #[serde(default)]
    pub second_purchase: Option<SecondPurchaseTerms>,
    /// Given with the first purchase after a long silence (ruling 32).
    #[serde(default)]
    pub reactivation: Option<ReactivationTerms>,
    /// «Списание из приложения»: whether a partner may redeem (R-PARTNER-11).
    #[serde(default)]
    pub partner_redemption: bool,
    /// A sale sent at most so many days, of 24 hours, after it was made has the promotions of its time (ruling 12).
    #[serde(default = "late_sale_days")]
    pub late_sale_days: i64,
    /// Which spending decides the tier.
    #[serde(default)]
    pub tier_basis: TierBasis,
    /// In rising order of `spent_min`; may be empty.
    pub tiers: Vec<Tier>,
}

/// A gift for a birthday.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BirthdayTerms {
    /// Given.
    pub bonus: Bonus,
    /// So many days before the birthday; 0: on the day.
    pub days_before: i64,
    /// Days that it lives; none: as long as others.
    pub expiry_days: Option<i64>,
}

/// A gift for coming back soon.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SecondPurchaseTerms {
    /// Given.
    pub bonus: Bonus,
    /// The second purchase comes at most so many days, of 24 hours, after the first.
    pub within_days: i64,
}

/// A gift for coming back at last.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReactivationTerms {
    /// Given.
    pub bonus: Bonus,
    /// The newest purchase is at least so many days, of 24 hours, ago.
    pub silence_days: i64,
}

/// Which spending decides the tier.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierBasis {
    /// Purchases of all time less returns: a client never falls but by a return.
    #[default]
    TotalSpent,
    /// Those of the last twelve months, reviewed once a day.
    TwelveMonths,
}

/// What a client has spent, less returns.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Spending {
    /// Ever.
    pub total: Money,
    /// After the account's `year_from`.
    pub year: Money,
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
    /// Reached once spending is at least this.
    pub spent_min: Money,
    /// Accrual of this tier.
    pub bonus_percent: Percent,
    /// The tier's own redemption limit, where it has one.
    pub max_redeem_percent: Option<Percent>,
}

/// How an accrual, and each promotion's extra, is rounded: once, at the end.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To hundredths, half up (ruling 9).
    #[default]
    Hundredths,
    /// To whole bonuses, half up.
    Whole,
    /// Down to whole bonuses.
    WholeDown,
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

impl Rounding {
    /// Parts of a hundredth that [`Self::round`] takes.
    pub(crate) const PARTS: i128 = 1_000_000;

    /// Rounds an exact sum of so many millionths of a hundredth, nothing or more.
    pub(crate) fn round(self, exact: i128) -> Bonus {
        let unit = match self {
            Self::Hundredths => Self::PARTS,
            Self::Whole | Self::WholeDown => 100 * Self::PARTS,
        };
        let units = match self {
            Self::Hundredths | Self::Whole => (2 * exact + unit).div_euclid(2 * unit),
            Self::WholeDown => exact.div_euclid(unit),
        };
        let hundredths = units * (unit / Self::PARTS);
        let most = Bonus::MAX.hundredths();
        Bonus::from_hundredths(i64::try_from(hundredths).unwrap_or(most).min(most))
    }
}

impl BirthdayTerms {
    /// The earliest that a gift may come.
    pub const DAYS_BEFORE_MAX: i64 = 60;
}

/// Of a shop that has not said how late its sales may come.
const fn late_sale_days() -> i64 {
    7
}

impl Programme {
    /// The most that [`Self::late_sale_days`] may be.
    pub const LATE_SALE_DAYS_MAX: i64 = 30;

    /// What a new shop begins with: 5 %, at most 30 % of a receipt, 180 days, nothing else.
    pub fn plain() -> Self {
        Self {
            version: 1,
            bonus_percent: Percent::whole(5),
            max_redeem_percent: Percent::whole(30),
            accrual_base: AccrualBase::NetCash,
            rounding: Rounding::Hundredths,
            redeem_hold_seconds: 0,
            bonus_expiry_days: Some(180),
            bonus_expiry_reminder_days: 7,
            min_purchase_amount: Money::ZERO,
            welcome_bonus: Bonus::ZERO,
            welcome_min_redeem_amount: Money::ZERO,
            welcome_expiry_days: None,
            birthday: None,
            referral_inviter_bonus: Bonus::ZERO,
            referral_invitee_bonus: Bonus::ZERO,
            referral_inviter_max: None,
            second_purchase: None,
            reactivation: None,
            partner_redemption: false,
            late_sale_days: late_sale_days(),
            tier_basis: TierBasis::TotalSpent,
            tiers: Vec::new(),
        }
    }

    /// The tier that this much spending reaches; the plain «Базовый» in a shop without tiers.
    pub fn tier(&self, spending: Spending) -> Tier {
        let spent = self.tier_figure(spending);
        self.tiers
            .iter()
            .rfind(|tier| tier.spent_min <= spent)
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

    /// The spending that decides the tier.
    pub fn tier_figure(&self, spending: Spending) -> Money {
        match self.tier_basis {
            TierBasis::TotalSpent => spending.total,
            TierBasis::TwelveMonths => spending.year,
        }
    }

    /// The share of a receipt that a client of this tier may pay in bonuses.
    pub fn max_redeem_percent(&self, tier: &Tier) -> Percent {
        tier.max_redeem_percent.unwrap_or(self.max_redeem_percent)
    }

    /// When bonuses given at `now` burn that live `days`, or as long as others (R-EXPIRE-1, ruling 22).
    pub fn expiry(&self, days: Option<i64>, now: Timestamp) -> Timestamp {
        lives_until(days.or(self.bonus_expiry_days), now)
    }
}

/// When what is given at `now` burns; none: never.
pub(crate) fn lives_until(days: Option<i64>, now: Timestamp) -> Timestamp {
    days.map_or(Timestamp::NEVER, |days| now.plus_days(days).min(Timestamp::NEVER))
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

    #[test]
    fn accruals_are_rounded_once() {
        let parts = |hundredths: f64| (hundredths * 1e6) as i128;
        for (exact, hundredths, whole, down) in [
            (750.0, 750, 800, 700),
            (749.5, 750, 700, 700),
            (749.49, 749, 700, 700),
            (50.0, 50, 100, 0),
            (0.0, 0, 0, 0),
        ] {
            let exact = parts(exact);
            assert_eq!(Rounding::Hundredths.round(exact).hundredths(), hundredths);
            assert_eq!(Rounding::Whole.round(exact).hundredths(), whole);
            assert_eq!(Rounding::WholeDown.round(exact).hundredths(), down);
        }
    }
}
