//! `/api/v1/cashier`: figures, texts and shapes.

use serde_json::{Value, json};

use crate::on_both_engines;

/// Ids and times differ from run to run; everything else is the shape that others rely on.
fn shape(mut body: Value) -> Value {
    for name in ["id", "transaction_id", "sale_id"] {
        if body["data"]
            .get(name)
            .is_some_and(|id| id.as_i64().is_some_and(|id| id > 1_000_000))
        {
            body["data"][name] = json!("[id]");
        }
    }
    body
}

on_both_engines! {
    async fn r_cashier_6_session(api: Api) {
        let answer = api.get("/cashier/session").await;
        assert_eq!(answer.data("cashier_node_id"), &json!(1), "R-CASHIER-5");
        insta::assert_json_snapshot!("session", answer.body);
    }

    async fn r_lookup_the_client_at_the_register(api: Api) {
        api.set_balance(1, 200).await;
        let answer = api.get("/cashier/client/%2B992900000500?check_amount=500").await;
        insta::assert_json_snapshot!("client", answer.body);
        assert_eq!(answer.body["data"]["loyalty"]["max_redeem_amount"], 150, "R-LOOKUP-6");
        for identifier in ["2000000000015", "001-0000001", "0010000001", "900000500", "%2B992%2090%20000-05-00"] {
            let answer = api.get(&format!("/cashier/client/{identifier}")).await;
            assert_eq!((answer.status, answer.data("id")), (200, &json!(1)), "{identifier}");
            assert!(answer.body["data"]["loyalty"].get("max_redeem_amount").is_none(), "R-LOOKUP-2");
        }
    }

    async fn r_lookup_9_and_bad_addresses(api: Api) {
        for identifier in ["%2B992911111111", "2000000000019", "hello", "001-0000999"] {
            let answer = api.get(&format!("/cashier/client/{identifier}")).await;
            assert_eq!((answer.status, answer.error()), (404, "Клиент не найден в программе лояльности."), "{identifier}");
        }
        for (amount, text) in [
            ("abc", "Поле check_amount должно быть числом."),
            ("-1", "Поле check_amount: не меньше 0."),
            ("1.005", "Поле check_amount: не больше двух знаков после точки."),
            ("1000000000", "Поле check_amount: не больше 999999999.99."),
        ] {
            let answer = api.get(&format!("/cashier/client/900000500?check_amount={amount}")).await;
            assert_eq!((answer.status, answer.error()), (422, text));
        }
        assert_eq!(api.get("/cashier/client/%FF").await.status, 400);
    }

    async fn r_creg_registration(api: Api) {
        let body = json!({ "phone": "+992901234567", "full_name": "Имя" });
        let made = api.post("/cashier/client/register", body.clone()).await;
        assert_eq!(made.status, 201);
        insta::assert_json_snapshot!("registered", made.body);
        let again = api.post("/cashier/client/register", body).await;
        assert_eq!((again.status, &again.body), (200, &made.body));
        for (body, text) in [
            (json!({}), "Поле phone обязательно."),
            (json!({ "phone": 7 }), "Поле phone должно быть строкой."),
            (json!({ "phone": "12" }), "Поле phone: укажите телефон в международном формате."),
        ] {
            let answer = api.post("/cashier/client/register", body).await;
            assert_eq!((answer.status, answer.error()), (422, text));
        }
    }

    async fn r_sale_20_sale(api: Api) {
        api.set_balance(1, 150).await;
        let answer = api
            .post("/cashier/sale", json!({
                "client_phone": "+992900000500", "total_amount": 200.00, "bonus_redeem_amount": 50.00,
                "redeem_mode": "payment_type", "external_sale_id": "a1b2", "cashier_node_id": 1, "cashier_id": null,
                "payment_method": "card", "sale_date": "2026-06-05T14:30:00",
                "lines": [{ "sku": "SKU-001", "category_code": "DAIRY", "name": "Молоко 1л", "quantity": 2,
                            "unit_price": 20.00, "line_amount": 40.00 }],
            }))
            .await;
        assert_eq!(answer.status, 201);
        insta::assert_json_snapshot!("sale", shape(answer.body));
        let answer = api
            .post("/cashier/sale", json!({
                "client_phone": "+992900000500", "total_amount": 200, "bonus_redeem_amount": 50,
                "external_sale_id": "a1b2",
            }))
            .await;
        assert_eq!(answer.status, 422);
        insta::assert_json_snapshot!("sale_repeated", shape(answer.body));
        let other = json!({ "client_phone": "+992900000500", "total_amount": 201, "external_sale_id": "a1b2" });
        let answer = api.post("/cashier/sale", other).await;
        assert_eq!(answer.error(), "Продажа с таким external_sale_id уже зарегистрирована");
        assert!(answer.body.get("data").is_none());
    }

    async fn r_sale_4_discount(api: Api) {
        api.set_balance(1, 150).await;
        let mut body = json!({
            "client_phone": "900000500", "total_amount": 955, "gross_amount": 1000, "bonus_redeem_amount": 45,
            "redeem_mode": "discount",
        });
        let answer = api.post("/cashier/sale", body.clone()).await;
        assert_eq!((answer.data("bonus_accrued"), answer.data("new_balance")), (&json!(47.75), &json!(152.75)));
        body["gross_amount"] = json!(1010);
        let answer = api.post("/cashier/sale", body).await;
        assert_eq!(
            answer.error(),
            "Поле gross_amount расходится с total_amount + bonus_redeem_amount больше чем на 1.00."
        );
    }

    async fn r_sale_refusals_name_what_is_wrong(api: Api) {
        api.set_balance(1, 40).await;
        let sale = |change: Value| {
            let mut body = json!({ "client_phone": "900000500", "total_amount": 500 });
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            body
        };
        for (change, text) in [
            (json!({ "total_amount": "500" }), "Поле total_amount должно быть числом."),
            (json!({ "total_amount": null }), "Поле total_amount обязательно."),
            (json!({ "total_amount": 1.005 }), "Поле total_amount: не больше двух знаков после точки."),
            (json!({ "total_amount": 0 }), "Поле total_amount: не меньше 0.01."),
            (json!({ "total_amount": 1e9 }), "Поле total_amount: не больше 999999999.99."),
            (json!({ "total_amount": 9.99 }), "Сумма покупки меньше минимальной: 10."),
            (json!({ "bonus_redeem_amount": 41 }), "Недостаточно бонусов: доступно к списанию 40."),
            (json!({ "total_amount": 100, "bonus_redeem_amount": 31 }), "Списать можно не больше 30% чека: 30."),
            (json!({ "bonus_redeem_amount": -1 }), "Поле bonus_redeem_amount: не меньше 0."),
            (json!({ "redeem_mode": "gift" }), "Поле redeem_mode: payment_type или discount."),
            (json!({ "cashier_node_id": 2 }), "Поле cashier_node_id: это не касса данного X-Cashier-Token."),
            (json!({ "cashier_node_id": "1" }), "Поле cashier_node_id должно быть целым числом."),
            (json!({ "sale_date": "2026-06-05T14:36:00" }), "Поле sale_date: дата в будущем."),
            (json!({ "receipt_number": "x".repeat(65) }), "Поле receipt_number: не длиннее 64 символов."),
            (json!({ "lines": {} }), "Поле lines должно быть списком."),
            (json!({ "lines": [{ "line_amount": "1" }] }), "Поле lines.0.line_amount должно быть числом."),
            (json!({ "client_phone": "?" }), "Поле client_phone: укажите телефон, EAN-13 или клубную карту."),
        ] {
            let answer = api.post("/cashier/sale", sale(change)).await;
            assert_eq!((answer.status, answer.error()), (422, text));
        }
        let unknown = api.post("/cashier/sale", sale(json!({ "client_phone": "+992911111111" }))).await;
        assert_eq!(unknown.status, 404);
        let answer = api.get("/cashier/client/900000500").await;
        assert_eq!((answer.data("bonus_balance"), answer.data("total_spent")), (&json!(40), &json!(0)));
    }

    async fn r_sale_17_welcome_bonuses(api: Api) {
        // The third demo client has the welcome bonus alone: 10, for receipts from 50.
        let sale = |total: i64| json!({ "client_phone": "900000502", "total_amount": total, "bonus_redeem_amount": 10 });
        let answer = api.post("/cashier/sale", sale(49)).await;
        assert_eq!((answer.status, answer.error()), (422, "Приветственные бонусы можно списать при чеке от 50."));
        assert_eq!(api.post("/cashier/sale", sale(50)).await.status, 201);
    }

    async fn r_sale_22_redeem(api: Api) {
        api.set_balance(1, 150).await;
        let body = json!({ "client_phone": "900000500", "amount": 50, "total_amount": 200, "external_sale_id": "r" });
        let answer = api.post("/cashier/redeem", body.clone()).await;
        assert_eq!(answer.status, 200);
        insta::assert_json_snapshot!("redemption", shape(answer.body));
        let again = api.post("/cashier/redeem", body).await;
        assert_eq!((again.status, again.data("bonus_redeemed")), (422, &json!(50)));
        let sale = json!({ "client_phone": "900000500", "total_amount": 200, "external_sale_id": "r" });
        assert_eq!(api.post("/cashier/sale", sale).await.data("bonus_accrued"), &json!(7.5), "one order");
    }

    async fn r_return_with_a_shortage(api: Api) {
        let sale = json!({ "client_phone": "900000500", "total_amount": 1000, "external_sale_id": "s" });
        assert_eq!(api.post("/cashier/sale", sale).await.status, 201);
        api.set_balance(1, 150).await;
        let ask = |change: Value| {
            let mut body = json!({ "client_phone": "900000500", "original_external_sale_id": "s" });
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            body
        };
        let answer = api.post("/cashier/return/calculate", ask(json!({ "return_amount": 250 }))).await;
        insta::assert_json_snapshot!("return_calculated", answer.body);
        api.set_balance(1, 0).await;
        let answer = api.post("/cashier/return/calculate", ask(json!({}))).await;
        insta::assert_json_snapshot!("return_calculated_short", answer.body);
        let mut body = ask(json!({ "return_amount": 1000, "cash_refund_amount": 950, "external_return_id": "r" }));
        let answer = api.post("/cashier/return", body.clone()).await;
        assert_eq!(answer.status, 422);
        insta::assert_json_snapshot!("return_refused", answer.body);
        body["shortage_settled"] = json!(true);
        let answer = api.post("/cashier/return", body.clone()).await;
        assert_eq!(answer.status, 201);
        insta::assert_json_snapshot!("returned", shape(answer.body));
        let again = api.post("/cashier/return", body).await;
        assert_eq!(again.error(), "Возврат с таким external_return_id уже зарегистрирован");
        let over = ask(json!({ "return_amount": 1, "external_return_id": "r2" }));
        let answer = api.post("/cashier/return", over).await;
        assert_eq!(answer.error(), "Поле return_amount больше невозвращённого остатка продажи: 0.");
        let empty = api.post("/cashier/return/calculate", json!({ "client_phone": "900000500" })).await;
        assert_eq!(empty.error(), "Укажите bonus_to_revoke или original_external_sale_id.");
        let unknown = json!({ "client_phone": "900000500", "original_external_sale_id": "?" });
        assert_eq!(api.post("/cashier/return/calculate", unknown).await.error(), "Исходная продажа не найдена.");
    }

    async fn r_receipt_1_receipt(api: Api) {
        let body = json!({
            "total_amount": 150, "external_receipt_id": "uuid", "cashier_node_id": 1,
            "receipt_date": "2026-06-05T14:30:00",
        });
        let answer = api.post("/cashier/receipt", body.clone()).await;
        assert_eq!(answer.status, 201);
        insta::assert_json_snapshot!("receipt", shape(answer.body));
        let again = api.post("/cashier/receipt", body).await;
        assert_eq!(again.error(), "Чек с таким external_receipt_id уже зарегистрирован");
    }
}
