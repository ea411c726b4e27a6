//! Whom a campaign is for (R-INVENTORY-4).

use super::segment::{Shopper, contains};
use crate::model::{Audience, Timestamp};

/// Whether the shopper belongs to the audience as of `at`. Whether anything may be sent is another question.
pub fn is_meant(audience: &Audience, shopper: &Shopper, at: Timestamp) -> bool {
    let has_bought = audience.bought.as_ref().is_none_or(|bought| {
        let since = at.plus_days(-bought.days);
        let mut found = bought.goods.iter().filter_map(|goods| shopper.bought.get(goods));
        found.any(|last_at| *last_at >= since)
    });
    let is_in_segment = audience
        .segment
        .as_ref()
        .is_none_or(|segment| contains(segment, shopper, at));
    has_bought && is_in_segment
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Goods, RecentPurchase, Segment};

    const NOW: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    proptest! {
        #[test]
        fn both_conditions_hold_where_both_are_set(
            days_ago in proptest::collection::vec(proptest::option::of(0_i64..100), 2), days in 1_i64..100,
            tier in 0_i64..3, asks_goods in any::<bool>(), asks_tier in any::<bool>(),
        ) {
            let goods = [Goods::Sku("a".to_owned()), Goods::Tag("b".to_owned())];
            let bought = goods
                .iter()
                .cloned()
                .zip(&days_ago)
                .filter_map(|(goods, ago)| ago.map(|ago| (goods, NOW.plus_days(-ago))))
                .collect();
            let shopper = Shopper { tier_id: tier, bought, ..Shopper::default() };
            let audience = Audience {
                bought: asks_goods.then(|| RecentPurchase { goods: goods.to_vec(), days }),
                segment: asks_tier.then(|| Segment::Tiers { ids: vec![1] }),
            };
            let has_bought = days_ago.iter().flatten().any(|ago| *ago <= days);
            let expected = (!asks_goods || has_bought) && (!asks_tier || tier == 1);
            prop_assert_eq!(is_meant(&audience, &shopper, NOW), expected);
        }
    }
}
