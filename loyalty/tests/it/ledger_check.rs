//! `check-ledger` finds whatever is not as it should be: one row is changed for each rule, and that rule fires.

use std::collections::BTreeSet;

use loyalty::ledger::{Line, ReturnRequest};
use loyalty::model::{Bonus, Condition, Factor, Limits, Money, Promotion, Reward};
use loyalty::usecase::{self, Once};

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{Shop, sale};

/// What is done to a row, which rule finds it, and what makes it good again.
struct Damage {
    rule: &'static str,
    done: &'static str,
    undone: &'static str,
}

const fn damage(rule: &'static str, done: &'static str, undone: &'static str) -> Damage {
    Damage { rule, done, undone }
}

const DAMAGES: &[Damage] = &[
    damage(
        "the balance is the sum of the entries",
        "UPDATE clients SET balance = balance + 1 WHERE tenant_id = 1 AND id = 2",
        "UPDATE clients SET balance = balance - 1 WHERE tenant_id = 1 AND id = 2",
    ),
    damage(
        "the balance is the sum of the open lots, or a debt without any",
        "UPDATE lots SET remaining = remaining - 1 WHERE id = (SELECT MAX(id) FROM lots WHERE remaining > 1)",
        "UPDATE lots SET remaining = remaining + 1 WHERE id = (SELECT MAX(id) FROM lots WHERE remaining > 1)",
    ),
    damage(
        "a lot is between nothing and its amount, and open while something remains",
        "UPDATE lots SET open = NOT open WHERE id = (SELECT MAX(id) FROM lots)",
        "UPDATE lots SET open = NOT open WHERE id = (SELECT MAX(id) FROM lots)",
    ),
    damage(
        "a lot holds what its entries gave and took",
        "UPDATE entry_lots SET amount = amount + 1 WHERE client_id = 2 AND number = 1",
        "UPDATE entry_lots SET amount = amount - 1 WHERE client_id = 2 AND number = 1",
    ),
    damage(
        "an entry moves lots by what it moves the balance above nothing",
        "UPDATE entry_lots SET amount = amount - 1 WHERE client_id = 2 AND number = (SELECT MAX(number) FROM entries
          WHERE client_id = 2 AND kind = 'restoration')",
        "UPDATE entry_lots SET amount = amount + 1 WHERE client_id = 2 AND number = (SELECT MAX(number) FROM entries
          WHERE client_id = 2 AND kind = 'restoration')",
    ),
    damage(
        "the newest entry carries the balance",
        "UPDATE entries SET balance_after = balance_after + 1 WHERE client_id = 2
            AND number = (SELECT entry_number FROM clients WHERE id = 2)",
        "UPDATE entries SET balance_after = balance_after - 1 WHERE client_id = 2
            AND number = (SELECT entry_number FROM clients WHERE id = 2)",
    ),
    damage(
        "entries are numbered without gaps",
        "UPDATE clients SET entry_number = entry_number + 1 WHERE id = 2",
        "UPDATE clients SET entry_number = entry_number - 1 WHERE id = 2",
    ),
    damage(
        "each entry continues the balance before it",
        "UPDATE entries SET balance_after = balance_after + 1 WHERE client_id = 2 AND number = 1",
        "UPDATE entries SET balance_after = balance_after - 1 WHERE client_id = 2 AND number = 1",
    ),
    damage(
        "sales are numbered without gaps",
        "UPDATE clients SET sale_number = sale_number + 1 WHERE id = 2",
        "UPDATE clients SET sale_number = sale_number - 1 WHERE id = 2",
    ),
    damage(
        "a sale's figures are those of its entries",
        "UPDATE sales SET accrued = accrued + 1 WHERE external_id = 'second'",
        "UPDATE sales SET accrued = accrued - 1 WHERE external_id = 'second'",
    ),
    damage(
        "what a client spent is the sum of purchases less returns",
        "UPDATE clients SET total_spent = total_spent + 1 WHERE id = 2",
        "UPDATE clients SET total_spent = total_spent - 1 WHERE id = 2",
    ),
    damage(
        "the last twelve months are the purchases after their beginning less returns",
        "UPDATE clients SET year_spent = year_spent + 1 WHERE id = 2",
        "UPDATE clients SET year_spent = year_spent - 1 WHERE id = 2",
    ),
    damage(
        "a client's purchases are counted",
        "UPDATE clients SET sales_count = sales_count + 1 WHERE id = 2",
        "UPDATE clients SET sales_count = sales_count - 1 WHERE id = 2",
    ),
    damage(
        "a client's newest purchase is known",
        "UPDATE clients SET last_purchase_at = last_purchase_at + 1 WHERE id = 2",
        "UPDATE clients SET last_purchase_at = last_purchase_at - 1 WHERE id = 2",
    ),
    damage(
        "what happens once happened once",
        "UPDATE entries SET cause = 'once' WHERE client_id = 2 AND number <= 2",
        "UPDATE entries SET cause = NULL WHERE client_id = 2 AND number <= 2",
    ),
    damage(
        "nothing is posted twice",
        "UPDATE sales SET external_id = 'first' WHERE external_id = 'second'",
        "UPDATE sales SET external_id = 'second' WHERE external_id = 'first' AND total = 20000",
    ),
    damage(
        "the returns of a sale never exceed it",
        "UPDATE returns SET amount = amount + 1000000",
        "UPDATE returns SET amount = amount - 1000000",
    ),
    damage(
        "a return is of a sale of its own client",
        "UPDATE returns SET client_id = 3",
        "UPDATE returns SET client_id = 2",
    ),
    damage(
        "no more is restored than was redeemed",
        "UPDATE returns SET restored = restored + 1000000",
        "UPDATE returns SET restored = restored - 1000000",
    ),
    damage(
        "a return tells for which lots it restores",
        "UPDATE returns SET restored = restored - 1",
        "UPDATE returns SET restored = restored + 1",
    ),
    damage(
        "a lot gets no more back than the order spent of it",
        "UPDATE returns SET put_back = replace(put_back, '[[', '[[9')",
        "UPDATE returns SET put_back = replace(put_back, '[[9', '[[')",
    ),
    damage(
        "a shop's clients are counted",
        "UPDATE tenants SET clients_count = clients_count + 1",
        "UPDATE tenants SET clients_count = clients_count - 1",
    ),
    damage(
        "a promotion is used as often as it was applied",
        "UPDATE promotions SET used = used + 1 WHERE used > 0",
        "UPDATE promotions SET used = used - 1 WHERE used > 0",
    ),
    damage(
        "a promotion is used as often as it was applied",
        "UPDATE promotions SET used = used - 1 WHERE used > 1",
        "UPDATE promotions SET used = used + 1 WHERE used > 0",
    ),
    damage(
        "a client had a promotion as often as it was applied",
        "UPDATE promotion_uses SET times = times + 1",
        "UPDATE promotion_uses SET times = times - 1",
    ),
];

