//! A sale: redeem, then accrue (R-SALE-9, R-SALE-12).

use std::borrow::Cow;
use std::collections::HashMap;

use super::book::Book;
use super::redemption::redeem;
use super::{Account, Line, PostedSale, Posting, PromotionUse, Refusal, SaleKind, SaleRequest, Task};
use crate::model::{
    AppliedPromotion, Bonus, EntryKind, Explanation, Goods, LotKind, Programme, Promotion, Tier, Timestamp,
    Zone,
};
use crate::rules::accrual::{Receipt, accrue};
use crate::rules::promotion::{self, Basket, BasketLine, Occasion};
use crate::rules::segment::Shopper;

/// What a sale depends on beside the account and the request.
#[derive(Clone, Debug)]
pub struct SaleContext<'a> {
    /// The rules in force.
    pub programme: &'a Programme,
    /// The shop's promotions, running or not, in the order of their numbers.
    pub promotions: Cow<'a, [Promotion]>,
    /// What a redemption under the same external id has spent: one order, accrued on the rest (ruling 16).
    pub already_redeemed: Bonus,
    /// The shop's.
    pub zone: Zone,
    /// Where it is made; none: by a partner.
    pub branch_id: Option<i64>,
    /// Where it is made; none: by a partner.
    pub register_id: Option<i64>,
    /// When the client last bought the goods that segments ask about.
    pub bought: HashMap<Goods, Timestamp>,
    /// How often the client has had each promotion that is limited per client.
    pub had: HashMap<i64, i64>,
}

impl<'a> SaleContext<'a> {
    /// A sale by these rules, without promotions.
    pub fn plain(programme: &'a Programme, zone: Zone) -> Self {
        Self {
            programme,
            promotions: Cow::Borrowed(&[]),
            already_redeemed: Bonus::ZERO,
            zone,
            branch_id: None,
            register_id: None,
            bought: HashMap::new(),
            had: HashMap::new(),
        }
    }
}

/// Decides a sale: redeems, accrues with promotions, then gives what a first, second or late purchase brings.
///
/// # Errors
/// Every rule of R-SALE-14 to R-SALE-17 and ruling 19.
pub fn decide_sale(
    account: &Account,
    context: &SaleContext<'_>,
    request: &SaleRequest,
    now: Timestamp,
) -> Result<Posting, Refusal> {
    let programme = context.programme;
    if account.is_blocked {
        return Err(Refusal::ClientBlocked);
    }
    let receipt = Receipt {
        total: request.total,
        gross: request.gross,
        redeemed: context.already_redeemed + request.redeem,
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
        context.already_redeemed,
        now,
    )?;
    let (accrued, applied) = accrue_from(&mut book, account, context, request, &receipt, now);
    give_gifts(&mut book, account, programme, now);
    let figures = book.figures();
    figures.spent.total += request.total;
    figures.spent.year += request.total;
    figures.sales_count += 1;
    figures.sale_number += 1;
    figures.last_visit_at = Some(now);
    figures.last_purchase_at = Some(now);
    let (number, balance_after) = (figures.sale_number, figures.balance);
    let mut posting = book.close();
    posting.uses = uses(&context.promotions, &applied);
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
        programme_version: programme.version,
        balance_after,
    });
    Ok(posting)
}

/// The accrual with its promotions, as one entry and one lot.
fn accrue_from(
    book: &mut Book,
    account: &Account,
    context: &SaleContext<'_>,
    request: &SaleRequest,
    receipt: &Receipt,
    now: Timestamp,
) -> (Bonus, Vec<AppliedPromotion>) {
    let programme = context.programme;
    let tier: Tier = programme.tier(account.spent);
    let base = receipt.accrual_base(programme.accrual_base);
    let plain = accrue(base, tier.bonus_percent, programme.rounding);
    let promotions = promoted(account, context, request, receipt, &tier, now);
    let accrued = plain + promotions.iter().map(|applied| applied.extra).sum();
    if accrued.is_positive() {
        let available_at = now.plus_seconds(programme.redeem_hold_seconds);
        let expires_at = programme.expiry(None, now);
        let explanation = Explanation::Accrual {
            base: programme.accrual_base,
            of: base,
            percent: tier.bonus_percent,
            tier: tier.name,
            available_at,
            expires_at,
            paid_debt: book.debt_paid_by(accrued),
            promotions: promotions.clone(),
        };
        let kind = (EntryKind::Accrual, LotKind::Regular);
        book.earn(kind, accrued, (available_at, expires_at), explanation);
    }
    (accrued, promotions)
}

