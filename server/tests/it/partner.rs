//! A partner's server.

use axum::body::Body;
use serde_json::{Value, json};

use crate::api::Answer;
use crate::on_both_engines;

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotent-replayed")
}

on_both_engines! {
    async fn r_partner_7_single_sign_on(api: Api) {
        let found = api.partner("POST", "/partner/auth", json!({ "phone": api.phone(1) })).await;
        assert_eq!((found.status, found.data("created")), (200, &json!(false)));
        let token = found.data("token").as_str().unwrap();
        let profile = api.app("GET", "/client/profile", Some(token), Value::Null).await;
        assert_eq!(&profile.body["data"], found.data("client"));
        let body = json!({ "phone": "+992901112233", "create_if_missing": false });
        let missing = api.partner("POST", "/partner/auth", body).await;
        assert_eq!((missing.status, missing.error()), (404, "Клиент не найден в программе лояльности."), "r_partner_6");
        let made = api.partner("POST", "/partner/auth", json!({ "phone": "+992901112233", "full_name": "Новый" })).await;
        assert_eq!((made.status, made.data("created")), (201, &json!(true)));
        assert_eq!(made.data("client")["full_name"], "Новый");
    }

    async fn r_partner_8_a_look_up_as_at_the_register(api: Api) {
        let found = api.partner("GET", "/partner/client/%2B992900000500?check_amount=200", Value::Null).await;
        assert_eq!((found.status, &found.data("loyalty")["max_redeem_amount"]), (200, &json!(60)));
        let at_register = api.get("/cashier/client/%2B992900000500?check_amount=200").await;
        assert_eq!(found.body, at_register.body);
        let plain = api.partner("GET", "/partner/client/2000000000015", Value::Null).await;
        assert_eq!(plain.data("loyalty").get("max_redeem_amount"), None);
        assert_eq!(api.partner("GET", "/partner/client/+992999999999", Value::Null).await.status, 404);
    }

    async fn r_partner_9_and_10_a_sale_is_made_once(api: Api) {
        api.set_balance(1, 150).await;
        let body = json!({
            "client_phone": api.phone(1), "total_amount": 955, "gross_amount": 1000, "redeem_mode": "discount",
            "bonus_redeem_amount": 45, "external_sale_id": "order-2026-000123",
        });
        let made = api.partner("POST", "/partner/sale", body.clone()).await;
        assert_eq!((made.status, made.data("bonus_accrued"), made.data("new_balance")), (201, &json!(47.75), &json!(152.75)));
        let again = api.partner("POST", "/partner/sale", body.clone()).await;
        assert_eq!((again.status, is_replayed(&again)), (201, true), "ruling 6: the very same signature");
        api.clock.pass(1);
        let repeated = api.partner("POST", "/partner/sale", body).await;
        assert_eq!((repeated.status, repeated.error()), (422, "Продажа с таким external_sale_id уже зарегистрирована"));
        assert_eq!(repeated.data("id"), made.data("id"), "ruling 16");
    }

    async fn r_partner_12_a_redemption(api: Api) {
        let body = json!({ "client_phone": api.phone(1), "amount": 50, "total_amount": 200 });
        let made = api.partner("POST", "/partner/redeem", body.clone()).await;
        assert_eq!((made.status, made.data("amount_redeemed")), (200, &json!(50)));
        let again = api.partner("POST", "/partner/redeem", body).await;
        assert_eq!((again.status, &again.body, is_replayed(&again)), (200, &made.body, true));
    }

    async fn ruling_6_a_repeated_signature_is_one_request_whatever_its_key(api: Api) {
        let body = json!({ "client_phone": api.phone(1), "amount": 50, "total_amount": 200 }).to_string();
        let with_key = async |key: Option<&str>| {
            let mut request = api.signed("POST", "/partner/redeem", &body);
            if let Some(key) = key {
                request = request.header("Idempotency-Key", key);
            }
            api.send(request.body(Body::from(body.clone())).unwrap()).await
        };
        let made = with_key(Some("a")).await;
        assert_eq!((made.status, is_replayed(&made)), (200, false), "{made:?}");
        for key in [Some("b"), None, Some("a")] {
            let again = with_key(key).await;
            assert_eq!((again.status, &again.body, is_replayed(&again)), (200, &made.body, true), "{key:?}");
        }
        api.clock.pass(1);
        let again = with_key(Some("a")).await;
        assert_eq!((again.status, is_replayed(&again)), (200, true), "a new signature under the old key");
        let at_once = futures::future::join_all((0..8).map(|_| with_key(Some("c")))).await;
        assert!(at_once.iter().all(|answer| answer.body == at_once[0].body), "{at_once:?}");
        let client = api.get("/cashier/client/900000500").await;
        let spent = 160.0 - client.data("bonus_balance").as_f64().unwrap();
        assert!(spent <= 100.0 + f64::EPSILON, "two requests, whatever was repeated: {spent}");
    }

    async fn a_stored_sign_in_is_sealed(api: Api) {
        let body = json!({ "phone": api.phone(1) }).to_string();
        let ask = async || {
            let request = api.signed("POST", "/partner/auth", &body).header("Idempotency-Key", "k");
            api.send(request.body(Body::from(body.clone())).unwrap()).await
        };
        let first = ask().await;
        let second = ask().await;
        assert_eq!((second.status, &second.body, is_replayed(&second)), (200, &first.body, true));
        let token = first.data("token").as_str().unwrap();
        let stored = api.texts("SELECT reply FROM idempotency_keys").await;
        assert!(!stored.is_empty() && stored.iter().all(|reply| !reply.contains(token)), "ruling 17");
    }

    async fn r_partner_4_what_is_not_signed_is_refused(api: Api) {
        let body = json!({ "phone": api.phone(1) }).to_string();
        let now = api.loyalty.now().millis() / 1000;
        let status = async |request: axum::http::request::Builder, body: &str| {
            api.send(request.body(Body::from(body.to_owned())).unwrap()).await.status
        };
        assert_eq!(status(api.signed("POST", "/partner/auth", &body), &body).await, 200);
        assert_eq!(status(api.signed("POST", "/partner/auth", &body), "{}").await, 401, "another body");
        assert_eq!(status(api.signed_at(now - 301, "POST", "/partner/auth", &body), &body).await, 401, "too old");
        assert_eq!(status(api.signed_at(now + 301, "POST", "/partner/auth", &body), &body).await, 401, "too early");
        assert_eq!(status(api.signed_at(now - 300, "POST", "/partner/auth", &body), &body).await, 200);
        let unsigned = api.app("POST", "/partner/auth", None, json!({ "phone": api.phone(1) })).await;
        assert_eq!(unsigned.status, 401);
        let other_path = api.signed("POST", "/partner/sale", &body).uri("/api/v1/partner/auth");
        assert_eq!(status(other_path, &body).await, 401, "signed for another path");
    }

    async fn r_limit_partner_six_hundred_a_minute(api: Api) {
        let answer = api.partner("GET", "/partner/client/900000500", Value::Null).await;
        assert_eq!(answer.headers["x-ratelimit-limit"], "600");
    }
}
