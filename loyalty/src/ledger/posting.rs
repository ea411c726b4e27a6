//! A decided change of one account, as data.

use serde::{Deserialize, Serialize};

use super::{Line, ReturnRequest};
use crate::model::{Bonus, EntryKind, Explanation, LotKind, Money, RedeemMode, Spending, Timestamp};

/// A change of exactly one account, applied atomically or not at all.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Whose account.
    pub client_id: i64,
    /// The version it was decided on.
    pub version: i64,
    /// The moment it was decided.
    pub at: Timestamp,
    /// The figures afterwards.
    pub figures: Figures,
    /// Lots that come into being.
    pub opened: Vec<OpenedLot>,
    /// Lots that gain or lose.
    pub changed: Vec<ChangedLot>,
    /// New lines of the history.
    pub entries: Vec<PostedEntry>,
    /// The sale or redemption it records.
    pub sale: Option<PostedSale>,
    /// The return it records.
    pub returned: Option<PostedReturn>,
    /// Limited promotions that were had once more.
    pub uses: Vec<PromotionUse>,
    /// What it means for other accounts.
    pub follow_ups: Vec<FollowUp>,
}

/// A limited promotion had once more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PromotionUse {
    /// Which one.
    pub promotion_id: i64,
    /// It is limited per client.
    pub per_client: bool,
    /// It is limited in all, to so many receipts.
    pub in_all: Option<i64>,
}

/// A posting that another account has to get because of this one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FollowUp {
    /// Given before posting; 0 until then.
    pub id: i64,
    /// Whose account.
    pub client_id: i64,
    /// What is to be done.
    pub task: Task,
}

/// What a follow-up does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Rewards an inviter: the invitee has bought for the first time (ruling 31).
    RewardInviter {
        /// Who bought.
        invitee_id: i64,
        /// The reward, by the rules in force at that purchase.
        bonus: Bonus,
        /// Days that it lives from when it is given; none: for ever.
        expiry_days: Option<i64>,
        /// How many invitees may be rewarded.
        most: Option<i64>,
    },
    /// Takes that reward back: the purchase was returned in full (ruling 30).
    RevokeInviter {
        /// Who had bought.
        invitee_id: i64,
    },
}

/// A client's figures after a posting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Figures {
    /// The whole balance.
    pub balance: Bonus,
    /// Purchases less returns.
    pub spent: Spending,
    /// Purchases after this moment are in `spent.year`.
    pub year_from: Timestamp,
    /// Purchases made.
    pub sales_count: i64,
    /// Number of the newest entry.
    pub entry_number: i64,
    /// Number of the newest sale.
    pub sale_number: i64,
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
    /// The newest purchase.
    pub last_purchase_at: Option<Timestamp>,
}

/// A lot that comes into being.
#[derive(Clone, Debug)]
pub struct OpenedLot {
    /// Given before posting; 0 until then.
    pub id: i64,
    /// Where the bonuses came from.
    pub kind: LotKind,
    /// Earned.
    pub amount: Bonus,
    /// Left after paying a debt.
    pub remaining: Bonus,
    /// End of the hold.
    pub available_at: Timestamp,
    /// When it burns.
    pub expires_at: Timestamp,
}

/// A lot that gains or loses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChangedLot {
    /// Which one.
    pub id: i64,
    /// What it had when the change was decided.
    pub before: Bonus,
    /// What it has afterwards.
    pub remaining: Bonus,
}

/// A lot of this posting or an older one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LotRef {
    /// An older lot by id.
    Known(i64),
    /// An opened one, by place in [`Posting::opened`].
    Opened(usize),
}

/// A new line of the history.
#[derive(Clone, Debug)]
pub struct PostedEntry {
    /// Given before posting; 0 until then.
    pub id: i64,
    /// 1, 2, 3 … per client.
    pub number: i64,
    /// What it is.
    pub kind: EntryKind,
    /// Signed change.
    pub amount: Bonus,
    /// The balance after it.
    pub balance_after: Bonus,
    /// Why.
    pub explanation: Explanation,
    /// What it happens because of, where that may happen once alone: `birthday 2026`.
    pub cause: Option<String>,
    /// Which lots it changed, and by how much.
    pub lots: Vec<(LotRef, Bonus)>,
}

/// What a sale row is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SaleKind {
    /// A purchase.
    Sale,
    /// Bonuses spent without accrual (ruling 23).
    Redemption,
}

impl SaleKind {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Redemption => "redemption",
        }
    }
}

/// The sale or redemption that a posting records.
#[derive(Clone, Debug)]
pub struct PostedSale {
    /// Given before posting; 0 until then.
    pub id: i64,
    /// 1, 2, 3 … per client.
    pub number: i64,
    /// A purchase or a redemption.
    pub kind: SaleKind,
    /// As the register sent it.
    pub total: Money,
    /// Before bonuses.
    pub gross: Money,
    /// Spent by this row.
    pub redeemed: Bonus,
    /// Earned by this row.
    pub accrued: Bonus,
    /// How the register books bonuses.
    pub mode: RedeemMode,
    /// The register's own id of it.
    pub external_id: Option<String>,
    /// Fiscal number.
    pub receipt_number: Option<String>,
    /// Number of the cashier.
    pub cashier_id: Option<i64>,
    /// How the rest was paid.
    pub payment_method: Option<String>,
    /// When the receipt was made.
    pub sale_at: Timestamp,
    /// Its positions.
    pub lines: Vec<Line>,
    /// The version of the programme it was decided by.
    pub programme_version: i64,
    /// The balance after it.
    pub balance_after: Bonus,
}

/// The return that a posting records.
#[derive(Clone, Debug)]
pub struct PostedReturn {
    /// Given before posting; 0 until then.
    pub id: i64,
    /// Which sale.
    pub sale_id: i64,
    /// As asked.
    pub request: ReturnRequest,
    /// Accrual taken back.
    pub revoked: Bonus,
    /// What the balance lacked.
    pub shortage: Bonus,
    /// What of it was withheld from the cash refund.
    pub settled: Bonus,
    /// Spent bonuses put back.
    pub restored: Bonus,
    /// For which of the spent lots, and how much; together `restored`.
    pub put_back: Vec<(i64, Bonus)>,
    /// The balance after it.
    pub balance_after: Bonus,
}

impl Posting {
    /// Gives every new row its id, in the order rows are read later.
    pub fn assign_ids(&mut self, mut next: impl FnMut() -> i64) {
        self.opened.iter_mut().for_each(|lot| lot.id = next());
        self.entries.iter_mut().for_each(|entry| entry.id = next());
        self.sale.iter_mut().for_each(|sale| sale.id = next());
        self.returned.iter_mut().for_each(|returned| returned.id = next());
        self.follow_ups
            .iter_mut()
            .for_each(|follow_up| follow_up.id = next());
    }

    /// The id of a lot; opened lots have theirs after [`Self::assign_ids`].
    pub fn lot_id(&self, lot: LotRef) -> i64 {
        match lot {
            LotRef::Known(id) => id,
            LotRef::Opened(place) => self.opened[place].id,
        }
    }
}

impl Serialize for SaleKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
