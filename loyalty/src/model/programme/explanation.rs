//! Why a balance changed: kept with the entry, shown to whoever asks.

use serde::{Deserialize, Serialize};

use crate::model::{AccrualBase, AppliedPromotion, Bonus, Money, Percent, Timestamp};

/// What an entry of the history is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Earned from a receipt.
    Accrual,
    /// Spent on a receipt.
    Redemption,
    /// Accrual taken back by a return.
    Revocation,
    /// A shortage withheld from the cash refund.
    Settlement,
    /// Spent bonuses put back by a return.
    Restoration,
    /// Corrected by hand.
    Adjustment,
    /// Given at enrolment.
    Welcome,
    /// Given for a birthday.
    Birthday,
    /// Given for somebody invited who bought.
    ReferralInviter,
    /// Given to somebody invited with the first purchase.
    ReferralInvitee,
    /// Given with a second purchase that came soon.
    SecondPurchase,
    /// Given with a purchase after a long silence.
    Reactivation,
    /// Burnt.
    Expiration,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Accrual,
        Self::Redemption,
        Self::Revocation,
        Self::Settlement,
        Self::Restoration,
        Self::Adjustment,
        Self::Welcome,
        Self::Birthday,
        Self::ReferralInviter,
        Self::ReferralInvitee,
        Self::SecondPurchase,
        Self::Reactivation,
        Self::Expiration,
    ];

    /// The kind of this stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accrual => "accrual",
            Self::Redemption => "redemption",
            Self::Revocation => "revocation",
            Self::Settlement => "settlement",
            Self::Restoration => "restoration",
            Self::Adjustment => "adjustment",
            Self::Welcome => "welcome",
            Self::Birthday => "birthday",
            Self::ReferralInviter => "referral_inviter",
            Self::ReferralInvitee => "referral_invitee",
            Self::SecondPurchase => "second_purchase",
            Self::Reactivation => "reactivation",
            Self::Expiration => "expiration",
        }
    }
}

/// Which rule gave which figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Explanation {
    /// `percent` of `of`, held until `available_at`.
    Accrual {
        /// What the percentage was taken of.
        base: AccrualBase,
        /// That sum.
        of: Money,
        /// The percentage, in basis points.
        percent: Percent,
        /// The tier that gave it.
        tier: String,
        /// End of the hold.
        available_at: Timestamp,
        /// Burns then.
        expires_at: Timestamp,
        /// How much of it paid a debt.
        paid_debt: Bonus,
        /// What promotions gave beside it, within the entry's amount (ruling 18).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        promotions: Vec<AppliedPromotion>,
    },
    /// At most `limit` of the receipt `of` could be spent.
    Redemption {
        /// The receipt before bonuses.
        of: Money,
        /// The limit, in basis points.
        percent: Percent,
        /// The limit, in bonuses.
        limit: Bonus,
    },
    /// A share of the accrual was taken back.
    Revocation {
        /// Accrued by the sale.
        accrued: Bonus,
        /// Returned so far, with this return.
        returned: Money,
        /// The sale's total.
        of: Money,
        /// True when the register named the sum itself.
        named_by_register: bool,
    },
    /// The shortage was withheld from the cash refund.
    Settlement {
        /// What was missing.
        shortage: Bonus,
    },
    /// A share of what was spent came back.
    Restoration {
        /// Spent on the order.
        redeemed: Bonus,
        /// Returned so far, with this return.
        returned: Money,
        /// The sale's total.
        of: Money,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// A person corrected the balance.
    Adjustment {
        /// In the person's words.
        reason: String,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// Given at enrolment.
    Welcome {
        /// Pays receipts from this sum on.
        receipt_min: Money,
        /// Burns then.
        expires_at: Timestamp,
    },
    /// Given for the birthday of this year.
    Birthday {
        /// The calendar year: one gift each.
        year: i32,
        /// Burns then.
        expires_at: Timestamp,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// Given because somebody invited bought for the first time.
    ReferralInviter {
        /// Who bought.
        invitee_id: i64,
        /// Burns then.
        expires_at: Timestamp,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// Given with the first purchase of somebody invited.
    ReferralInvitee {
        /// Who invited.
        inviter_id: i64,
        /// Burns then.
        expires_at: Timestamp,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// Given with a second purchase that came within so many days.
    SecondPurchase {
        /// Days allowed.
        within_days: i64,
        /// Burns then.
        expires_at: Timestamp,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// Given with a purchase after at least so many days of silence.
    Reactivation {
        /// Days asked for.
        silence_days: i64,
        /// Burns then.
        expires_at: Timestamp,
        /// How much of it paid a debt.
        paid_debt: Bonus,
    },
    /// What was left of lots past their date burnt.
    Expiration {
        /// How many lots.
        lots: i64,
        /// The dates up to which lots burnt.
        until: Timestamp,
    },
    /// A gift was taken back: the purchase that earned it was returned in full (ruling 30).
    GiftRevocation {
        /// Which gift.
        gift: EntryKind,
        /// What had been given.
        given: Bonus,
    },
}
