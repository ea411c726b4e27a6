//! What a use case answers with.

use serde::{Deserialize, Serialize};

use crate::ledger::{PostedEntry, Posting};
use crate::model::{Bonus, EntryKind, Explanation, Money, Timestamp};
use crate::store::account::history::EntryRow;

/// A sale made, now or before.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SaleRecord {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub client_id: i64,
    /// As the register sent it.
    pub total: Money,
    /// Earned.
    pub accrued: Bonus,
    /// Spent.
    pub redeemed: Bonus,
    /// The register's own id of it.
    pub external_id: Option<String>,
    /// When the receipt was made.
    pub sale_at: Timestamp,
    /// The balance after it.
    pub new_balance: Bonus,
    /// Which rule gave which figure, in the order of the history.
    #[serde(default)]
    pub why: Vec<Why>,
}

/// Why one entry of the history is what it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Why {
    /// What it is.
    pub kind: EntryKind,
    /// Signed change.
    pub amount: Bonus,
    /// Which rule gave it.
    pub explanation: Explanation,
}

impl Why {
    /// The entries of a posting.
    pub(in crate::usecase) fn of(posting: &Posting) -> Vec<Self> {
        let why = |entry: &PostedEntry| Self {
            kind: entry.kind,
            amount: entry.amount,
            explanation: entry.explanation.clone(),
        };
        posting.entries.iter().map(why).collect()
    }
}

impl From<EntryRow> for Why {
    fn from(row: EntryRow) -> Self {
        Self {
            kind: row.kind,
            amount: row.amount,
            explanation: row.explanation,
        }
    }
}

impl SaleRecord {
    /// The sale of a posting whose ids are given, where it is one.
    pub(in crate::usecase) fn of(posting: &Posting) -> Option<Self> {
        let sale = posting.sale.as_ref()?;
        Some(Self {
            id: sale.id,
            client_id: posting.client_id,
            total: sale.total,
            accrued: sale.accrued,
            redeemed: sale.redeemed,
            external_id: sale.external_id.clone(),
            sale_at: sale.sale_at,
            new_balance: sale.balance_after,
            why: Why::of(posting),
        })
    }
}

/// A redemption made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RedemptionRecord {
    /// Id of the entry in the history (wire: `transaction_id`).
    pub entry_id: i64,
    /// Spent.
    pub amount: Bonus,
    /// The balance after it.
    pub new_balance: Bonus,
    /// The sale record it made.
    pub sale_id: i64,
    /// Which rule allowed it.
    #[serde(default)]
    pub why: Vec<Why>,
}

/// A return made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ReturnRecord {
    /// Its id.
    pub id: i64,
    /// Worth of the goods.
    pub amount: Money,
    /// Money given back, as sent.
    pub cash_refund: Option<Money>,
    /// Accrual taken back.
    pub revoked: Bonus,
    /// What the balance lacked.
    pub shortage: Bonus,
    /// What of it was withheld from the cash refund.
    pub settled: Bonus,
    /// The balance after it.
    pub new_balance: Bonus,
    /// Which rule gave which figure, in the order of the history.
    #[serde(default)]
    pub why: Vec<Why>,
}

/// A receipt without a client.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ReceiptRecord {
    /// Its id.
    pub id: i64,
    /// Its sum.
    pub total: Money,
    /// When it was made.
    pub receipt_at: Timestamp,
}
