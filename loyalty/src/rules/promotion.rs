//! What promotions give beside the plain accrual, line by line (rulings 18 and 26).

use std::collections::HashMap;

use super::accrual::Receipt;
use super::segment::{Shopper, contains};
use crate::model::{
    AccrualBase, AppliedLine, AppliedPromotion, Bonus, Condition, Date, Money, Percent, Promotion,
    RedeemMode, Reward, Rounding, Timestamp, Zone, share,
};

/// Pieces of one line that a promotion may count: more is a slip of the finger.
const PIECES_MAX: f64 = 1e9;

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
        unit_price: Option<Money>,
        amount: Option<Money>,
    ) -> Self {
        let pieces = quantity.unwrap_or(1.0).clamp(0.0, PIECES_MAX);
        let of_price = |price: Money| {
            let sum = (price.hundredths() as f64 * pieces).round();
            Money::from_hundredths((sum as i64).min(Money::MAX.hundredths()))
        };
        Self {
            sku,
            category,
            quantity: (pieces * 1000.0).round() as i64,
            amount: amount.or(unit_price.map(of_price)).unwrap_or_default(),
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{BirthdayWindow, Factor, Hours, Limits, Segment};

    /// Friday, 5 June 2026, 14:30 in Dushanbe.
    const AT: Timestamp = Timestamp::from_millis(1_780_651_800_000);
    const FIVE: Percent = Percent::whole(5);

    fn promotion(id: i64, condition: Condition, reward: Reward) -> Promotion {
        Promotion {
            id,
            name: format!("акция {id}"),
            description: None,
            condition,
            reward,
            limits: Limits::default(),
            starts_at: None,
            ends_at: None,
            combinable: false,
            segment: None,
            enabled: true,
            used: 0,
        }
    }

    fn dairy(reward: Reward) -> Promotion {
        let condition = Condition {
            categories: vec!["DAIRY".to_owned()],
            ..Condition::default()
        };
        promotion(1, condition, reward)
    }

    fn times(hundredths: i64) -> Reward {
        Reward::Multiplier(Factor::from_hundredths(hundredths))
    }

    fn receipt(total: i64, redeemed: i64, mode: RedeemMode) -> Receipt {
        Receipt {
            total: Money::whole(total),
            gross: None,
            redeemed: Bonus::whole(redeemed),
            mode,
        }
    }

    fn line(category: &'static str, amount: i64, pieces: f64) -> BasketLine<'static> {
        BasketLine::new(
            (Some("sku"), Some(category)),
            Some(pieces),
            None,
            Some(Money::whole(amount)),
        )
    }

    fn shopper() -> Shopper {
        Shopper {
            tier_id: 2,
            sales_count: 3,
            last_visit_at: Some(AT.plus_days(-10)),
            ..Shopper::default()
        }
    }

    fn give(promotions: &[Promotion], basket: &Basket<'_>) -> Vec<AppliedPromotion> {
        give_to(promotions, basket, &shopper(), &HashMap::new())
    }

    fn give_to(
        promotions: &[Promotion],
        basket: &Basket<'_>,
        shopper: &Shopper,
        had: &HashMap<i64, i64>,
    ) -> Vec<AppliedPromotion> {
        let occasion = Occasion {
            at: AT,
            zone: Zone::DUSHANBE,
            branch_id: Some(1),
            register_id: Some(4),
            birth_date: Date::parse("1990-06-07").ok(),
            shopper,
            had,
        };
        apply(promotions, basket, &occasion, FIVE, Rounding::Hundredths)
    }

    fn extra(promotions: &[Promotion], basket: &Basket<'_>) -> Bonus {
        give(promotions, basket).iter().map(|applied| applied.extra).sum()
    }

    #[test]
    fn ruling_18_a_double_on_dairy_with_bonuses_spent() {
        // 1000 of which 400 is dairy, 100 spent: dairy earns from 360, 5 % of it once more.
        let lines = vec![line("DAIRY", 400, 1.0), line("BREAD", 600, 1.0)];
        let receipt = receipt(1000, 100, RedeemMode::PaymentType);
        let basket = Basket::new(&receipt, AccrualBase::NetCash, lines.clone());
        assert_eq!(basket.lines[0].amount, Money::whole(360));
        assert_eq!(basket.rest, Money::ZERO);
        let given = give(&[dairy(times(200))], &basket);
        assert_eq!(given[0].extra, Bonus::whole(18));
        let on_line = AppliedLine {
            line: Some(0),
            extra: Bonus::whole(18),
        };
        assert_eq!(given[0].lines, [on_line]);
        let gross = Basket::new(&receipt, AccrualBase::Gross, lines);
        assert_eq!(extra(&[dairy(times(200))], &gross), Bonus::whole(20));
    }

    #[test]
    fn ruling_18_discount_mode_has_lower_lines_already() {
        let lines = vec![line("DAIRY", 360, 1.0), line("BREAD", 540, 1.0)];
        let receipt = receipt(900, 100, RedeemMode::Discount);
        let net = Basket::new(&receipt, AccrualBase::NetCash, lines.clone());
        assert_eq!(net.lines[0].amount, Money::whole(360));
        let gross = Basket::new(&receipt, AccrualBase::Gross, lines);
        assert_eq!(gross.lines[0].amount, Money::whole(400));
        assert_eq!(gross.rest, Money::ZERO);
    }

    #[test]
    fn ruling_18_what_lines_do_not_cover_earns_plainly() {
        let receipt = receipt(1000, 0, RedeemMode::PaymentType);
        let basket = Basket::new(&receipt, AccrualBase::NetCash, vec![line("DAIRY", 200, 1.0)]);
        assert_eq!(basket.rest, Money::whole(800));
        assert_eq!(extra(&[dairy(times(200))], &basket), Bonus::whole(10));
        let on_all = promotion(2, Condition::default(), times(200));
        assert_eq!(extra(&[on_all], &basket), Bonus::whole(50));
    }

    #[test]
    fn ruling_26_the_best_wins_for_a_line_and_combinable_ones_come_on_top() {
        let receipt = receipt(1000, 0, RedeemMode::PaymentType);
        let lines = vec![line("DAIRY", 400, 3.0), line("BREAD", 600, 1.0)];
        let basket = Basket::new(&receipt, AccrualBase::NetCash, lines);
        let double = dairy(times(200));
        let on_all = promotion(2, Condition::default(), Reward::ExtraPercent(Percent::whole(6)));
        let given = give(&[double.clone(), on_all.clone()], &basket);
        // 6 % of 400 is more than another 5 %.
        assert_eq!(given.len(), 1);
        assert_eq!((given[0].id, given[0].extra), (2, Bonus::whole(60)));
        let double = Promotion {
            combinable: true,
            ..double
        };
        assert_eq!(extra(&[double, on_all], &basket), Bonus::whole(80));
    }

    #[test]
    fn every_reward_gives_what_it_says() {
        let receipt = receipt(1000, 0, RedeemMode::PaymentType);
        let lines = vec![line("DAIRY", 400, 3.0), line("BREAD", 600, 1.0)];
        let basket = Basket::new(&receipt, AccrualBase::NetCash, lines);
        for (reward, whole) in [
            (times(300), 40),
            (Reward::ExtraPercent(Percent::whole(10)), 40),
            (Reward::Bonus(Bonus::whole(7)), 7),
            (Reward::BonusPerUnit(Bonus::whole(2)), 6),
        ] {
            assert_eq!(
                extra(&[dairy(reward)], &basket),
                Bonus::whole(whole),
                "{reward:?}"
            );
        }
        let fish = Condition {
            categories: vec!["FISH".to_owned()],
            ..Condition::default()
        };
        assert_eq!(
            give(&[promotion(1, fish, Reward::Bonus(Bonus::whole(7)))], &basket),
            []
        );
    }

    #[test]
    fn every_condition_can_refuse() {
        let receipt = receipt(1000, 0, RedeemMode::PaymentType);
        let basket = Basket::new(&receipt, AccrualBase::NetCash, Vec::new());
        let applies = |condition| !give(&[promotion(1, condition, times(200))], &basket).is_empty();
        let plain = Condition::default;
        assert!(applies(plain()));
        let window = |days_before, days_after| {
            Some(BirthdayWindow {
                days_before,
                days_after,
            })
        };
        let hours = |from, to| Some(Hours { from, to });
        for (condition, expected) in [
            (
                Condition {
                    branches: vec![1, 2],
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    branches: vec![2],
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    registers: vec![4],
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    registers: vec![5],
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    weekdays: vec![5],
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    weekdays: vec![6, 7],
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    hours: hours(870, 871),
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    hours: hours(600, 870),
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    receipt_min: Some(Money::whole(1000)),
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    receipt_min: Some(Money::whole(1001)),
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    tiers: vec![2],
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    tiers: vec![1, 3],
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    first_purchase: true,
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    birthday: window(2, 0),
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    birthday: window(1, 9),
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    segment: Some(Segment::Active { days: 10 }),
                    ..plain()
                },
                true,
            ),
            (
                Condition {
                    segment: Some(Segment::Inactive { days: 10 }),
                    ..plain()
                },
                false,
            ),
            (
                Condition {
                    skus: vec!["sku".to_owned()],
                    ..plain()
                },
                false,
            ),
        ] {
            assert_eq!(applies(condition.clone()), expected, "{condition:?}");
        }
    }

    #[test]
    fn periods_and_limits() {
        let receipt = receipt(1000, 0, RedeemMode::PaymentType);
        let basket = Basket::new(&receipt, AccrualBase::NetCash, Vec::new());
        let plain = promotion(1, Condition::default(), times(200));
        let applies = |promotion: Promotion, had: i64| {
            !give_to(&[promotion], &basket, &shopper(), &HashMap::from([(1, had)])).is_empty()
        };
        let later = AT.plus_seconds(1);
        for (starts_at, ends_at, expected) in [
            (Some(AT), Some(later), true),
            (Some(later), None, false),
            (None, Some(AT), false),
        ] {
            assert_eq!(
                applies(
                    Promotion {
                        starts_at,
                        ends_at,
                        ..plain.clone()
                    },
                    0
                ),
                expected
            );
        }
        let limits = Limits {
            per_client: Some(2),
            in_all: Some(10),
        };
        let limited = |used| Promotion {
            limits,
            used,
            ..plain.clone()
        };
        assert!(applies(limited(9), 1));
        assert!(!applies(limited(9), 2) && !applies(limited(10), 1));
        assert!(!applies(
            Promotion {
                enabled: false,
                ..plain.clone()
            },
            0
        ));
        let personal = Promotion {
            segment: Some(Segment::Newcomers),
            ..plain
        };
        assert!(!applies(personal, 0));
    }

    fn any_promotion() -> impl Strategy<Value = (usize, i64, bool)> {
        (0_usize..5, 1_i64..50, any::<bool>())
    }

    fn made(id: i64, (what, size, combinable): (usize, i64, bool)) -> Promotion {
        let reward = match what {
            0 => times(100 + size * 10),
            1 => Reward::ExtraPercent(Percent::from_basis_points(size * 7)),
            2 => Reward::BonusPerUnit(Bonus::from_hundredths(size * 3)),
            _ => Reward::Bonus(Bonus::from_hundredths(size * 11)),
        };
        let categories = if size % 2 == 0 {
            vec!["DAIRY".to_owned()]
        } else {
            Vec::new()
        };
        let condition = Condition {
            categories,
            ..Condition::default()
        };
        Promotion {
            combinable,
            ..promotion(id, condition, reward)
        }
    }

    proptest! {
        #[test]
        fn a_basket_is_what_earns(
            total in 100_i64..100_000, redeemed in 0_i64..50_000, paper in proptest::collection::vec(0_i64..60_000, 0..6),
            is_discount: bool, is_gross: bool,
        ) {
            let mode = if is_discount { RedeemMode::Discount } else { RedeemMode::PaymentType };
            let base = if is_gross { AccrualBase::Gross } else { AccrualBase::NetCash };
            let receipt = Receipt {
                total: Money::from_hundredths(total), gross: None,
                redeemed: Bonus::from_hundredths(redeemed.min(total)), mode,
            };
            let lines = paper.iter().map(|sum| BasketLine::new((None, None), None, None, Some(Money::from_hundredths(*sum))));
            let basket = Basket::new(&receipt, base, lines.collect());
            let all: Money = basket.lines.iter().map(|line| line.amount).sum();
            prop_assert_eq!(all + basket.rest, receipt.accrual_base(base));
            prop_assert!(basket.rest >= Money::ZERO && basket.lines.iter().all(|line| line.amount >= Money::ZERO));
        }

        /// The naive reading of rulings 18 and 26, with floats: the same to a hundredth for each promotion.
        #[test]
        fn ruling_26_agrees_with_a_naive_reading(
            all in proptest::collection::vec(any_promotion(), 0..5),
            paper in proptest::collection::vec((any::<bool>(), 0_i64..40_000, 0_i64..9), 0..5), more in 0_i64..9_999,
        ) {
            let promotions: Vec<Promotion> = (1..).zip(all).map(|(id, one)| made(id, one)).collect();
            let lines: Vec<_> = paper.iter().map(|(is_dairy, sum, pieces)| BasketLine::new(
                (None, Some(if *is_dairy { "DAIRY" } else { "BREAD" })), Some(*pieces as f64), None,
                Some(Money::from_hundredths(*sum)))).collect();
            let total: i64 = paper.iter().map(|(_, sum, _)| sum).sum::<i64>() + more;
            let receipt = Receipt {
                total: Money::from_hundredths(total), gross: None, redeemed: Bonus::ZERO, mode: RedeemMode::PaymentType,
            };
            let basket = Basket::new(&receipt, AccrualBase::NetCash, lines);
            let given = give(&promotions, &basket);

            let mut naive: HashMap<i64, f64> = HashMap::new();
            let asks = |p: &Promotion| !p.condition.categories.is_empty();
            let worth = |p: &Promotion, sum: f64, pieces: f64| match p.reward {
                Reward::Multiplier(factor) => sum * 0.05 * (factor.hundredths() as f64 / 100.0 - 1.0),
                Reward::ExtraPercent(percent) => sum * percent.as_f64() / 100.0,
                Reward::BonusPerUnit(each) => each.as_f64() * pieces,
                Reward::Bonus(_) => 0.0,
            };
            let mut slots: Vec<Vec<f64>> = paper.iter().map(|(is_dairy, sum, pieces)| promotions.iter().map(|p| {
                if asks(p) && !is_dairy { 0.0 } else { worth(p, *sum as f64 / 100.0, *pieces as f64) }
            }).collect()).collect();
            slots.push(promotions.iter().map(|p| if asks(p) { 0.0 } else { worth(p, more as f64 / 100.0, 0.0) }).collect());
            slots.push(promotions.iter().map(|p| match p.reward {
                Reward::Bonus(sum) if !asks(p) || paper.iter().any(|(is_dairy, ..)| *is_dairy) => sum.as_f64(),
                _ => 0.0,
            }).collect());
            for slot in slots {
                let mut best: Option<usize> = None;
                for (place, p) in promotions.iter().enumerate() {
                    if p.combinable { *naive.entry(p.id).or_default() += slot[place]; }
                    else if best.is_none_or(|best| slot[place] > slot[best] + 1e-9) { best = Some(place); }
                }
                if let Some(best) = best { *naive.entry(promotions[best].id).or_default() += slot[best]; }
            }
            for p in &promotions {
                let ours = given.iter().find(|one| one.id == p.id);
                let sum = ours.map_or(0.0, |one| one.extra.as_f64());
                prop_assert!((sum - naive.get(&p.id).copied().unwrap_or(0.0)).abs() <= 0.0051, "{} {:?} {:?}", p.id, ours, naive);
                if let Some(one) = ours.filter(|one| !one.lines.is_empty()) {
                    prop_assert_eq!(one.lines.iter().map(|line| line.extra).sum::<Bonus>(), one.extra);
                }
            }
        }
    }
}