fn promoted(
    account: &Account,
    context: &SaleContext<'_>,
    request: &SaleRequest,
    receipt: &Receipt,
    tier: &Tier,
    now: Timestamp,
) -> Vec<AppliedPromotion> {
    let (programme, made_at) = (context.programme, request.sale_at.unwrap_or(now));
    if context.promotions.is_empty() || !promotion::is_in_time(made_at, now, programme.late_sale_days) {
        return Vec::new();
    }
    let lines = request.lines.iter().map(Line::in_basket).collect();
    let basket = Basket::new(receipt, programme.accrual_base, lines);
    let shopper = Shopper {
        tier_id: tier.id,
        sales_count: account.sales_count,
        last_visit_at: account.last_visit_at,
        rfm: account.rfm,
        bought: context.bought.clone(),
    };
    let occasion = Occasion {
        at: made_at,
        zone: context.zone,
        branch_id: context.branch_id,
        register_id: context.register_id,
        birth_date: account.birth_date,
        shopper: &shopper,
        had: &context.had,
    };
    promotion::apply(
        &context.promotions,
        &basket,
        &occasion,
        tier.bonus_percent,
        programme.rounding,
    )
}

fn uses(promotions: &[Promotion], applied: &[AppliedPromotion]) -> Vec<PromotionUse> {
    let is_applied = |promotion: &&Promotion| applied.iter().any(|one| one.id == promotion.id);
    promotions
        .iter()
        .filter(is_applied)
        .map(|promotion| PromotionUse {
            promotion_id: promotion.id,
            per_client: promotion.limits.per_client.is_some(),
            in_all: promotion.limits.in_all,
        })
        .filter(|used| used.per_client || used.in_all.is_some())
        .collect()
}

/// What a first purchase by invitation, a second one, and one after a long silence bring (rulings 30 to 32).
fn give_gifts(book: &mut Book, account: &Account, programme: &Programme, now: Timestamp) {
    let expires_at = programme.expiry(None, now);
    if let Some(inviter_id) = account.invited_by.filter(|_| account.sales_count == 0) {
        let bonus = programme.referral_invitee_bonus;
        if bonus.is_positive() {
            let explanation = Explanation::ReferralInvitee {
                inviter_id,
                expires_at,
                paid_debt: book.debt_paid_by(bonus),
            };
            let kind = (EntryKind::ReferralInvitee, LotKind::Referral);
            book.give(kind, bonus, expires_at, Some("referral".to_owned()), explanation);
        }
        if programme.referral_inviter_bonus.is_positive() {
            let reward = Task::RewardInviter {
                invitee_id: account.client_id,
                bonus: programme.referral_inviter_bonus,
                expiry_days: programme.bonus_expiry_days,
                most: programme.referral_inviter_max,
            };
            book.follow_up(inviter_id, reward);
        }
    }
    let Some(last) = account.last_purchase_at else {
        return;
    };
    if let Some(terms) = programme.second_purchase
        && terms.bonus.is_positive()
        && account.sales_count == 1
        && now <= last.plus_days(terms.within_days)
    {
        let explanation = Explanation::SecondPurchase {
            within_days: terms.within_days,
            expires_at,
            paid_debt: book.debt_paid_by(terms.bonus),
        };
        let kind = (EntryKind::SecondPurchase, LotKind::Gift);
        book.give(
            kind,
            terms.bonus,
            expires_at,
            Some("second purchase".to_owned()),
            explanation,
        );
    }
    if let Some(terms) = programme.reactivation
        && terms.bonus.is_positive()
        && last.plus_days(terms.silence_days) <= now
    {
        let explanation = Explanation::Reactivation {
            silence_days: terms.silence_days,
            expires_at,
            paid_debt: book.debt_paid_by(terms.bonus),
        };
        let kind = (EntryKind::Reactivation, LotKind::Gift);
        book.give(kind, terms.bonus, expires_at, None, explanation);
    }
}

impl Line {
    fn in_basket(&self) -> BasketLine<'_> {
        let names = (self.sku.as_deref(), self.category_code.as_deref());
        BasketLine::new(names, self.quantity, self.unit_price, self.line_amount)
    }
}
