//! R-SALE, R-LOOKUP and the rulings on sales and redemptions.

use loyalty::ledger::{Line, RedemptionRequest, SaleRequest};
use loyalty::model::{Bonus, Identifier, Money, RedeemMode};
use loyalty::usecase::{self, Once};

use crate::on_both_engines;
use crate::shop::{fresh, sale};

on_both_engines! {
    async fn r_sale_20_golden_figures(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(150)).await;
        let made = shop.sell(&client, &sale(Money::whole(200), Bonus::whole(50), Some("order 1"))).await.unwrap();
        assert_eq!(made.accrued.to_string(), "7.5");
        assert_eq!(made.new_balance.to_string(), "107.5");
        let card = shop.card(&client).await;
        assert_eq!((card.balance, card.total_spent), (made.new_balance, Money::whole(200)));
        assert_eq!(card.available.held.to_string(), "7.5", "R-EXPIRE-6: the accrual is on hold");
        shop.wait_seconds(1);
        let card = shop.card(&client).await;
        assert_eq!((card.available.held, card.redeemable), (Bonus::ZERO, card.balance));
    }

    async fn r_sale_4_discount_mode(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(150)).await;
        let mut request = SaleRequest {
            gross: Some(Money::whole(1000)),
            mode: RedeemMode::Discount,
            ..sale(Money::whole(955), Bonus::whole(45), None)
        };
        let made = shop.sell(&client, &request).await.unwrap();
        assert_eq!((made.accrued.to_string(), made.new_balance.to_string()), ("47.75".into(), "152.75".into()));
        request.gross = Some(Money::whole(1010));
        let refused = shop.sell(&client, &request).await.unwrap_err().to_string();
        assert_eq!(refused, "Поле gross_amount расходится с total_amount + bonus_redeem_amount больше чем на 1.00.");
    }

    async fn r_sale_14_to_16_refusals_change_nothing(shop: Shop) {
        let client = shop.client(1);
        shop.set_balance(&client, Bonus::whole(40)).await;
        for (total, redeem, text) in [
            (9, 0, "Сумма покупки меньше минимальной: 10."),
            (500, 41, "Недостаточно бонусов: доступно к списанию 40."),
            (100, 31, "Списать можно не больше 30% чека: 30."),
        ] {
            let refused = shop.sell(&client, &sale(Money::whole(total), Bonus::whole(redeem), None)).await;
            assert_eq!(refused.unwrap_err().to_string(), text);
        }
        assert_eq!(shop.balance(&client).await, Bonus::whole(40));
    }

    async fn ruling_20_a_hold_keeps_bonuses_back(shop: Shop) {
        let client = shop.client(3);
        shop.set_balance(&client, Bonus::ZERO).await;
        let made = shop.sell(&client, &sale(Money::whole(1000), Bonus::ZERO, None)).await.unwrap();
        let refused = shop.sell(&client, &sale(Money::whole(1000), made.accrued, None)).await.unwrap_err();
        assert_eq!(refused.to_string(), "Недостаточно бонусов: доступно к списанию 0.");
        shop.wait_seconds(1);
        shop.sell(&client, &sale(Money::whole(1000), made.accrued, None)).await.unwrap();
    }

    async fn r_expire_1_expired_bonuses_are_not_redeemable(shop: Shop) {
        let client = shop.client(1);
        shop.wait_seconds(180 * 86_400);
        let card = shop.card(&client).await;
        assert_eq!((card.redeemable, card.available.held), (Bonus::ZERO, Bonus::ZERO));
        assert!(card.balance.is_positive(), "burning them is the expiry's work");
    }

    async fn ruling_25_the_tier_rises_right_after_the_sale_that_reaches_it(shop: Shop) {
        let client = shop.client(3);
        assert_eq!(shop.card(&client).await.tier.name, "Bronze");
        let made = shop.sell(&client, &sale(Money::whole(5000), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(made.accrued, Bonus::whole(250), "still 5 %");
        assert_eq!(shop.card(&client).await.tier.name, "Silver");
        let made = shop.sell(&client, &sale(Money::whole(1000), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(made.accrued, Bonus::whole(70), "7 % now");
    }

    async fn ruling_16_a_redemption_then_a_sale_is_one_order(shop: Shop) {
        let (client, register) = (shop.client(1), shop.register(1).await);
        shop.set_balance(&client, Bonus::whole(150)).await;
        let request = RedemptionRequest {
            amount: Bonus::whole(50),
            total: Money::whole(200),
            external_id: Some("order".to_owned()),
        };
        let redeemed = usecase::redeem(&shop.loyalty, &register, &client, &request, Once::unnamed()).await.map(fresh).unwrap();
        assert_eq!(redeemed.new_balance, Bonus::whole(100));
        let card = shop.card(&client).await;
        assert_eq!(card.total_spent, Money::ZERO, "ruling 23");
        let again = usecase::redeem(&shop.loyalty, &register, &client, &request, Once::unnamed()).await.unwrap_err();
        let usecase::Error::DuplicateSale(Some(stored)) = again else { panic!("{again:?}") };
        assert_eq!((stored.id, stored.redeemed), (redeemed.sale_id, Bonus::whole(50)));
        let made = shop.sell(&client, &sale(Money::whole(200), Bonus::ZERO, Some("order"))).await.unwrap();
        assert_eq!(made.accrued.to_string(), "7.5", "accrued on the rest");
    }

    async fn r_sale_11_everything_sent_is_stored(shop: Shop) {
        let client = shop.client(1);
        let line = Line { name: Some("Молоко 1л".to_owned()), quantity: Some(2.0), ..Line::default() };
        let request = SaleRequest {
            receipt_number: Some("000123".to_owned()),
            payment_method: Some("card".to_owned()),
            cashier_id: Some(7),
            lines: vec![line],
            ..sale(Money::whole(40), Bonus::ZERO, Some("full"))
        };
        let made = shop.sell(&client, &request).await.unwrap();
        assert_eq!(made.external_id.as_deref(), Some("full"));
        assert_eq!(made.why.len(), 1, "the accrual carries its explanation");
    }

    async fn r_lookup_finds_by_every_identifier(shop: Shop) {
        let register = shop.register(1).await;
        let card = shop.card(&shop.client(1)).await;
        for identifier in [Identifier::Client(card.id), Identifier::Card(card.card_number)] {
            assert_eq!(shop.card(&identifier).await.phone, card.phone);
        }
        let unknown = usecase::look_up(&shop.loyalty, &register, &Identifier::Client(999), None).await.unwrap_err();
        assert_eq!(unknown.to_string(), "Клиент не найден в программе лояльности.");
        shop.set_balance(&shop.client(1), Bonus::whole(200)).await;
        let check = Some(Money::whole(500));
        let card = usecase::look_up(&shop.loyalty, &register, &shop.client(1), check).await.unwrap();
        assert_eq!(card.redeem_max, Some(Bonus::whole(150)), "R-LOOKUP-6");
        let card = usecase::look_up(&shop.loyalty, &register, &shop.client(1), Some(Money::ZERO)).await.unwrap();
        assert_eq!(card.redeem_max, None, "R-LOOKUP-2");
    }
}
