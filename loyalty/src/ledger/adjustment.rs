//! A correction by hand.

use super::book::Book;
use super::{Account, Posting, Refusal};
use crate::model::{Bonus, EntryKind, Explanation, LotKind, Programme, Timestamp};

/// A correction with its reason.
#[derive(Clone, Debug)]
pub struct AdjustmentRequest {
    /// Signed change.
    pub amount: Bonus,
    /// In the person's words.
    pub reason: String,
}

/// Decides a correction: given bonuses are available at once (ruling 22), taken ones come from any open lot.
///
/// # Errors
/// Taking more than the balance.
pub fn decide_adjustment(
    account: &Account,
    programme: &Programme,
    request: &AdjustmentRequest,
    now: Timestamp,
) -> Result<Posting, Refusal> {
    let mut book = Book::open(account, now);
    let explanation = |paid_debt| Explanation::Adjustment {
        reason: request.reason.clone(),
        paid_debt,
    };
    if request.amount.is_positive() {
        let paid_debt = book.debt_paid_by(request.amount);
        let kind = (EntryKind::Adjustment, LotKind::Manual);
        book.earn(
            kind,
            request.amount,
            (now, programme.expiry(None, now)),
            explanation(paid_debt),
        );
    } else {
        let taken = -request.amount;
        if taken > account.balance.or_zero() {
            return Err(Refusal::AdjustmentExceedsBalance(account.balance.or_zero()));
        }
        book.lots().assert_taking(taken);
        let parts = book.lots().take(taken, |_| false);
        book.lose(EntryKind::Adjustment, taken, &parts, explanation(Bonus::ZERO));
    }
    Ok(book.close())
}
