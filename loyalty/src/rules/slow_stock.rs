//! Which goods in stock move too slowly (R-INVENTORY-4, R-INVENTORY-5).

use crate::model::StockItem;

/// So many days without a sale are too many.
pub const IDLE_DAYS: i64 = 30;

/// Why an article counts as slow: at least one of the two is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slowness {
    /// How much more there is than its threshold; in thousandths.
    pub excess: Option<i64>,
    /// Whole days without a sale, where they are at least [`IDLE_DAYS`].
    pub idle_days: Option<i64>,
}

/// Why the article is slow; none when it is not. What the stock report left out says nothing.
pub fn slowness(item: &StockItem) -> Option<Slowness> {
    let excess = match (item.quantity_on_hand, item.overstock_threshold) {
        (Some(on_hand), Some(threshold)) => Some(on_hand - threshold).filter(|excess| *excess > 0),
        _ => None,
    };
    let idle_days = item.days_without_sale.filter(|days| *days >= IDLE_DAYS);
    (excess.is_some() || idle_days.is_some()).then_some(Slowness { excess, idle_days })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(on_hand: Option<i64>, threshold: Option<i64>, days: Option<i64>) -> StockItem {
        StockItem {
            quantity_on_hand: on_hand,
            overstock_threshold: threshold,
            days_without_sale: days,
            ..StockItem::default()
        }
    }

    proptest! {
        #[test]
        fn r_inventory_5_slow_is_too_much_or_too_long(
            on_hand in proptest::option::of(0_i64..100), threshold in proptest::option::of(0_i64..100),
            days in proptest::option::of(0_i64..60),
        ) {
            let too_much = on_hand.zip(threshold).is_some_and(|(on_hand, threshold)| on_hand > threshold);
            let too_long = days.is_some_and(|days| days >= 30);
            let slowness = slowness(&item(on_hand, threshold, days));
            prop_assert_eq!(slowness.is_some(), too_much || too_long);
            if let Some(slowness) = slowness {
                prop_assert_eq!((slowness.excess.is_some(), slowness.idle_days.is_some()), (too_much, too_long));
            }
        }
    }
}
