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
                let once = Once::unnamed();
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
                let once = Once::unnamed();
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
            let once = Once::unnamed();
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
                let once = Once::unnamed();
                usecase::sell(&loyalty, &register, &client, &request, once).await.unwrap();
            });
        }
        tasks.join_all().await;
        for client in 1..=5 {
            assert_eq!(shop.card(&shop.client(client)).await.total_spent, Money::whole(400));
        }
    }

    async fn plain_sales_at_once_under_one_name_are_one_sale(shop: Shop) {
        let (client, register) = (shop.client(1), shop.register(1).await);
        let before = usecase::look_up(&shop.loyalty, &register, &client, None).await.unwrap().balance;
        for (key, external_id) in [(Some("key"), None), (None, Some("order"))] {
            let mut tasks = JoinSet::new();
            for _ in 0..16 {
                let (loyalty, register, client) = (shop.loyalty.clone(), register.clone(), client.clone());
                tasks.spawn(async move {
                    // It spends nothing, so its read is shared with the others.
                    let request = sale(Money::whole(100), Bonus::ZERO, external_id);
                    let once = Once { key, body: b"the same", reply: &json };
                    usecase::sell(&loyalty, &register, &client, &request, once).await
                });
            }
            let outcomes = tasks.join_all().await;
            let fresh = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Fresh(_)))).count();
            assert_eq!(fresh, 1, "{key:?} {external_id:?}");
            for outcome in &outcomes {
                assert!(
                    matches!(outcome, Ok(_) | Err(Error::DuplicateSale(Some(_)))),
                    "{key:?} {external_id:?}: {outcome:?}"
                );
            }
        }
        let after = usecase::look_up(&shop.loyalty, &register, &client, None).await.unwrap().balance;
        assert_eq!(after - before, Bonus::whole(10), "two sales of a hundred at five per cent");
    }

    async fn look_ups_at_once_each_get_their_own_client(shop: Shop) {
        use loyalty::model::{Identifier, Phone};
        let register = shop.register(1).await;
        let mut known = Vec::new();
        for number in 1..=5 {
            let card = usecase::look_up(&shop.loyalty, &register, &shop.client(number), None).await.unwrap();
            known.push(card);
        }
        let mut tasks = JoinSet::new();
        for task in 0..300 {
            let (loyalty, register, card) = (shop.loyalty.clone(), register.clone(), known[task % 5].clone());
            let (named, is_known) = match task % 4 {
                0 => (Identifier::Phone(card.phone.clone()), true),
                1 => (Identifier::Client(card.id), true),
                2 => (Identifier::Card(card.card_number), true),
                _ => (Identifier::Phone(Phone::parse(&format!("+99291{:07}", task)).unwrap()), false),
            };
            tasks.spawn(async move {
                let found = usecase::look_up(&loyalty, &register, &named, None).await;
                match found {
                    Ok(found) => {
                        assert!(is_known);
                        assert_eq!((found.id, found.phone, found.balance), (card.id, card.phone, card.balance));
                        assert_eq!(found.redeemable, card.redeemable);
                    }
                    Err(error) => {
                        assert!(!is_known, "{error:?}");
                        assert!(matches!(error, Error::Refused(Refusal::ClientNotFound)), "{error:?}");
                    }
                }
            });
        }
        tasks.join_all().await;
    }

    async fn a_look_up_among_many_sees_what_was_just_sold(shop: Shop) {
        let (client, other) = (shop.client(1), shop.client(2));
        let register = shop.register(1).await;
        shop.set_balance(&client, Bonus::ZERO).await;
        let noise = tokio::spawn({
            let (loyalty, register) = (shop.loyalty.clone(), register.clone());
            async move {
                loop {
                    let many = (0..8).map(|_| usecase::look_up(&loyalty, &register, &other, None));
                    futures::future::join_all(many).await;
                }
            }
        });
        for number in 1..=30 {
            let request = sale(Money::whole(20), Bonus::ZERO, None);
            let once = Once::unnamed();
            usecase::sell(&shop.loyalty, &register, &client, &request, once).await.unwrap();
            let found = usecase::look_up(&shop.loyalty, &register, &client, None).await.unwrap();
            assert_eq!(found.balance, Bonus::whole(number));
        }
        noise.abort();
    }
}
