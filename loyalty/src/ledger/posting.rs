//! A decided change of one account, as data.

use serde::Serialize;

use super::{Line, ReturnRequest};
use crate::model::{Bonus, EntryKind, Explanation, LotKind, Money, RedeemMode, Timestamp};

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
}

/// A client's figures after a posting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Figures {
    /// The whole balance.
    pub balance: Bonus,
    /// Sum of purchases less returns.
    pub total_spent: Money,
    /// Purchases made.
    pub sales_count: i64,
    /// Number of the newest entry.
    pub entry_number: i64,
    /// Number of the newest sale.
    pub sale_number: i64,
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
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
    /// When it burns, afterwards.
    pub expires_at: Timestamp,
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
