//! A sale: redeem, then accrue (R-SALE-9, R-SALE-12).

use serde::{Deserialize, Serialize};

use super::book::Book;
use super::redemption::redeem;
use super::{Account, PostedSale, Posting, Refusal, SaleKind};
use crate::model::{Bonus, EntryKind, Explanation, LotKind, Money, Programme, RedeemMode, Tier, Timestamp};
use crate::rules::accrual::{Receipt, accrue};

/// A sale as a register asks for it.
#[derive(Clone, Debug)]
pub struct SaleRequest {
    /// Whole in `payment_type`, after the discount in `discount`.
    pub total: Money,
    /// Before bonuses; looked at in `discount` only.
    pub gross: Option<Money>,
    /// Bonuses to spend.
    pub redeem: Bonus,
    /// How the register books them.
    pub mode: RedeemMode,
    /// The register's own id of the sale.
    pub external_id: Option<String>,
    /// Fiscal number.
    pub receipt_number: Option<String>,
    /// Number of the cashier; stored.
    pub cashier_id: Option<i64>,
    /// How the rest was paid; stored.
    pub payment_method: Option<String>,
    /// When the receipt was made; none: now.
    pub sale_at: Option<Timestamp>,
    /// Its positions.
    pub lines: Vec<Line>,
}

/// One position of a receipt.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Line {
    /// Article.
    pub sku: Option<String>,
    /// Category, for promotions.
    pub category_code: Option<String>,
    /// Shown to the client.
    pub name: Option<String>,
    /// How many.
    pub quantity: Option<f64>,
    /// Price of one.
    pub unit_price: Option<Money>,
    /// Price of all.
    pub line_amount: Option<Money>,
}

/// Decides a sale. `already_redeemed` is what a redemption under the same external id has spent: one order, accrued on
/// the rest (ruling 16).
///
/// # Errors
/// Every rule of R-SALE-14 to R-SALE-17 and ruling 19.
pub fn decide_sale(
    account: &Account,
    programme: &Programme,
    request: &SaleRequest,
    already_redeemed: Bonus,
    now: Timestamp,
) -> Result<Posting, Refusal> {
    if account.is_blocked {
        return Err(Refusal::ClientBlocked);
    }
    let receipt = Receipt {
        total: request.total,
        gross: request.gross,
        redeemed: already_redeemed + request.redeem,
        mode: request.mode,
    };
    if receipt.gross_disagrees() {
        return Err(Refusal::GrossDisagrees);
    }
    if receipt.before_bonuses() < programme.min_purchase_amount {
        return Err(Refusal::BelowMinimumPurchase(programme.min_purchase_amount));
    }
    let mut book = Book::open(account, now);
    redeem(
        &mut book,
        programme,
        receipt.before_bonuses(),
        request.redeem,
        already_redeemed,
        now,
    )?;
    let accrued = accrue_from(&mut book, programme, &receipt, now);
    let figures = book.figures();
    figures.total_spent += request.total;
    figures.sales_count += 1;
    figures.sale_number += 1;
    figures.last_visit_at = Some(now);
    let (number, balance_after) = (figures.sale_number, figures.balance);
    let mut posting = book.close();
    posting.sale = Some(PostedSale {
        id: 0,
        number,
        kind: SaleKind::Sale,
        total: request.total,
        gross: receipt.before_bonuses(),
        redeemed: request.redeem,
        accrued,
        mode: request.mode,
        external_id: request.external_id.clone(),
        receipt_number: request.receipt_number.clone(),
        cashier_id: request.cashier_id,
        payment_method: request.payment_method.clone(),
        sale_at: request.sale_at.unwrap_or(now),
        lines: request.lines.clone(),
        balance_after,
    });
    Ok(posting)
}

fn accrue_from(book: &mut Book, programme: &Programme, receipt: &Receipt, now: Timestamp) -> Bonus {
    let tier: Tier = programme.tier(book.figures().total_spent);
    let base = receipt.accrual_base(programme.accrual_base);
    let accrued = accrue(base, tier.bonus_percent);
    if accrued.is_positive() {
        let available_at = now.plus_seconds(programme.redeem_hold_seconds);
        let expires_at = expiry(programme, now);
        let explanation = Explanation::Accrual {
            base: programme.accrual_base,
            of: base,
            percent: tier.bonus_percent,
            tier: tier.name,
            available_at,
            expires_at,
            paid_debt: book.debt_paid_by(accrued),
        };
        let kind = (EntryKind::Accrual, LotKind::Regular);
        book.earn(kind, accrued, (available_at, expires_at), explanation);
    }
    accrued
}

/// When bonuses earned at `now` burn (R-EXPIRE-1, ruling 22).
pub(super) fn expiry(programme: &Programme, now: Timestamp) -> Timestamp {
    programme
        .bonus_expiry_days
        .map_or(Timestamp::NEVER, |days| now.plus_days(days).min(Timestamp::NEVER))
}
