//! R-CREG and the demo shop.

use loyalty::model::{Bonus, Identifier, Phone};
use loyalty::usecase::{self, EnrolmentRequest, Once};

use crate::on_both_engines;
use crate::shop::{connect, fresh};

on_both_engines! {
    async fn r_creg_1_a_new_client_gets_numbers_and_the_welcome_bonus(shop: Shop) {
        let register = shop.register(1).await;
        let request = EnrolmentRequest {
            phone: Phone::parse("901234567").unwrap(),
            full_name: Some("Имя".to_owned()),
            invited_by: None,
        };
        let made = usecase::enrol(&shop.loyalty, &register, &request, Once::unnamed()).await.map(fresh).unwrap();
        assert!(made.created);
        assert_eq!((made.card.id, made.card.card_number, made.card.balance), (6, 6, Bonus::whole(10)));
        assert_eq!(made.card.available.welcome, Bonus::whole(10));
        let again = usecase::enrol(&shop.loyalty, &register, &request, Once::unnamed()).await.map(fresh).unwrap();
        assert!(!again.created);
        assert_eq!((again.card.id, again.card.balance), (6, Bonus::whole(10)));
        let other = EnrolmentRequest { phone: Phone::parse("901234568").unwrap(), full_name: None, invited_by: None };
        let other = usecase::enrol(&shop.loyalty, &register, &other, Once::unnamed()).await.map(fresh).unwrap();
        assert_eq!(other.card.id, 7, "numbers have no gaps");
    }

    async fn enrolled_at_eight_registers_at_once_is_one_client(shop: Shop) {
        let register = shop.register(1).await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (loyalty, register) = (shop.loyalty.clone(), register.clone());
            tasks.spawn(async move {
                let request = EnrolmentRequest { phone: Phone::parse("901234567").unwrap(), full_name: None, invited_by: None };
                let once = Once::unnamed();
                fresh(usecase::enrol(&loyalty, &register, &request, once).await.unwrap())
            });
        }
        let made = tasks.join_all().await;
        assert_eq!(made.iter().filter(|made| made.created).count(), 1);
        assert!(made.iter().all(|made| made.card.id == 6));
        assert_eq!(shop.balance(&Identifier::Client(6)).await, Bonus::whole(10));
    }

    async fn the_demo_shop_is_the_same_every_time(shop: Shop) {
        let again = usecase::provision_demo(&shop.loyalty, "http://127.0.0.1").await.unwrap();
        let (first, second) = (serde_json::to_value(&shop.demo).unwrap(), serde_json::to_value(&again).unwrap());
        assert_eq!(first, second);
        assert_eq!(shop.demo.tenant.token.len(), 64);
        assert!(shop.demo.branches.len() >= 2 && shop.demo.cashier_nodes.len() >= 4 && shop.demo.clients.len() >= 5);
        let card = shop.card(&shop.client(1)).await;
        assert_eq!((card.phone.as_str(), card.redeemable >= Bonus::whole(150)), ("+992900000500", true));
    }

    async fn a_database_opens_with_its_own_key_only(shop: Shop) {
        let second = connect(&shop.url, shop.clock.clone()).await;
        second.prepare().await.unwrap();
        assert!(second.is_ready().await.unwrap());
        second.close().await;
        let other = loyalty::Options {
            database_url: shop.url.clone(),
            secret_key: Some("cd".repeat(32)),
            clock: shop.clock.clone(),
        };
        let other = loyalty::Loyalty::connect(other).await.unwrap();
        assert!(other.prepare().await.unwrap_err().to_string().contains("secret key"));
        other.close().await;
    }
}
