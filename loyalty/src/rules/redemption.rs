//! What may be spent, and from which lots (R-LOOKUP-3 to R-LOOKUP-7, rulings 20 and 21).

use crate::model::{Bonus, Lot, LotKind, Money, Percent, Timestamp};

/// What a client's open lots come to at one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Available {
    /// Past the hold, not expired, without welcome bonuses.
    pub plain: Bonus,
    /// Welcome bonuses, past the hold and not expired.
    pub welcome: Bonus,
    /// On hold.
    pub held: Bonus,
}

impl Available {
    /// Counts these open lots at `now`.
    pub fn of(lots: &[Lot], now: Timestamp) -> Self {
        let mut sums = Self::default();
        for lot in lots {
            match lot.kind {
                _ if lot.is_held(now) => sums.held += lot.remaining,
                _ if !lot.is_available(now) => {}
                LotKind::Welcome => sums.welcome += lot.remaining,
                _ => sums.plain += lot.remaining,
            }
        }
        sums
    }

    /// Redeemable on a receipt of `check`: welcome bonuses count when the receipt is not known yet or reaches
    /// `welcome_min` (ruling 21).
    pub fn redeemable(self, check: Option<Money>, welcome_min: Money) -> Bonus {
        if welcome_counts(check, welcome_min) {
            self.plain + self.welcome
        } else {
            self.plain
        }
    }
}

/// The largest part of a receipt of `check` that bonuses may pay, whatever the balance (R-LOOKUP-4).
pub fn limit(check: Money, percent: Percent) -> Bonus {
    Bonus::from_hundredths(percent.of(check.hundredths()))
}

/// `min(check × percent, redeemable)` (R-LOOKUP-3).
pub fn redeem_max(check: Money, percent: Percent, redeemable: Bonus) -> Bonus {
    limit(check, percent).min(redeemable).or_zero()
}

/// Takes `amount` from `lots` in spending order: what expires first, then the oldest (ruling 20). Gives lot ids and
/// what each loses; less than `amount` in all when the lots hold less.
pub fn take<'a>(lots: impl Iterator<Item = &'a Lot>, amount: Bonus) -> Vec<(i64, Bonus)> {
    let mut order: Vec<&Lot> = lots.filter(|lot| lot.remaining.is_positive()).collect();
    order.sort_by_key(|lot| (lot.expires_at, lot.id));
    let mut missing = amount;
    order
        .into_iter()
        .map_while(|lot| {
            let part = lot.remaining.min(missing);
            missing -= part;
            part.is_positive().then_some((lot.id, part))
        })
        .collect()
}

/// Whether welcome bonuses may pay a receipt of `check` (R-SALE-17).
pub fn welcome_counts(check: Option<Money>, welcome_min: Money) -> bool {
    check.is_none_or(|check| check >= welcome_min)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lot(id: i64, remaining: i64, available_at: i64, expires_at: i64, kind: LotKind) -> Lot {
        Lot {
            id,
            kind,
            amount: Bonus::from_hundredths(remaining),
            remaining: Bonus::from_hundredths(remaining),
            available_at: Timestamp::from_millis(available_at),
            expires_at: Timestamp::from_millis(expires_at),
        }
    }

    #[test]
    fn r_lookup_5_and_6_golden_figures() {
        let (check, percent) = (Money::whole(500), Percent::whole(30));
        assert_eq!(redeem_max(check, percent, Bonus::whole(40)), Bonus::whole(40));
        assert_eq!(redeem_max(check, percent, Bonus::whole(200)), Bonus::whole(150));
        assert_eq!(redeem_max(check, percent, -Bonus::whole(7)), Bonus::ZERO);
    }

    #[test]
    fn r_lookup_7_holds_and_expired_lots_are_not_redeemable() {
        let lots = [
            lot(1, 100, 0, 50, LotKind::Regular),
            lot(2, 200, 60, 900, LotKind::Regular),
            lot(3, 400, 0, 900, LotKind::Regular),
            lot(4, 800, 0, 900, LotKind::Welcome),
        ];
        let sums = Available::of(&lots, Timestamp::from_millis(50));
        assert_eq!(
            (
                sums.plain.hundredths(),
                sums.welcome.hundredths(),
                sums.held.hundredths()
            ),
            (400, 800, 200)
        );
        let welcome_min = Money::whole(100);
        assert_eq!(sums.redeemable(None, welcome_min).hundredths(), 1200);
        assert_eq!(
            sums.redeemable(Some(Money::whole(100)), welcome_min).hundredths(),
            1200
        );
        assert_eq!(
            sums.redeemable(Some(Money::whole(99)), welcome_min).hundredths(),
            400
        );
    }

    proptest! {
        #[test]
        fn ruling_20_spends_what_expires_first(
            lots in proptest::collection::vec((0_i64..500, 1_i64..5), 0..12),
            amount in 0_i64..3000,
        ) {
            let lots: Vec<Lot> = lots
                .into_iter()
                .enumerate()
                .map(|(id, (left, expires))| lot(id as i64, left, 0, expires, LotKind::Regular))
                .collect();
            let all: i64 = lots.iter().map(|lot| lot.remaining.hundredths()).sum();
            let taken = take(lots.iter(), Bonus::from_hundredths(amount));
            prop_assert_eq!(taken.iter().map(|(_, part)| part.hundredths()).sum::<i64>(), amount.min(all));
            let of = |id: i64| &lots[id as usize];
            for pair in taken.windows(2) {
                let (first, second) = (of(pair[0].0), of(pair[1].0));
                prop_assert!((first.expires_at, first.id) < (second.expires_at, second.id));
                prop_assert_eq!(pair[0].1, first.remaining, "a lot is emptied before the next one is touched");
            }
            for (id, part) in taken {
                prop_assert!(part.is_positive() && part <= of(id).remaining);
            }
        }
    }
}
