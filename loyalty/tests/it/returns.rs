//! R-RETURN and rulings 27 to 29.

use loyalty::ledger::{RedemptionRequest, ReturnRequest};
use loyalty::model::{Bonus, Identifier, Money};
use loyalty::usecase::{self, CalculationRequest, Error, Once, ReturnRecord};

use crate::on_both_engines;
use crate::shop::{Shop, fresh, sale};

const DAY: i64 = 86_400;

fn back(amount: i64, external_id: &str) -> ReturnRequest {
    ReturnRequest {
        amount: Money::whole(amount),
        cash_refund: Some(Money::whole(amount)),
        to_revoke: None,
        shortage_settled: false,
        external_id: external_id.to_owned(),
    }
}

fn settled(amount: i64, external_id: &str) -> ReturnRequest {
    ReturnRequest {
        shortage_settled: true,
        ..back(amount, external_id)
    }
}

/// A client with ten bonuses that burn on day 5 and ten that burn on day 20.
async fn two_lots(shop: &Shop) -> Identifier {
    let client = shop.client(2);
    shop.set_balance(&client, Bonus::ZERO).await;
    for (days, balance) in [(5, 10), (20, 20)] {
        shop.change(|rules| rules.bonus_expiry_days = Some(days)).await;
        shop.set_balance(&client, Bonus::whole(balance)).await;
    }
    client
}

async fn give_back(
    shop: &Shop,
    client: &Identifier,
    order: &str,
    request: &ReturnRequest,
) -> Result<ReturnRecord, Error> {
    let once = Once::unnamed();
    usecase::return_goods(
        &shop.loyalty,
        &shop.register(1).await,
        client,
        order,
        request,
        once,
    )
    .await
    .map(fresh)
}

async fn calculate(
    shop: &Shop,
    client: &Identifier,
    order: Option<&str>,
    amount: Option<i64>,
    to_revoke: Option<i64>,
) -> Result<(String, String), Error> {
    let request = CalculationRequest {
        amount: amount.map(Money::whole),
        to_revoke: to_revoke.map(Bonus::whole),
        original_external_id: order.map(str::to_owned),
    };
    let once = Once::unnamed();
    let figures = fresh(
        usecase::calculate_return(&shop.loyalty, &shop.register(1).await, client, &request, once).await?,
    );
    Ok((figures.to_revoke.to_string(), figures.shortage.to_string()))
}

async fn redeem(shop: &Shop, client: &Identifier, order: &str, amount: i64, total: i64) {
    let request = RedemptionRequest {
        amount: Bonus::whole(amount),
        total: Money::whole(total),
        external_id: Some(order.to_owned()),
    };
    let once = Once::unnamed();
    usecase::redeem(&shop.loyalty, &shop.register(1).await, client, &request, once)
        .await
        .unwrap();
}

