//! Many at once: never below zero, never twice, no failure, no deadlock.

use loyalty::ledger::{Refusal, ReturnRequest};
use loyalty::model::{Bonus, Money};
use loyalty::usecase::{self, Error, Once, Outcome};
use tokio::task::JoinSet;

use crate::on_both_engines;
use crate::shop::{json, sale};

on_both_engines! {
    async fn sixteen_tasks_redeem_from_one_client(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(100)).await;
        let mut registers = Vec::new();
        for id in 1..=4 {
            registers.push(shop.register(id).await);
        }
        let mut tasks = JoinSet::new();
        for task in 0..16 {
            let (loyalty, register, client) = (shop.loyalty.clone(), registers[task % 4].clone(), client.clone());
            tasks.spawn(async move {
                // Gross accrual is off and a hundred is available: ten of sixteen can spend ten each.
                let request = sale(Money::whole(34), Bonus::whole(10), None);
                let once = Once { key: None, body: &[], reply: &json };
                usecase::sell(&loyalty, &register, &client, &request, once).await
            });
        }
        let outcomes = tasks.join_all().await;
        let (sold, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(sold.len(), 10);
        for refused in refused {
            let error = refused.err().unwrap();
            assert!(matches!(error, Error::Refused(Refusal::NotEnoughBonuses(_))), "{error:?}");
        }
    }

    async fn the_same_external_id_from_eight_tasks_is_one_sale(shop: Shop) {
        let (client, register) = (shop.client(1), shop.register(1).await);
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (loyalty, register, client) = (shop.loyalty.clone(), register.clone(), client.clone());
            tasks.spawn(async move {
                let request = sale(Money::whole(100), Bonus::whole(10), Some("order"));
                let once = Once { key: None, body: &[], reply: &json };
                usecase::sell(&loyalty, &register, &client, &request, once).await
            });
        }
        let (sold, repeated): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!((sold.len(), repeated.len()), (1, 7));
        for repeated in repeated {
            assert!(matches!(repeated, Err(Error::DuplicateSale(Some(_)))), "{repeated:?}");
        }
    }

    async fn the_same_key_from_eight_tasks_is_one_sale(shop: Shop) {
        let (client, register) = (shop.client(1), shop.register(1).await);
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (loyalty, register, client) = (shop.loyalty.clone(), register.clone(), client.clone());
            tasks.spawn(async move {
                let request = sale(Money::whole(100), Bonus::whole(10), None);
                let once = Once { key: Some("key"), body: b"body", reply: &json };
                usecase::sell(&loyalty, &register, &client, &request, once).await.unwrap()
            });
        }
        let outcomes = tasks.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Fresh(_))).count(), 1);
    }

    async fn two_returns_of_one_sale_at_once_never_exceed_it(shop: Shop) {
        let (client, register) = (shop.client(1), shop.register(1).await);
        shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, Some("sale"))).await.unwrap();
        let give_back = async |external_id: &str| {
            let request = ReturnRequest {
                amount: Money::whole(60),
                cash_refund: None,
                to_revoke: None,
                shortage_settled: false,
                external_id: external_id.to_owned(),
            };
            let once = Once { key: None, body: &[], reply: &json };
            usecase::return_goods(&shop.loyalty, &register, &client, "sale", &request, once).await
        };
        let (one, two) = tokio::join!(give_back("one"), give_back("two"));
        let refused = match (one, two) {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error.to_string(),
            both => panic!("{both:?}"),
        };
        assert_eq!(refused, "Поле return_amount больше невозвращённого остатка продажи: 40.");
    }

    async fn sales_of_many_clients_share_commits(shop: Shop) {
        let register = shop.register(1).await;
        let mut tasks = JoinSet::new();
        for number in 0..100 {
            let (loyalty, register) = (shop.loyalty.clone(), register.clone());
            let client = shop.client(number % 5 + 1);
            tasks.spawn(async move {
                let request = sale(Money::whole(20), Bonus::ZERO, None);
                let once = Once { key: None, body: &[], reply: &json };
                usecase::sell(&loyalty, &register, &client, &request, once).await.unwrap();
            });
        }
        tasks.join_all().await;
        for client in 1..=5 {
            assert_eq!(shop.card(&shop.client(client)).await.total_spent, Money::whole(400));
        }
    }
}
