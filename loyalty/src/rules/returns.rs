//! Which share of a sale a return undoes (ruling 27).

use crate::model::{Bonus, Money};

/// The share of `whole_bonus` that belongs to everything returned so far, less what earlier returns took: shares are
/// cumulative, so rounding never adds up to more or less than the whole.
pub fn share(whole_bonus: Bonus, returned_with_this: Money, total: Money, earlier: Bonus) -> Bonus {
    let so_far = crate::model::share(
        whole_bonus.hundredths(),
        returned_with_this.hundredths(),
        total.hundredths(),
    );
    (Bonus::from_hundredths(so_far) - earlier).or_zero()
}

/// How many of the bonuses to revoke the whole balance lacks (R-RETURN-4, ruling 28).
pub fn shortage(to_revoke: Bonus, balance: Bonus) -> Bonus {
    (to_revoke - balance.or_zero()).or_zero()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r_return_golden_figures() {
        let (total, accrued) = (Money::whole(1000), Bonus::whole(50));
        assert_eq!(
            share(accrued, Money::whole(250), total, Bonus::ZERO),
            Bonus::from_hundredths(1250)
        );
        assert_eq!(share(accrued, total, total, Bonus::ZERO), accrued);
        assert_eq!(shortage(Bonus::whole(50), Bonus::ZERO), Bonus::whole(50));
        assert_eq!(shortage(Bonus::whole(50), Bonus::whole(150)), Bonus::ZERO);
        assert_eq!(shortage(Bonus::whole(50), -Bonus::whole(20)), Bonus::whole(50));
    }

    proptest! {
        #[test]
        fn ruling_27_partial_returns_add_up_to_the_whole(
            parts in proptest::collection::vec(1_i64..100_000, 1..10),
            accrued in 0_i64..1_000_000,
        ) {
            let total = Money::from_hundredths(parts.iter().sum());
            let accrued = Bonus::from_hundredths(accrued);
            let (mut returned, mut revoked) = (Money::ZERO, Bonus::ZERO);
            for part in parts {
                returned += Money::from_hundredths(part);
                let now = share(accrued, returned, total, revoked);
                prop_assert!(now >= Bonus::ZERO);
                revoked += now;
            }
            prop_assert_eq!(revoked, accrued);
        }
    }
}