on_both_engines! {
    async fn ruling_29_returns_after_a_date_has_passed_find_the_lots_that_have_room(shop: Shop) {
        let client = two_lots(shop).await;
        shop.wait_seconds(DAY);
        shop.sell(&client, &sale(Money::whole(100), Bonus::whole(20), Some("sale"))).await.unwrap();
        shop.wait_seconds(9 * DAY);
        give_back(shop, &client, "sale", &settled(65, "first")).await.unwrap();
        shop.wait_seconds(DAY);
        give_back(shop, &client, "sale", &settled(35, "second")).await.unwrap();
        let left = "SELECT remaining FROM lots WHERE client_id = 2 AND kind = 'manual' AND amount <= 1000 ORDER BY id";
        assert_eq!(shop.numbers(left).await, [0, 1000, 300, 700], "of day 5, of day 20, and two that live 30 days");
    }

    async fn returns_of_older_days_know_their_lots_by_their_entries(shop: Shop) {
        let client = two_lots(shop).await;
        shop.sell(&client, &sale(Money::whole(100), Bonus::whole(20), Some("sale"))).await.unwrap();
        for (amount, name) in [(30, "first"), (30, "second")] {
            give_back(shop, &client, "sale", &settled(amount, name)).await.unwrap();
        }
        // As they were before returns named the lots.
        shop.execute_by_engine("DROP TRIGGER returns_refuse_update", "DROP TRIGGER returns_refuse_change ON returns").await;
        shop.execute("UPDATE returns SET put_back = NULL").await;
        give_back(shop, &client, "sale", &settled(40, "third")).await.unwrap();
        let given = "SELECT remaining FROM lots WHERE client_id = 2 AND kind = 'manual' AND amount = 1000 ORDER BY id";
        assert_eq!(shop.numbers(given).await, [1000, 1000]);
    }

    async fn ruling_28_calculate_announces_the_gifts_that_a_full_return_takes(shop: Shop) {
        let inviter = 1;
        let client = shop.enrol("+992935550001", Some(inviter)).await;
        let made = shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, Some("sale"))).await.unwrap();
        assert_eq!(made.new_balance, Bonus::whole(10 + 5 + 10), "welcome, 5 %, the invitation");
        shop.set_balance(&client, Bonus::whole(5)).await;
        let found = calculate(shop, &client, Some("sale"), Some(100), None).await.unwrap();
        assert_eq!(found, ("5".into(), "10".into()));
        let refused = give_back(shop, &client, "sale", &back(100, "return")).await.unwrap_err();
        assert_eq!(refused.to_string(), "Недостаточно бонусов для аннулирования при возврате.");
        let made = give_back(shop, &client, "sale", &settled(100, "return")).await.unwrap();
        assert_eq!((made.shortage, made.new_balance), (Bonus::whole(10), Bonus::ZERO));
    }

    async fn a_redemption_and_a_sale_that_spent_of_one_lot_come_back_together(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(150)).await;
        redeem(shop, &client, "order", 20, 200).await;
        shop.sell(&client, &sale(Money::whole(200), Bonus::whole(30), Some("order"))).await.unwrap();
        let made = give_back(shop, &client, "order", &back(200, "return")).await.unwrap();
        assert_eq!(made.new_balance, Bonus::whole(150));
    }

    async fn a_redemption_that_came_back_before_its_sale_comes_back_once(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(150)).await;
        redeem(shop, &client, "order", 50, 200).await;
        let made = give_back(shop, &client, "order", &back(200, "first")).await.unwrap();
        assert_eq!(made.new_balance, Bonus::whole(150));
        let made = shop.sell(&client, &sale(Money::whole(200), Bonus::ZERO, Some("order"))).await.unwrap();
        assert_eq!(made.accrued, Bonus::whole(10), "on all of it: nothing is paid with bonuses any more");
        let made = give_back(shop, &client, "order", &back(200, "second")).await.unwrap();
        assert_eq!(made.new_balance, Bonus::whole(150), "not restored again");
    }

    async fn r_return_6_golden_figures(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(100)).await;
        shop.sell(&client, &sale(Money::whole(1000), Bonus::ZERO, Some("sale"))).await.unwrap();
        let found = calculate(shop, &client, Some("sale"), None, None).await.unwrap();
        assert_eq!(found, ("50".into(), "0".into()));
        let found = calculate(shop, &client, Some("sale"), Some(250), None).await.unwrap();
        assert_eq!(found, ("12.5".into(), "0".into()));
        let made = give_back(shop, &client, "sale", &back(1000, "return")).await.unwrap();
        assert_eq!((made.revoked, made.shortage, made.new_balance), (Bonus::whole(50), Bonus::ZERO, Bonus::whole(100)));
        assert_eq!(shop.card(&client).await.total_spent, Money::ZERO);
    }

    async fn r_return_7_a_shortage_is_settled(shop: Shop) {
        let client = shop.client(1);
        shop.sell(&client, &sale(Money::whole(1000), Bonus::ZERO, Some("sale"))).await.unwrap();
        shop.set_balance(&client, Bonus::ZERO).await;
        let found = calculate(shop, &client, Some("sale"), None, None).await.unwrap();
        assert_eq!(found, ("50".into(), "50".into()));
        let refused = give_back(shop, &client, "sale", &back(1000, "return")).await.unwrap_err();
        assert_eq!(refused.to_string(), "Недостаточно бонусов для аннулирования при возврате.");
        let settled = ReturnRequest {
            shortage_settled: true,
            cash_refund: Some(Money::whole(950)),
            ..back(1000, "return")
        };
        let made = give_back(shop, &client, "sale", &settled).await.unwrap();
        assert_eq!((made.revoked, made.shortage, made.settled), (Bonus::whole(50), Bonus::whole(50), Bonus::whole(50)));
        assert_eq!((made.new_balance, made.cash_refund), (Bonus::ZERO, Some(Money::whole(950))));
    }

    async fn ruling_27_partial_returns_undo_the_whole_order(shop: Shop) {
        let (client, register) = (shop.client(1), shop.register(2).await);
        shop.set_balance(&client, Bonus::whole(200)).await;
        let request = RedemptionRequest {
            amount: Bonus::whole(20),
            total: Money::whole(300),
            external_id: Some("order".to_owned()),
        };
        let once = Once::unnamed();
        usecase::redeem(&shop.loyalty, &register, &client, &request, once).await.map(fresh).unwrap();
        let made = shop.sell(&client, &sale(Money::whole(300), Bonus::whole(10), Some("order"))).await.unwrap();
        assert_eq!(made.accrued.to_string(), "13.5");
        for (part, external_id) in [(100, "a"), (100, "b"), (100, "c")] {
            let made = give_back(shop, &client, "order", &back(part, external_id)).await.unwrap();
            assert_eq!(made.revoked.to_string(), "4.5");
        }
        assert_eq!(shop.balance(&client).await, Bonus::whole(200), "everything is as it was");
        let refused = give_back(shop, &client, "order", &back(1, "d")).await.unwrap_err().to_string();
        assert_eq!(refused, "Поле return_amount больше невозвращённого остатка продажи: 0.");
    }

    async fn ruling_27_unknown_and_foreign_sales_are_not_found(shop: Shop) {
        let (client, other) = (shop.client(1), shop.client(2));
        shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, Some("mine"))).await.unwrap();
        for (who, order) in [(&client, "nobody's"), (&other, "mine")] {
            let refused = give_back(shop, who, order, &back(100, "return")).await.unwrap_err().to_string();
            assert_eq!(refused, "Исходная продажа не найдена.");
            assert!(calculate(shop, who, Some(order), None, None).await.is_err());
        }
    }

    async fn ruling_16_a_repeated_return_is_refused(shop: Shop) {
        let client = shop.client(1);
        shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, Some("sale"))).await.unwrap();
        give_back(shop, &client, "sale", &back(10, "return")).await.unwrap();
        let refused = give_back(shop, &client, "sale", &back(10, "return")).await.unwrap_err().to_string();
        assert_eq!(refused, "Возврат с таким external_return_id уже зарегистрирован");
    }

    async fn ruling_27_a_register_may_name_the_bonuses(shop: Shop) {
        let client = shop.client(1);
        shop.sell(&client, &sale(Money::whole(1000), Bonus::ZERO, Some("sale"))).await.unwrap();
        let named = ReturnRequest { to_revoke: Some(Bonus::whole(7)), ..back(250, "one") };
        assert_eq!(give_back(shop, &client, "sale", &named).await.unwrap().revoked, Bonus::whole(7));
        let rest = give_back(shop, &client, "sale", &back(750, "two")).await.unwrap();
        assert_eq!(rest.revoked, Bonus::whole(43), "the last return takes what is left");
        let found = calculate(shop, &client, None, None, Some(5)).await.unwrap();
        assert_eq!(found, ("5".into(), "0".into()), "without a sale the register's own figure counts");
    }
}
