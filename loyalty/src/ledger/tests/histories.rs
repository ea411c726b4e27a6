//! Every posting keeps the account adding up: random histories, checked after each step.

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Sell { total: i64, redeem: i64 },
    Return { order: usize, share: i64, settled: bool },
    Adjust { amount: i64 },
    Wait { seconds: i64 },
    Expire,
    Birthday { year: i32 },
    Year,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (500_i64..500_000, 0_i64..60_000).prop_map(|(total, redeem)| Step::Sell { total, redeem }),
        2 => (0_usize..20, 1_i64..=100, any::<bool>())
            .prop_map(|(order, share, settled)| Step::Return { order, share, settled }),
        1 => (-20_000_i64..20_000).prop_map(|amount| Step::Adjust { amount }),
        2 => prop_oneof![1_i64..50_000, 86_400_i64..3_500_000].prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Expire),
        1 => (2026_i32..2029).prop_map(|year| Step::Birthday { year }),
        1 => Just(Step::Year),
    ]
}

proptest! {
    #[test]
    fn random_histories_always_add_up(
        steps in proptest::collection::vec(step(), 1..60), is_generous: bool, is_invited: bool,
    ) {
        let rules = if is_generous { generous() } else { programme() };
        let mut client = Client::of(rules, is_invited.then_some(9));
        let mut now = Timestamp::from_millis(0);
        for step in steps {
            let before = client.account.clone();
            let refused = match step {
                Step::Sell { total, redeem } => {
                    let (total, redeem) = (Money::from_hundredths(total), Bonus::from_hundredths(redeem));
                    let available = Available::of(&before.lots, now).redeemable(Some(total), Money::whole(100));
                    let sold = client.sell(total, redeem, now);
                    if sold.is_ok() {
                        prop_assert!(redeem <= available, "R-SALE-15");
                        prop_assert!(redeem.hundredths() <= Percent::whole(30).of(total.hundredths()), "R-SALE-16");
                    }
                    sold.is_err()
                }
                Step::Return { order, share, settled } if order < client.orders.len() => {
                    let left = client.orders[order].sale.total - client.orders[order].returned;
                    let amount = Money::from_hundredths((left.hundredths() * share / 100).max(1));
                    client.give_back(order, amount, settled, now).is_err()
                }
                Step::Return { .. } => true,
                Step::Adjust { amount } => {
                    let request = AdjustmentRequest { amount: Bonus::from_hundredths(amount), reason: String::new() };
                    match decide_adjustment(&client.account, &programme(), &request, now) {
                        Ok(posting) => { client.apply(posting); false }
                        Err(_) => true,
                    }
                }
                Step::Wait { seconds } => { now = now.plus_seconds(seconds); true }
                Step::Expire => match decide_expiry(&client.account, now, now) {
                    Some(posting) => {
                        client.apply(posting);
                        prop_assert!(client.account.lots.iter().all(|lot| lot.expires_at > now), "R-EXPIRE-1");
                        false
                    }
                    None => true,
                },
                Step::Birthday { year } => match decide_birthday(&client.account, &client.programme, year, now) {
                    Some(posting) => { client.apply(posting); false }
                    None => true,
                },
                Step::Year => {
                    // In life it is twelve months ago: never the moment of a purchase being made.
                    let from = now.plus_seconds(-1).max(client.account.year_from);
                    let left = client.left_of_the_year(from);
                    let posting = decide_year(&client.account, left, from, now);
                    client.apply(posting);
                    false
                }
            };
            prop_assert_eq!(client.account.spent, client.spent(), "what was spent is purchases less returns");
            if refused {
                prop_assert_eq!(client.account.version, before.version, "a refusal changes nothing");
            }
        }
    }
}
