//! Bonuses earned together.

use serde::{Deserialize, Serialize};

use crate::model::{Bonus, Timestamp};

/// Bonuses earned together, with one hold and one expiry. Only what is left of them counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lot {
    /// Time-sorted id, below 2^53.
    pub id: i64,
    /// Where the bonuses came from.
    pub kind: LotKind,
    /// Earned: there is never more in it.
    pub amount: Bonus,
    /// What is left.
    pub remaining: Bonus,
    /// End of the hold.
    pub available_at: Timestamp,
    /// When what is left burns.
    pub expires_at: Timestamp,
}

impl Lot {
    /// Past its hold and not expired.
    pub fn is_available(&self, now: Timestamp) -> bool {
        self.available_at <= now && now < self.expires_at
    }

    /// Still on hold and not expired.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.available_at > now && now < self.expires_at
    }
}

/// Where bonuses came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LotKind {
    /// Earned by a purchase: the only kind that is held (ruling 22).
    Regular,
    /// Given at enrolment: pays only receipts of `welcome_min_redeem_amount` (R-SALE-17).
    Welcome,
    /// Given for a birthday: a wallet of its own (R-CLIENT-5).
    Birthday,
    /// Given by hand.
    Manual,
    /// Given for an invitation, to either side.
    Referral,
    /// Given with a purchase: the second one, or one after a long silence.
    Gift,
}

impl LotKind {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Welcome => "welcome",
            Self::Birthday => "birthday",
            Self::Manual => "manual",
            Self::Referral => "referral",
            Self::Gift => "gift",
        }
    }

    /// The kind of this stored name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Regular,
            Self::Welcome,
            Self::Birthday,
            Self::Manual,
            Self::Referral,
            Self::Gift,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}
