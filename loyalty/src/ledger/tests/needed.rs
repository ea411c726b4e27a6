//! Deciding on the lots that are needed is deciding on all of them.

use super::*;
use crate::model::Lot;

/// The lots that burn after `after` and whose hold ends until `until`, in spending order, until those that are no welcome
/// bonuses come to `amount`: what the store reads.
fn first(lots: &[Lot], after: Timestamp, until: Timestamp, amount: Bonus) -> Vec<Lot> {
    let mut order: Vec<Lot> = lots
        .iter()
        .filter(|lot| lot.expires_at > after && lot.available_at <= until)
        .cloned()
        .collect();
    order.sort_by_key(|lot| (lot.expires_at, lot.id));
    let mut covered = Bonus::ZERO;
    let mut needed = Vec::new();
    for lot in order {
        if covered >= amount {
            break;
        }
        if lot.kind != LotKind::Welcome {
            covered += lot.remaining;
        }
        needed.push(lot);
    }
    needed
}

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn lots() -> impl Strategy<Value = Vec<Lot>> {
    let lot =
        (1_i64..500, 0_i64..2_000, 500_i64..3_000, 0..5).prop_map(|(remaining, available, expires, kind)| {
            let remaining = Bonus::from_hundredths(remaining);
            Lot {
                id: 0,
                kind: if kind == 0 {
                    LotKind::Welcome
                } else {
                    LotKind::Regular
                },
                amount: remaining + remaining,
                remaining,
                available_at: Timestamp::from_millis(available),
                expires_at: Timestamp::from_millis(expires),
            }
        });
    proptest::collection::vec(lot, 0..30).prop_map(|mut lots| {
        for (lot, id) in lots.iter_mut().zip(1..) {
            lot.id = id;
        }
        lots
    })
}

fn account(lots: Lots, balance: Bonus) -> Account {
    Account {
        balance,
        lots,
        ..Client::empty(programme(), None).account
    }
}

fn told<T: std::fmt::Debug>(decided: T) -> String {
    format!("{decided:?}")
}

proptest! {
    #[test]
    fn the_first_lots_decide_a_redemption_as_all_of_them_do(
        lots in lots(), amount in 1_i64..3_000, total in 5_000_i64..20_000,
    ) {
        let balance = lots.iter().map(|lot| lot.remaining).sum();
        let amount = Bonus::from_hundredths(amount);
        let request = RedemptionRequest { amount, total: Money::from_hundredths(total), external_id: None };
        let needed = Lots::spending(first(&lots, NOW, NOW, amount), amount, Available::of(&lots, NOW));
        let decide = |lots: Lots| {
            let account = account(lots, balance);
            told(decide_redemption(&account, &programme(), &request, Bonus::ZERO, NOW))
        };
        prop_assert_eq!(decide(needed), decide(Lots::all(lots)));
    }

    #[test]
    fn the_lots_that_burn_first_decide_a_correction_and_a_return_as_all_of_them_do(
        lots in lots(), amount in 1_i64..3_000, gift in 0_i64..500, own in proptest::collection::vec(1_i64..31, 2),
    ) {
        let balance: Bonus = lots.iter().map(|lot| lot.remaining).sum();
        let (amount, gift) = (Bonus::from_hundredths(amount), Bonus::from_hundredths(gift));
        let (ever, never) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        let taken = amount + gift;
        let mut needed = first(&lots, ever, never, taken);
        for lot in lots.iter().filter(|lot| own.contains(&lot.id)) {
            if !needed.contains(lot) {
                needed.push(lot.clone());
            }
        }
        let (needed, all) = (Lots::taking(needed, taken), Lots::all(lots));
        let correct = |lots: &Lots| {
            let request = AdjustmentRequest { amount: -amount, reason: String::new() };
            told(decide_adjustment(&account(lots.clone(), balance), &programme(), &request, NOW))
        };
        prop_assert_eq!(correct(&needed), correct(&all));
        let give_back = |lots: &Lots| {
            let order = Order {
                sale: OrderSale { id: 1, total: Money::whole(100), accrued: amount, created_at: NOW },
                is_purchase: true,
                redeemed: Bonus::ZERO,
                accrual_lot: Some(own[0]),
                gifts: vec![OrderGift { kind: EntryKind::SecondPurchase, amount: gift, lot_id: Some(own[1]) }],
                inviter_id: None,
                spent: Vec::new(),
                returned: Money::ZERO,
                revoked: Bonus::ZERO,
                restored: Bonus::ZERO,
            };
            assert_eq!(order.may_be_taken(), taken);
            let request = ReturnRequest {
                amount: Money::whole(100),
                cash_refund: None,
                to_revoke: None,
                shortage_settled: true,
                external_id: String::new(),
            };
            told(decide_return(&account(lots.clone(), balance), &order, &request, NOW))
        };
        prop_assert_eq!(give_back(&needed), give_back(&all));
        let undo = |lots: &Lots| told(decide_inviter_revocation(&account(lots.clone(), balance), 9, amount, Some(own[0]), NOW));
        prop_assert_eq!(undo(&needed), undo(&all));
    }
}

#[test]
#[should_panic(expected = "lots were not read to take")]
fn a_decision_that_needs_more_lots_does_not_go_on_with_some() {
    let lots = Lots::spending(Vec::new(), Bonus::whole(5), Available::default());
    let account = account(lots, Bonus::whole(100));
    let request = AdjustmentRequest {
        amount: -Bonus::whole(5),
        reason: String::new(),
    };
    let _decided = decide_adjustment(&account, &programme(), &request, NOW);
}
