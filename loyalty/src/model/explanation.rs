//! Why a balance changed: kept with the entry, shown to whoever asks.

use serde::{Deserialize, Serialize};

use super::{AccrualBase, Bonus, Money, Percent, Timestamp};

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
}

impl EntryKind {
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
}
