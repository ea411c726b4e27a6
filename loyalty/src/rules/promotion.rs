//! What promotions give beside the plain accrual, line by line (rulings 18 and 26).

use std::collections::HashMap;

use super::accrual::Receipt;
use super::segment::{Shopper, contains};
use crate::model::{
    AccrualBase, AppliedLine, AppliedPromotion, Bonus, Condition, Date, Money, Percent, Price, Promotion,
    RedeemMode, Reward, Rounding, Timestamp, Zone, share,
};

/// Pieces of one line that a promotion may count: more is a slip of the finger.
const PIECES_MAX: f64 = 1e9;

/// Seconds that the clocks of a till and ours may differ by: that is not late.
const CLOCKS_DIFFER_SECONDS: i64 = 300;

/// Whether a receipt made at `made_at` and sent at `now` has the promotions of its time, in a shop that takes them so many
/// days late (ruling 12). An older one earns plainly.
pub fn is_in_time(made_at: Timestamp, now: Timestamp, late_days: i64) -> bool {
    now <= made_at.plus_days(late_days).plus_seconds(CLOCKS_DIFFER_SECONDS)
}

/// A receipt as promotions see it.
#[derive(Clone, Debug)]
pub struct Basket<'a> {
    /// Before bonuses.
    pub receipt: Money,
    /// Its positions, in their order.
    pub lines: Vec<BasketLine<'a>>,
    /// What the lines do not cover of the sum that earns.
    pub rest: Money,
}

/// One position.
#[derive(Clone, Copy, Debug)]
pub struct BasketLine<'a> {
    /// Article.
    pub sku: Option<&'a str>,
    /// Category.
    pub category: Option<&'a str>,
    /// In thousandths of a piece.
    pub quantity: i64,
    /// What of it earns.
    pub amount: Money,
}

/// Where, when and by whom a receipt is made.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// When the receipt was made (ruling 22).
    pub at: Timestamp,
    /// The shop's.
    pub zone: Zone,
    /// Where; none: a partner's.
    pub branch_id: Option<i64>,
    /// Where; none: a partner's.
    pub register_id: Option<i64>,
    /// The client's birthday, where known.
    pub birth_date: Option<Date>,
    /// What segments ask about.
    pub shopper: &'a Shopper,
    /// How often this client has had each promotion that is limited per client.
    pub had: &'a HashMap<i64, i64>,
}

impl<'a> Basket<'a> {
    /// The basket of a receipt whose `lines` have the amounts on paper. Spent bonuses are spread over the lines by their
    /// amounts (ruling 18); what the lines do not cover earns plainly.
    pub fn new(receipt: &Receipt, base: AccrualBase, mut lines: Vec<BasketLine<'a>>) -> Self {
        let on_paper: Money = lines.iter().map(|line| line.amount).sum();
        let spread = match (receipt.mode, base) {
            (RedeemMode::PaymentType, AccrualBase::NetCash) => -receipt.redeemed.worth().min(on_paper),
            (RedeemMode::Discount, AccrualBase::Gross) => receipt.before_bonuses() - receipt.total,
            (RedeemMode::PaymentType, AccrualBase::Gross) | (RedeemMode::Discount, AccrualBase::NetCash) => {
                Money::ZERO
            }
        };
        let earning = receipt.accrual_base(base);
        // Lines that come to more than the receipt earn as much as the receipt.
        let whole = (on_paper + spread).or_zero().min(earning);
        let (mut seen, mut given) = (Money::ZERO, Money::ZERO);
        for line in &mut lines {
            seen += line.amount;
            let so_far = share(whole.hundredths(), seen.hundredths(), on_paper.hundredths());
            line.amount = Money::from_hundredths(so_far) - given;
            given = Money::from_hundredths(so_far);
        }
        Self {
            receipt: receipt.before_bonuses(),
            lines,
            rest: earning - given,
        }
    }
}

impl<'a> BasketLine<'a> {
    /// A position as a register sends it. Without an amount it is the price times the quantity.
    pub fn new(
        (sku, category): (Option<&'a str>, Option<&'a str>),
        quantity: Option<f64>,
        unit_price: Option<Price>,
        amount: Option<Money>,
    ) -> Self {
        let pieces = quantity.unwrap_or(1.0).clamp(0.0, PIECES_MAX);
        Self {
            sku,
            category,
            quantity: (pieces * 1000.0).round() as i64,
            amount: amount
                .or(unit_price.map(|price| price.of(pieces)))
                .unwrap_or_default(),
        }
    }
}

/// What the promotions give on a basket of a client who earns `percent` plainly. For each line the best one wins, and
/// those that are combinable come on top; so it is for sums per receipt. Each one's extra is rounded once.
pub fn apply(
    promotions: &[Promotion],
    basket: &Basket<'_>,
    occasion: &Occasion<'_>,
    percent: Percent,
    rounding: Rounding,
) -> Vec<AppliedPromotion> {
    let candidates: Vec<&Promotion> = promotions
        .iter()
        .filter(|promotion| is_open(promotion, basket, occasion))
        .collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let mut gains: Vec<Vec<(Slot, i128)>> = vec![Vec::new(); candidates.len()];
    let slots = (0..basket.lines.len())
        .map(Slot::Line)
        .chain([Slot::Rest, Slot::Receipt]);
    for slot in slots {
        let offers: Vec<i128> = candidates
            .iter()
            .map(|promotion| offer(promotion, basket, slot, percent))
            .collect();
        // The first of equals: promotions come in the order of their numbers.
        let best = (0..candidates.len())
            .filter(|place| !candidates[*place].combinable)
            .max_by_key(|place| (offers[*place], std::cmp::Reverse(candidates[*place].id)));
        for (place, promotion) in candidates.iter().enumerate() {
            if offers[place] > 0 && (promotion.combinable || best == Some(place)) {
                gains[place].push((slot, offers[place]));
            }
        }
    }
    candidates
        .into_iter()
        .zip(gains)
        .filter_map(|(promotion, gains)| applied(promotion, &gains, rounding))
        .collect()
}

