//! Promotions against golden figures and random receipts.

mod conditions;

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
