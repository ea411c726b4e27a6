//! Past sales replayed under other rules.

use super::*;
use crate::model::{Percent, Tier, TierBasis};

const DAY: i64 = 86_400_000;

/// 5 % at first, 10 % from a hundred within twelve months, in a shop that gives nothing else.
fn by_year() -> Programme {
    let tiers = [(1, 0, 5), (2, 100, 10)].map(|(id, spent_min, percent)| Tier {
        id,
        name: id.to_string(),
        color: "#C9A227".to_owned(),
        spent_min: Money::whole(spent_min),
        bonus_percent: Percent::whole(percent),
        max_redeem_percent: None,
    });
    Programme {
        tier_basis: TierBasis::TwelveMonths,
        tiers: tiers.to_vec(),
        ..Programme::plain()
    }
}

fn past(total: i64, returned: i64, at: i64) -> PastSale {
    PastSale {
        total: Money::whole(total),
        gross: Money::whole(total),
        redeemed: Bonus::ZERO,
        accrued: Bonus::ZERO,
        returned: Money::whole(returned),
        mode: RedeemMode::PaymentType,
        sale_at: Timestamp::from_millis(at),
        created_at: Timestamp::from_millis(at),
        branch_id: None,
        register_id: None,
        lines: Vec::new(),
    }
}

fn simulated(sales: &[PastSale], part: usize) -> Simulation {
    let mut simulator = Simulator::new(&by_year(), &[], Zone::DUSHANBE, Timestamp::from_millis(0));
    let mut client = Replay::of(Client::empty(by_year(), None).account);
    for part in sales.chunks(part) {
        simulator.replay(&mut client, part);
    }
    simulator.finish()
}

proptest! {
    /// Whatever the parts they come in.
    #[test]
    fn a_sale_is_replayed_with_what_was_spent_in_the_twelve_months_before_it(
        steps in proptest::collection::vec((1_i64..80, 0_i64..2, 0_i64..200), 1..40),
        part in 1_usize..50,
    ) {
        let mut at = DAY;
        let sales: Vec<PastSale> = steps
            .into_iter()
            .map(|(total, returned, days)| {
                at += days * DAY;
                past(total, returned, at)
            })
            .collect();
        let given: i64 = sales
            .iter()
            .enumerate()
            .map(|(place, sale)| {
                let from = sale.created_at.plus_days(-365);
                let year = sales[..place].iter().filter(|earlier| earlier.created_at > from);
                let spent: Money = year.map(|earlier| earlier.total - earlier.returned).sum();
                let percent = if spent >= Money::whole(100) { 10 } else { 5 };
                // Whole sums at whole percents come to whole hundredths; what is kept of them too.
                (sale.total - sale.returned).hundredths() * percent / 100
            })
            .sum();
        let found = simulated(&sales, part);
        prop_assert_eq!(found.sales, sales.len() as i64);
        prop_assert_eq!(found.given, Bonus::from_hundredths(given));
    }
}
