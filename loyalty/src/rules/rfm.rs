//! How recently, how often and for how much a client buys, compared with the shop's other buyers.

use crate::model::{Money, RfmClass, Timestamp};

/// Whoever came within so many days still comes, however eager the others are.
const FRESH_DAYS: i64 = 30;
/// Whoever has not come for so many days does not, however idle the others are.
const STALE_DAYS: i64 = 180;

/// A client, as the classes look at it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Buying {
    /// The newest visit.
    pub last_visit_at: Option<Timestamp>,
    /// Purchases made.
    pub sales_count: i64,
    /// Spent within a year.
    pub year_spent: Money,
}

/// Where the shop's buyers fall into fifths: the largest value of each fifth but the last, in rising order. A shop with
/// fewer than five buyers has fewer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bounds {
    /// Of the newest visit, in milliseconds.
    pub recency: Vec<i64>,
    /// Of purchases made.
    pub frequency: Vec<i64>,
    /// Of what was spent within a year, in hundredths.
    pub money: Vec<i64>,
}

/// The class of a client at `now`.
pub fn class(buying: &Buying, bounds: &Bounds, now: Timestamp) -> RfmClass {
    if buying.sales_count <= 0 {
        return RfmClass::Newcomer;
    }
    let recency = recency(buying.last_visit_at, bounds, now);
    let frequency = score(buying.sales_count, &bounds.frequency);
    let money = score(buying.year_spent.hundredths(), &bounds.money);
    match (recency, frequency, money) {
        (4.., 4.., 4..) => RfmClass::Champion,
        (3.., 4.., _) => RfmClass::Loyal,
        (4.., ..=2, _) => RfmClass::Promising,
        (..=2, 4.., _) | (..=2, _, 4..) => RfmClass::AtRisk,
        (..=2, ..=2, _) => RfmClass::Lost,
        _ => RfmClass::Regular,
    }
}

/// From 1 to 5: those who share a value share the lowest score of it.
fn score(value: i64, bounds: &[i64]) -> usize {
    1 + bounds.iter().filter(|bound| **bound < value).count()
}

fn recency(last_visit_at: Option<Timestamp>, bounds: &Bounds, now: Timestamp) -> usize {
    let Some(at) = last_visit_at else { return 1 };
    let score = score(at.millis(), &bounds.recency);
    if at.plus_days(FRESH_DAYS) >= now {
        score.max(3)
    } else if at.plus_days(STALE_DAYS) < now {
        score.min(2)
    } else {
        score
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    fn buying(days_ago: i64, sales_count: i64, spent: i64) -> Buying {
        Buying {
            last_visit_at: Some(NOW.plus_days(-days_ago)),
            sales_count,
            year_spent: Money::whole(spent),
        }
    }

    fn bounds() -> Bounds {
        Bounds {
            recency: [120, 90, 60, 10]
                .map(|days| NOW.plus_days(-days).millis())
                .to_vec(),
            frequency: vec![1, 2, 5, 10],
            money: [100, 200, 500, 1000].map(|spent| spent * 100).to_vec(),
        }
    }

    #[test]
    fn the_table() {
        use RfmClass::{AtRisk, Champion, Lost, Loyal, Newcomer, Promising, Regular};
        for (days_ago, sales, spent, expected) in [
            (1, 20, 2000, Champion),
            (1, 20, 50, Loyal),
            (70, 20, 2000, Loyal),
            (1, 1, 50, Promising),
            (1, 2, 5000, Promising),
            (1, 4, 300, Regular),
            (70, 1, 50, Regular),
            (100, 20, 50, AtRisk),
            (100, 1, 5000, AtRisk),
            (100, 4, 300, Regular),
            (300, 1, 50, Lost),
            (1, 0, 0, Newcomer),
        ] {
            assert_eq!(
                class(&buying(days_ago, sales, spent), &bounds(), NOW),
                expected,
                "{days_ago} {sales} {spent}"
            );
        }
    }

    #[test]
    fn a_shop_with_one_buyer_does_not_lose_it() {
        let only = buying(1, 1, 50);
        let bounds = Bounds {
            recency: vec![only.last_visit_at.unwrap().millis()],
            frequency: vec![1],
            money: vec![5000],
        };
        assert_eq!(class(&only, &bounds, NOW), RfmClass::Regular);
        assert_eq!(
            class(&only, &Bounds::default(), NOW.plus_days(365)),
            RfmClass::Lost
        );
    }

    proptest! {
        #[test]
        fn more_is_never_worse(days in 0_i64..400, sales in 1_i64..30, spent in 0_i64..3000) {
            let standing = |class| match class {
                RfmClass::Champion => 4,
                RfmClass::Loyal => 3,
                RfmClass::Regular | RfmClass::Promising => 2,
                RfmClass::AtRisk => 1,
                RfmClass::Lost | RfmClass::Newcomer => 0,
            };
            let of = |days, sales, spent| standing(class(&buying(days, sales, spent), &bounds(), NOW));
            let this = of(days, sales, spent);
            prop_assert!(days == 0 || of(days - 1, sales, spent) >= this, "a later visit");
            // Being at risk is being worth something: who comes no more and bought little is in the middle or lost.
            if days <= FRESH_DAYS {
                prop_assert!(of(days, sales + 1, spent) >= this, "one more purchase");
                prop_assert!(of(days, sales, spent + 1) >= this, "a larger sum");
            }
        }
    }
}
