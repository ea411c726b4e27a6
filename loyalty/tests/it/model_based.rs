//! Random histories against a naive model: a list of numbers that knows nothing of lots. Promotion, tier, redemption and
//! return meet in every order.

use loyalty::ledger::{AdjustmentRequest, Line, ReturnRequest, SaleRequest};
use loyalty::model::{Bonus, Money};
use loyalty::usecase::{self, Once};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::on_both_engines;
use crate::shop::{Shop, sale};

#[derive(Clone, Debug)]
enum Step {
    Sell { total: i64, dairy: i64, redeem: i64 },
    Return { order: usize, share: i64 },
    Adjust { amount: i64 },
    Wait { seconds: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1000_i64..100_000, 0_i64..=100, 0_i64..10_000).prop_map(|(total, dairy, redeem)| Step::Sell {
            total,
            dairy: total * dairy / 100,
            redeem,
        }),
        2 => (0_usize..12, 1_i64..=100).prop_map(|(order, share)| Step::Return { order, share }),
        1 => (-5_000_i64..5_000).prop_map(|amount| Step::Adjust { amount }),
        1 => (1_i64..3).prop_map(|seconds| Step::Wait { seconds }),
    ];
    proptest::collection::vec(step, 15..30)
}

/// An order as the model knows it: total, accrued, redeemed, returned, revoked, restored.
#[derive(Clone, Debug, Default)]
struct Naive {
    balance: i64,
    spent: i64,
    orders: Vec<[i64; 6]>,
}

impl Naive {
    /// Basis points of the demo shop's tiers.
    fn percent(&self) -> i64 {
        match self.spent {
            2_000_000.. => 1000,
            500_000.. => 700,
            _ => 500,
        }
    }
}

fn half_up(amount: i64, part: i64, whole: i64) -> i64 {
    (2 * amount * part + whole).div_euclid(2 * whole)
}

async fn play(shop: &Shop, steps: Vec<Step>) {
    let (client, register) = (shop.client(2), shop.register(1).await);
    let mut naive = Naive {
        balance: shop.balance(&client).await.hundredths(),
        spent: 0,
        orders: Vec::new(),
    };
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Sell { total, dairy, redeem } => {
                let name = format!("order {}", naive.orders.len());
                let line = |category: &str, amount: i64| Line {
                    category_code: Some(category.to_owned()),
                    line_amount: Some(Money::from_hundredths(amount)),
                    ..Line::default()
                };
                let request = SaleRequest {
                    lines: vec![line("DAIRY", dairy), line("BREAD", total - dairy)],
                    ..sale(
                        Money::from_hundredths(total),
                        Bonus::from_hundredths(redeem),
                        Some(&name),
                    )
                };
                if let Ok(made) = shop.sell(&client, &request).await {
                    // Spent bonuses lower the dairy by its share; it earns twice.
                    let (percent, paid) = (naive.percent(), total - redeem);
                    let extra = half_up(half_up(paid, dairy, total), percent, 10_000);
                    let accrued = half_up(paid, percent, 10_000) + extra;
                    assert_eq!(made.accrued.hundredths(), accrued);
                    assert!(redeem <= half_up(total, 3000, 10_000) && redeem <= naive.balance);
                    naive.balance += accrued - redeem;
                    naive.spent += total;
                    naive.orders.push([total, accrued, redeem, 0, 0, 0]);
                }
            }
            Step::Return { order, share } if order < naive.orders.len() => {
                let [total, accrued, redeemed, returned, revoked, restored] = naive.orders[order];
                let amount = ((total - returned) * share / 100).max(1);
                let request = ReturnRequest {
                    amount: Money::from_hundredths(amount),
                    cash_refund: None,
                    to_revoke: None,
                    shortage_settled: true,
                    external_id: format!("return {number}"),
                };
                let once = Once::unnamed();
                let (name, loyalty) = (format!("order {order}"), &shop.loyalty);
                let made = usecase::return_goods(loyalty, &register, &client, &name, &request, once).await;
                if returned + amount > total {
                    assert!(made.is_err());
                } else {
                    made.unwrap();
                    let revoke = half_up(accrued, returned + amount, total) - revoked;
                    let restore = half_up(redeemed, returned + amount, total) - restored;
                    let shortage = (revoke - naive.balance.max(0)).max(0);
                    naive.balance += restore - revoke + shortage;
                    naive.spent -= amount;
                    naive.orders[order] = [
                        total,
                        accrued,
                        redeemed,
                        returned + amount,
                        revoked + revoke,
                        restored + restore,
                    ];
                }
            }
            Step::Return { .. } => {}
            Step::Adjust { amount } => {
                let request = AdjustmentRequest {
                    amount: Bonus::from_hundredths(amount),
                    reason: "test".to_owned(),
                };
                let adjusted = usecase::adjust(&shop.loyalty, &register.tenant, 2, &request).await;
                assert_eq!(adjusted.is_ok(), naive.balance + amount >= 0 || amount >= 0);
                if adjusted.is_ok() {
                    naive.balance += amount;
                }
            }
            Step::Wait { seconds } => shop.wait_seconds(seconds),
        }
        assert_eq!(
            shop.balance(&client).await.hundredths(),
            naive.balance,
            "after step {number}"
        );
        assert_eq!(usecase::check_ledger(&shop.loyalty).await.unwrap(), []);
    }
}

on_both_engines! {
    async fn random_histories_agree_with_a_naive_model(shop: Shop) {
        // One history per run and engine, printed so that a failure can be played again; many live in the soak.
        let steps = steps().new_tree(&mut TestRunner::default()).unwrap().current();
        println!("{steps:?}");
        play(shop, steps).await;
    }
}
