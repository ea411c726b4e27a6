//! A client's history, page by page (R-HIST).

use crate::Loyalty;
use crate::ledger::Line;
use crate::model::{Bonus, Client, EntryKind, Explanation, Money, Timestamp};
use crate::store::account::history::{self, EntryRow, PurchaseRow, Range};
use crate::usecase::Error;

/// One page of a list, the newest first.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it; empty past the end (ruling 11).
    pub items: Vec<T>,
    /// Its number, from 1.
    pub number: i64,
    /// The number of the last one, at least 1.
    pub last: i64,
    /// How many there are in all.
    pub total: i64,
}

/// A line of the history.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Its id.
    pub id: i64,
    /// What it is.
    pub kind: EntryKind,
    /// Above nothing when earned, below when spent or burnt (R-HIST-4).
    pub amount: Bonus,
    /// The balance after it.
    pub balance_after: Bonus,
    /// The purchase it belongs to, by its sum (R-HIST-5).
    pub sale_total: Option<Money>,
    /// Why.
    pub explanation: Explanation,
    /// When.
    pub created_at: Timestamp,
}

/// A purchase, or a redemption without one.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Its id.
    pub id: i64,
    /// As stored: `sale` or `redemption`.
    pub kind: String,
    /// Fiscal number.
    pub receipt_number: Option<String>,
    /// When the receipt was made.
    pub sale_at: Timestamp,
    /// As the register sent it.
    pub total: Money,
    /// Earned.
    pub accrued: Bonus,
    /// Spent.
    pub redeemed: Bonus,
    /// The branch it was made at; none for a partner's.
    pub branch_name: Option<String>,
    /// Its address.
    pub branch_address: Option<String>,
    /// Its positions; may be empty (R-HIST-7).
    pub lines: Vec<Line>,
}

/// One page of the client's entries.
///
/// # Errors
/// The database refuses.
pub async fn transactions(
    loyalty: &Loyalty,
    client: &Client,
    page: i64,
    per_page: i64,
) -> Result<Page<Transaction>, Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    let (total, _) = history::totals(&mut scope, client.id).await?;
    let range = range(total, page, per_page);
    let rows = history::entries(&mut scope, client.id, range).await?;
    Ok(Page::new(
        rows.into_iter().map(Transaction::from).collect(),
        total,
        page,
        per_page,
    ))
}

/// One page of the client's purchases and redemptions.
///
/// # Errors
/// The database refuses.
pub async fn purchases(
    loyalty: &Loyalty,
    client: &Client,
    page: i64,
    per_page: i64,
) -> Result<Page<Purchase>, Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    let (_, total) = history::totals(&mut scope, client.id).await?;
    let range = range(total, page, per_page);
    let rows = history::purchases(&mut scope, client.id, range).await?;
    Ok(Page::new(
        rows.into_iter().map(Purchase::from).collect(),
        total,
        page,
        per_page,
    ))
}

/// Which numbers stand on a page: the newest has the number `total`.
fn range(total: i64, page: i64, per_page: i64) -> Range {
    let skipped = page.saturating_sub(1).saturating_mul(per_page);
    let up_to = total.saturating_sub(skipped).max(0);
    Range {
        after: up_to.saturating_sub(per_page).max(0),
        up_to,
    }
}

impl<T> Page<T> {
    pub(in crate::usecase) fn new(items: Vec<T>, total: i64, number: i64, per_page: i64) -> Self {
        let last = (total.saturating_add(per_page - 1) / per_page).max(1);
        Self {
            items,
            number,
            last,
            total,
        }
    }
}

impl From<EntryRow> for Transaction {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            amount: row.amount,
            balance_after: row.balance_after,
            sale_total: row.sale_total,
            explanation: row.explanation,
            created_at: row.created_at,
        }
    }
}

impl From<PurchaseRow> for Purchase {
    fn from(row: PurchaseRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            receipt_number: row.receipt_number,
            sale_at: row.sale_at,
            total: row.total,
            accrued: row.accrued,
            redeemed: row.redeemed,
            branch_name: row.branch_name,
            branch_address: row.branch_address,
            lines: row.lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ruling_11_pages_cover_every_number_once(total in 0_i64..500, per_page in 1_i64..=50) {
            let last = Page::<()>::new(Vec::new(), total, 1, per_page).last;
            prop_assert!(last >= 1);
            let mut seen = Vec::new();
            for page in 1..=last {
                let range = range(total, page, per_page);
                prop_assert!(range.up_to - range.after <= per_page);
                seen.extend((range.after + 1..=range.up_to).rev());
            }
            prop_assert_eq!(seen, (1..=total).rev().collect::<Vec<_>>());
            let past = range(total, last + 1, per_page);
            prop_assert_eq!((past.after, past.up_to), (0, 0));
        }

        #[test]
        fn no_page_number_overflows(total in 0_i64.., page in 1_i64.., per_page in 1_i64..=50) {
            let range = range(total, page, per_page);
            prop_assert!(0 <= range.after && range.after <= range.up_to && range.up_to <= total);
        }
    }
}
