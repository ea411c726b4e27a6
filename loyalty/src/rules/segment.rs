//! Whether a client belongs to a segment (R-PROMO-1).

use std::collections::HashMap;

use crate::model::{Goods, RfmClass, Segment, Timestamp};

/// What decides it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shopper {
    /// The tier now.
    pub tier_id: i64,
    /// Purchases made.
    pub sales_count: i64,
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
    /// The class of the last review; none before the first.
    pub rfm: Option<RfmClass>,
    /// When each of the goods that segments ask about was last bought; what was never bought is not here.
    pub bought: HashMap<Goods, Timestamp>,
}

/// Whether the shopper belongs to the segment at `now`. A visit exactly so many days ago still counts as active.
pub fn contains(segment: &Segment, shopper: &Shopper, now: Timestamp) -> bool {
    let has_bought = shopper.sales_count > 0;
    let is_within = |at: Timestamp, days: i64| at.plus_days(days.max(0)) >= now;
    let has_come_within = |days: i64| shopper.last_visit_at.is_some_and(|at| is_within(at, days));
    let has_bought_within =
        |goods: &Goods, days: i64| shopper.bought.get(goods).is_some_and(|at| is_within(*at, days));
    match segment {
        Segment::Tiers { ids } => ids.contains(&shopper.tier_id),
        Segment::Inactive { days } => has_bought && !has_come_within(*days),
        Segment::Active { days } => has_bought && has_come_within(*days),
        Segment::Newcomers => !has_bought,
        Segment::Rfm { classes } => shopper.rfm.is_some_and(|class| classes.contains(&class)),
        Segment::Interest { goods } => shopper.bought.contains_key(goods),
        Segment::Bought { goods, days } => has_bought_within(goods, *days),
        Segment::NotBought { goods, days } => !has_bought_within(goods, *days),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    fn shopper(tier_id: i64, sales_count: i64, days_ago: Option<i64>) -> Shopper {
        Shopper {
            tier_id,
            sales_count,
            last_visit_at: days_ago.map(|days| NOW.plus_days(-days)),
            ..Shopper::default()
        }
    }

    #[test]
    fn the_edge_of_days() {
        let (active, inactive) = (Segment::Active { days: 30 }, Segment::Inactive { days: 30 });
        for (days_ago, is_active) in [(0, true), (30, true), (31, false)] {
            let shopper = shopper(1, 2, Some(days_ago));
            assert_eq!(contains(&active, &shopper, NOW), is_active, "{days_ago}");
            assert_eq!(contains(&inactive, &shopper, NOW), !is_active, "{days_ago}");
        }
    }

    proptest! {
        #[test]
        fn r_promo_1_active_inactive_and_newcomers_are_everybody_once(
            sales in 0_i64..5, days_ago in proptest::option::of(0_i64..400), days in 0_i64..400,
        ) {
            let shopper = shopper(1, sales, days_ago);
            let segments = [Segment::Active { days }, Segment::Inactive { days }, Segment::Newcomers];
            let members = segments.iter().filter(|segment| contains(segment, &shopper, NOW)).count();
            prop_assert_eq!(members, 1);
        }

        #[test]
        fn r_promo_1_a_tier_is_named(tier in 0_i64..6, ids in proptest::collection::vec(0_i64..6, 0..4)) {
            let segment = Segment::Tiers { ids: ids.clone() };
            prop_assert_eq!(contains(&segment, &shopper(tier, 1, None), NOW), ids.contains(&tier));
        }

        #[test]
        fn bought_and_not_bought_are_opposites_and_bought_is_an_interest(
            days_ago in proptest::option::of(0_i64..400), days in 0_i64..400,
        ) {
            let goods = Goods::Category("DAIRY".to_owned());
            let mut shopper = shopper(1, 1, Some(0));
            shopper.bought.extend(days_ago.map(|ago| (goods.clone(), NOW.plus_days(-ago))));
            let is_in = |segment: Segment| contains(&segment, &shopper, NOW);
            let bought = is_in(Segment::Bought { goods: goods.clone(), days });
            prop_assert_eq!(bought, days_ago.is_some_and(|ago| ago <= days));
            prop_assert_ne!(bought, is_in(Segment::NotBought { goods: goods.clone(), days }));
            prop_assert_eq!(is_in(Segment::Interest { goods }), days_ago.is_some());
        }
    }
}
