//! What a message says.

use loyalty::model::{Language, MessageKind};
use loyalty::usecase;
use serde_json::json;

use super::Outlets;
use crate::api::Api;
use crate::on_both_engines;

async fn put_words(api: &Api, language: Language, words: Option<&str>) -> Result<Option<String>, String> {
    let (shop, which) = (api.shop().await, (MessageKind::Sale, language));
    let put = usecase::put_template(&api.loyalty, &shop, "test", which, words).await;
    put.map_err(|error| error.to_string())
}

async fn speak(api: &Api, number: i64, language: Language) {
    let shop = api.shop().await;
    usecase::set_language(&api.loyalty, &shop, number, language)
        .await
        .unwrap();
}

on_both_engines! {
    async fn a_client_is_told_in_the_clients_language(api: Api) {
        let outlets = Outlets::open(api).await;
        speak(api, 2, Language::Tajik).await;
        speak(api, 3, Language::English).await;
        for number in 1..=3 {
            outlets.buy(number).await;
        }
        outlets.send().await;
        assert_eq!(outlets.got(1)[2], ["Сеть «Хорошо»: покупка на 200 TJS. Начислено 10. Баланс: 170."]);
        assert_eq!(outlets.got(2)[2], ["Сеть «Хорошо»: харид ба маблағи 200 TJS. Илова шуд: 10. Тавозун: 60."]);
        assert_eq!(outlets.got(3)[2], ["Сеть «Хорошо»: purchase of 200 TJS. Earned 10. Balance: 20."]);
    }

    async fn a_shops_own_words_in_the_clients_language(api: Api) {
        let outlets = Outlets::open(api).await;
        speak(api, 2, Language::Tajik).await;
        speak(api, 3, Language::English).await;
        let filled = put_words(api, Language::Russian, Some("Спасибо! +{{ accrued }} {{ bonus_unit }}")).await;
        assert_eq!(filled.unwrap().unwrap(), "Спасибо! +47,75 бонус", "filled in for a try");
        put_words(api, Language::Tajik, Some("Раҳмат! +{{ accrued }}")).await.unwrap();
        for number in 1..=3 {
            outlets.buy(number).await;
        }
        outlets.send().await;
        assert_eq!(outlets.got(1)[2], ["Спасибо! +10 бонус"]);
        assert_eq!(outlets.got(2)[2], ["Раҳмат! +10"]);
        assert_eq!(outlets.got(3)[2], ["Сеть «Хорошо»: purchase of 200 TJS. Earned 10. Balance: 20."], "ours where it has none");
        assert!(put_words(api, Language::Russian, Some("{{ acrued }}")).await.unwrap_err().contains("Шаблон не подходит"));
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.got(1)[2][1], "Спасибо! +10 бонус", "what was refused has changed nothing");
        put_words(api, Language::Russian, None).await.unwrap();
        outlets.buy(1).await;
        outlets.send().await;
        assert_eq!(outlets.got(1)[2][2], "Сеть «Хорошо»: покупка на 200 TJS. Начислено 10. Баланс: 190.", "ours again");
    }

    async fn a_client_is_told_of_everything_that_moves_the_balance(api: Api) {
        let outlets = Outlets::open(api).await;
        let sale = json!({ "client_phone": api.phone(1), "total_amount": 6000, "external_sale_id": "s" });
        assert_eq!(api.post("/cashier/sale", sale).await.status, 201);
        let redemption = json!({ "client_phone": api.phone(1), "amount": 5, "total_amount": 100 });
        assert_eq!(api.post("/cashier/redeem", redemption).await.status, 200);
        let back = json!({
            "client_phone": api.phone(1), "return_amount": 3000, "original_external_sale_id": "s", "external_return_id": "r",
        });
        assert_eq!(api.post("/cashier/return", back).await.status, 201);
        api.set_balance(1, 500).await;
        outlets.send().await;
        let said: Vec<String> = outlets.got(1)[2].iter().map(|text| text.replace('\u{202f}', " ")).collect();
        let shop = "Сеть «Хорошо»: ";
        let mut expected = [
            "покупка на 6 000 TJS. Начислено 300. Баланс: 460.",
            "у вас новый уровень — Silver. Теперь начисляем 7 % от покупок.",
            "списано 5. Баланс: 455.",
            "возврат на 3 000 TJS. Снято 150. Баланс: 305.",
            "баланс изменён на 195. test Баланс: 500.",
        ].map(|words| format!("{shop}{words}"));
        let mut said: Vec<&String> = said.iter().collect();
        said.sort();
        expected.sort();
        assert_eq!(said, expected.iter().collect::<Vec<_>>());
    }

    async fn a_new_client_is_welcomed(api: Api) {
        let outlets = Outlets::open(api).await;
        let made = api.post("/cashier/client/register", json!({ "phone": "+992901112233" })).await;
        assert_eq!(made.status, 201);
        outlets.send().await;
        let [sms] = outlets.services.osonsms.messages("992901112233").try_into().unwrap();
        assert_eq!(sms["msg"], "Сеть «Хорошо»: добро пожаловать! Приветственные бонусы: 10. Сгорят 02.12.2026.");
    }
}
