//! Spending bonuses, alone or as part of a sale (R-SALE-15 to R-SALE-17, R-SALE-22).

use super::book::Book;
use super::{Account, PostedSale, Posting, RedemptionRequest, Refusal, SaleKind};
use crate::model::{Bonus, EntryKind, Explanation, LotKind, Money, Programme, RedeemMode, Timestamp};
use crate::rules::redemption::{limit, take, welcome_counts};

/// Decides a redemption; the minimum purchase does not apply (ruling 23). `already_redeemed` is what a sale under the
/// same external id has spent.
///
/// # Errors
/// Every rule of R-SALE-15 to R-SALE-17.
pub fn decide_redemption(
    account: &Account,
    programme: &Programme,
    request: &RedemptionRequest,
    already_redeemed: Bonus,
    now: Timestamp,
) -> Result<Posting, Refusal> {
    if account.is_blocked {
        return Err(Refusal::ClientBlocked);
    }
    let mut book = Book::open(account, now);
    redeem(
        &mut book,
        programme,
        request.total,
        request.amount,
        already_redeemed,
        now,
    )?;
    let figures = book.figures();
    figures.sale_number += 1;
    figures.last_visit_at = Some(now);
    let (number, balance_after) = (figures.sale_number, figures.balance);
    let mut posting = book.close();
    posting.sale = Some(PostedSale {
        id: 0,
        number,
        kind: SaleKind::Redemption,
        total: request.total,
        gross: request.total,
        redeemed: request.amount,
        accrued: Bonus::ZERO,
        mode: RedeemMode::PaymentType,
        external_id: request.external_id.clone(),
        receipt_number: None,
        cashier_id: None,
        payment_method: None,
        sale_at: now,
        lines: Vec::new(),
        programme_version: programme.version,
        balance_after,
    });
    Ok(posting)
}

/// Spends `amount` on a receipt of `check`, if every rule allows it.
pub(super) fn redeem(
    book: &mut Book,
    programme: &Programme,
    check: Money,
    amount: Bonus,
    already_redeemed: Bonus,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !amount.is_positive() {
        return Ok(());
    }
    let available = book.lots().available(amount, now);
    let welcome_min = programme.welcome_min_redeem_amount;
    let redeemable = available.redeemable(Some(check), welcome_min);
    if amount > redeemable {
        return Err(if amount <= available.plain + available.welcome {
            Refusal::WelcomeNeedsReceipt(welcome_min)
        } else {
            Refusal::NotEnoughBonuses(redeemable)
        });
    }
    let tier = programme.tier(book.figures().spent);
    let percent = programme.max_redeem_percent(&tier);
    let limit = (limit(check, percent) - already_redeemed).or_zero();
    if amount > limit {
        return Err(Refusal::OverPercentLimit { percent, limit });
    }
    let with_welcome = welcome_counts(Some(check), welcome_min);
    let spendable =
        |lot: &&crate::model::Lot| lot.is_available(now) && (with_welcome || lot.kind != LotKind::Welcome);
    let parts = take(book.lots().iter().filter(spendable), amount);
    book.lose(
        EntryKind::Redemption,
        amount,
        &parts,
        Explanation::Redemption {
            of: check,
            percent,
            limit,
        },
    );
    Ok(())
}
