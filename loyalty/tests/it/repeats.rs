//! Everything can be asked twice (rulings 16 and 17).

use loyalty::model::{Bonus, Money};
use loyalty::usecase::{self, Error, Once, Outcome, ReceiptRequest, SaleRecord};

use crate::on_both_engines;
use crate::shop::{fresh, json, sale};

on_both_engines! {
    async fn ruling_17_the_same_key_gets_the_same_reply(shop: Shop) {
        let client = shop.client(1);
        let request = sale(Money::whole(100), Bonus::ZERO, Some("order"));
        let made = shop.sell_at(1, &client, &request, Some("key")).await.map(fresh).unwrap();
        let Outcome::Replayed(reply) = shop.sell_at(1, &client, &request, Some("key")).await.unwrap() else {
            panic!("sold twice");
        };
        assert_eq!(serde_json::from_str::<SaleRecord>(&reply.body).unwrap(), made);
        let other = sale(Money::whole(101), Bonus::ZERO, Some("order"));
        let refused = shop.sell_at(1, &client, &other, Some("key")).await.unwrap_err();
        assert!(matches!(refused, Error::KeyReused), "{refused:?}");
        let elsewhere = shop.sell_at(2, &client, &request, Some("key")).await.unwrap_err();
        assert!(matches!(elsewhere, Error::DuplicateSale(Some(_))), "keys of registers do not meet");
    }

    async fn ruling_17_a_refusal_is_not_stored(shop: Shop) {
        let client = shop.client(2);
        shop.set_balance(&client, Bonus::whole(10)).await;
        let request = sale(Money::whole(100), Bonus::whole(20), None);
        shop.sell_at(1, &client, &request, Some("key")).await.unwrap_err();
        shop.set_balance(&client, Bonus::whole(20)).await;
        shop.sell_at(1, &client, &request, Some("key")).await.map(fresh).unwrap();
    }

    async fn ruling_16_a_repeated_sale_is_shown_only_to_the_same_request(shop: Shop) {
        let client = shop.client(1);
        let request = sale(Money::whole(100), Bonus::ZERO, Some("order"));
        let made = shop.sell(&client, &request).await.unwrap();
        let again = shop.sell(&client, &request).await.unwrap_err();
        assert_eq!(again.to_string(), "Продажа с таким external_sale_id уже зарегистрирована");
        let Error::DuplicateSale(Some(stored)) = again else { panic!("{again:?}") };
        assert_eq!((stored.id, stored.new_balance), (made.id, made.new_balance));
        for (who, total) in [(&client, 101), (&shop.client(2), 100)] {
            let other = sale(Money::whole(total), Bonus::ZERO, Some("order"));
            let refused = shop.sell(who, &other).await.unwrap_err();
            assert!(matches!(refused, Error::DuplicateSale(None)), "{refused:?}");
        }
    }

    async fn r_receipt_1_receipts_are_recorded_once(shop: Shop) {
        let register = shop.register(1).await;
        let request = ReceiptRequest { total: Money::whole(150), external_id: Some("receipt".into()), receipt_number: None, cashier_id: None, receipt_at: None };
        let once = |key| Once { key, body: b"receipt", reply: &json };
        let made = usecase::record_receipt(&shop.loyalty, &register, &request, once(Some("key"))).await.map(fresh);
        let replay = usecase::record_receipt(&shop.loyalty, &register, &request, once(Some("key"))).await.unwrap();
        assert!(matches!(replay, Outcome::Replayed(_)));
        let refused = usecase::record_receipt(&shop.loyalty, &register, &request, once(None)).await.unwrap_err();
        assert_eq!(refused.to_string(), "Чек с таким external_receipt_id уже зарегистрирован");
        assert_eq!(made.unwrap().total, Money::whole(150));
    }
}