/// History that every rule has something to say about.
async fn trade(shop: &Shop) {
    let tenant = shop.register(1).await.tenant;
    let promotion = Promotion {
        id: 0,
        name: "Втрое".to_owned(),
        description: None,
        condition: Condition::default(),
        reward: Reward::Multiplier(Factor::from_hundredths(300)),
        limits: Limits {
            per_client: Some(5),
            in_all: Some(5),
        },
        starts_at: None,
        ends_at: None,
        combinable: false,
        segment: None,
        enabled: true,
        used: 0,
    };
    usecase::put_promotion(&shop.loyalty, &tenant, "владелец", &promotion)
        .await
        .unwrap();
    // Whoever believed the old promotions for some seconds has forgotten them.
    shop.wait_seconds(120);
    let client = shop.client(2);
    shop.set_balance(&client, Bonus::whole(100)).await;
    for (name, total, redeem) in [("first", 100, 0), ("second", 200, 30)] {
        let lines = vec![Line {
            sku: Some("A".to_owned()),
            line_amount: Some(Money::whole(total)),
            ..Line::default()
        }];
        let request = loyalty::ledger::SaleRequest {
            lines,
            ..sale(Money::whole(total), Bonus::whole(redeem), Some(name))
        };
        shop.sell(&client, &request).await.unwrap();
        shop.wait_seconds(60);
    }
    let request = ReturnRequest {
        amount: Money::whole(50),
        cash_refund: None,
        to_revoke: None,
        shortage_settled: true,
        external_id: "back".to_owned(),
    };
    let register = shop.register(1).await;
    usecase::return_goods(
        &shop.loyalty,
        &register,
        &client,
        "second",
        &request,
        Once::unnamed(),
    )
    .await
    .unwrap();
}

/// Changes what the database itself would refuse.
async fn lift_the_guards(shop: &Shop, raw: &Raw) {
    for table in ["entries", "entry_lots", "sales", "returns"] {
        if shop.url.starts_with("sqlite") {
            for of in ["update", "delete"] {
                raw.execute(&format!("DROP TRIGGER {table}_refuse_{of}")).await;
            }
        } else {
            raw.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER"))
                .await;
        }
    }
    for index in ["entries_cause", "sales_external"] {
        raw.execute(&format!("DROP INDEX {index}")).await;
    }
}

#[test]
fn every_rule_is_tried() {
    let tried: BTreeSet<&str> = DAMAGES.iter().map(|damage| damage.rule).collect();
    assert_eq!(tried.into_iter().collect::<Vec<_>>(), usecase::ledger_rules());
}

on_both_engines! {
    async fn check_ledger_finds_every_kind_of_damage(shop: Shop) {
        trade(shop).await;
        let raw = Raw::of(shop).await;
        lift_the_guards(shop, &raw).await;
        assert_eq!(usecase::check_ledger(&shop.loyalty).await.unwrap(), []);
        let mut silent = Vec::new();
        for damage in DAMAGES {
            raw.execute(damage.done).await;
            let found = usecase::check_ledger(&shop.loyalty).await.unwrap();
            if !found.iter().any(|violation| violation.rule == damage.rule) {
                silent.push((damage.rule, found));
            }
            raw.execute(damage.undone).await;
            assert_eq!(usecase::check_ledger(&shop.loyalty).await.unwrap(), [], "after {}", damage.undone);
        }
        assert!(silent.is_empty(), "{silent:#?}");
    }
}