/// What competes for a reward: a line, what the lines do not cover, or the receipt as such.
#[derive(Clone, Copy, Debug)]
enum Slot {
    Line(usize),
    Rest,
    Receipt,
}

/// Everything but the lines: period, place, time, client, limits.
fn is_open(promotion: &Promotion, basket: &Basket<'_>, occasion: &Occasion<'_>) -> bool {
    let Condition {
        categories: _,
        skus: _,
        branches,
        registers,
        weekdays,
        hours,
        receipt_min,
        tiers,
        segment,
        first_purchase,
        birthday,
    } = &promotion.condition;
    let is_at =
        |allowed: &[i64], id: Option<i64>| allowed.is_empty() || id.is_some_and(|id| allowed.contains(&id));
    let (weekday, minute) = occasion.at.weekday_and_minute(occasion.zone);
    let shopper = occasion.shopper;
    let is_for = |segment: &Option<_>| {
        segment
            .as_ref()
            .is_none_or(|segment| contains(segment, shopper, occasion.at))
    };
    let had = occasion.had.get(&promotion.id).copied().unwrap_or(0);
    promotion.runs_at(occasion.at)
        && is_at(branches, occasion.branch_id)
        && is_at(registers, occasion.register_id)
        && (weekdays.is_empty() || weekdays.contains(&weekday))
        && hours.is_none_or(|hours| hours.contain(minute))
        && receipt_min.is_none_or(|least| basket.receipt >= least)
        && is_at(tiers, Some(shopper.tier_id))
        && is_for(segment)
        && is_for(&promotion.segment)
        && (!first_purchase || shopper.sales_count == 0)
        && birthday.is_none_or(|window| {
            let today = Date::at(occasion.at, occasion.zone);
            occasion
                .birth_date
                .is_some_and(|born| born.is_birthday_near(today, window.days_before, window.days_after))
        })
        && promotion.limits.per_client.is_none_or(|most| had < most)
        && promotion.limits.in_all.is_none_or(|most| promotion.used < most)
}

/// What a promotion would give there, in millionths of a hundredth; 0: nothing.
fn offer(promotion: &Promotion, basket: &Basket<'_>, slot: Slot, percent: Percent) -> i128 {
    let (amount, quantity) = match (slot, promotion.reward) {
        (Slot::Receipt, Reward::Bonus(sum)) => {
            let counts = basket.lines.iter().any(|line| fits(&promotion.condition, line));
            let asks_nothing = asks_no_line(&promotion.condition);
            return match counts || asks_nothing {
                true => i128::from(sum.hundredths()) * Rounding::PARTS,
                false => 0,
            };
        }
        (Slot::Receipt, _) | (_, Reward::Bonus(_)) => return 0,
        (Slot::Rest, _) if asks_no_line(&promotion.condition) => (basket.rest, 0),
        (Slot::Rest, _) => return 0,
        (Slot::Line(place), _) => {
            let line = &basket.lines[place];
            match fits(&promotion.condition, line) {
                true => (line.amount, line.quantity),
                false => return 0,
            }
        }
    };
    let amount = i128::from(amount.hundredths().max(0));
    match promotion.reward {
        Reward::Multiplier(factor) => {
            amount * i128::from(percent.basis_points()) * i128::from(factor.hundredths() - 100)
        }
        Reward::ExtraPercent(extra) => amount * i128::from(extra.basis_points()) * 100,
        Reward::BonusPerUnit(sum) => i128::from(quantity) * i128::from(sum.hundredths()) * 1000,
        Reward::Bonus(_) => 0,
    }
}

fn asks_no_line(condition: &Condition) -> bool {
    condition.categories.is_empty() && condition.skus.is_empty()
}

fn fits(condition: &Condition, line: &BasketLine<'_>) -> bool {
    let is_named = |allowed: &[String], name: Option<&str>| {
        allowed.is_empty() || name.is_some_and(|name| allowed.iter().any(|one| one == name))
    };
    is_named(&condition.categories, line.category) && is_named(&condition.skus, line.sku)
}

/// Rounds the whole once; the lines' parts add up to it exactly.
fn applied(promotion: &Promotion, gains: &[(Slot, i128)], rounding: Rounding) -> Option<AppliedPromotion> {
    let (mut exact, mut extra, mut lines) = (0, Bonus::ZERO, Vec::new());
    for (slot, gain) in gains {
        exact += gain;
        let so_far = rounding.round(exact);
        let line = match slot {
            Slot::Line(place) => Some(*place),
            Slot::Rest | Slot::Receipt => None,
        };
        if !matches!(slot, Slot::Receipt) {
            lines.push(AppliedLine {
                line,
                extra: so_far - extra,
            });
        }
        extra = so_far;
    }
    extra.is_positive().then(|| AppliedPromotion {
        id: promotion.id,
        name: promotion.name.clone(),
        reward: promotion.reward,
        extra,
        lines,
    })
}

#[cfg(test)]
mod tests;
