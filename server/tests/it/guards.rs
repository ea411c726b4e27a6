//! Who may call, how often, and what every answer carries.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::api::Answer;
use crate::on_both_engines;

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

on_both_engines! {
    async fn rulings_1_and_2_who_may_call(api: Api) {
        let (tenant, cashier) = (api.demo.tenant.token.clone(), api.demo.cashier_nodes[0].token.clone());
        let ask = async |headers: &[(&str, &str)]| {
            let mut request = Request::builder().uri("/api/v1/cashier/session");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = api.send(request.body(Body::empty()).unwrap()).await;
            crate::contract::check("GET", "/cashier/session", answer.status, &answer.body);
            (answer.status, answer.error().to_owned())
        };
        let (t, c, d) = (("X-Tenant-Token", tenant.as_str()), ("X-Cashier-Token", cashier.as_str()), ("X-Device-Id", "a"));
        let unknown = "Недействительный токен, подписка не оплачена или магазин приостановлен.";
        assert_eq!(ask(&[]).await, (401, "X-Tenant-Token header is required.".into()));
        assert_eq!(ask(&[("X-Tenant-Token", "?"), c, d]).await, (401, unknown.into()));
        assert_eq!(ask(&[t, d]).await, (401, "Не передан токен кассы X-Cashier-Token.".into()));
        let revoked = "Недействительный токен кассы. Возьмите действующий: panel → Интеграции.";
        assert_eq!(ask(&[t, ("X-Cashier-Token", "?"), d]).await, (401, revoked.into()));
        assert_eq!(ask(&[t, c]).await, (403, "Не передан X-Device-Id — идентификатор устройства кассы.".into()));
        assert_eq!(ask(&[t, c, ("X-Device-Id", "Касса")]).await.0, 200, "R-DEVICE-1: the first one is bound");
        let other = "Токен кассы привязан к другому устройству. Сбросьте привязку: panel → Кассы.";
        assert_eq!(ask(&[t, c, d]).await, (403, other.into()));
    }

    async fn r_limit_4_three_hundred_a_minute_and_register(api: Api) {
        for left in (0..300).rev() {
            let answer = api.get("/cashier/session").await;
            assert_eq!((text(&answer, "x-ratelimit-limit"), answer.status), ("300", 200));
            // A slot comes back every fifth of a second, so there may be a few more.
            assert!(text(&answer, "x-ratelimit-remaining").parse::<u32>().unwrap() >= left);
        }
        let mut answer = api.get("/cashier/session").await;
        for _ in 0..100 {
            if answer.status == 429 {
                break;
            }
            answer = api.get("/cashier/session").await;
        }
        assert_eq!((answer.status, answer.error()), (429, "Too Many Requests"));
        assert_eq!(text(&answer, "x-ratelimit-remaining"), "0");
        assert!(text(&answer, "retry-after").parse::<u32>().unwrap() >= 1);
        let other = api.send(api.request(2, "GET", "/cashier/session").body(Body::empty()).unwrap()).await;
        assert_eq!(other.status, 200, "another register has its own limit");
    }

    async fn ruling_10_everything_is_in_the_envelope(api: Api) {
        for (method, path, status) in [
            ("GET", "/nothing", 404),
            ("GET", "/cashier/nothing", 404),
            ("DELETE", "/cashier/sale", 405),
        ] {
            let answer = api.send(api.request(1, method, path).body(Body::empty()).unwrap()).await;
            assert_eq!((answer.status, &answer.body["success"]), (status, &json!(false)), "{path}: {answer:?}");
            assert!(!answer.error().is_empty());
            assert_eq!(text(&answer, "access-control-allow-origin"), "*");
        }
        for (body, status, error) in [
            ("{", 400, "Тело запроса — не JSON."),
            ("", 400, "Тело запроса — не JSON."),
            ("[]", 422, "Тело запроса должно быть объектом JSON."),
        ] {
            let answer = api.post_text("/cashier/sale", body, None).await;
            assert_eq!((answer.status, answer.error()), (status, error));
        }
    }

    async fn ruling_7_any_origin_may_ask(api: Api) {
        let request = Request::builder()
            .method("OPTIONS")
            .uri("/api/v1/cashier/sale")
            .header("Origin", "https://shop.example")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "x-tenant-token,x-device-id,idempotency-key");
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, text(&answer, "access-control-allow-origin")), (200, "*"));
        let allowed = text(&answer, "access-control-allow-headers");
        for name in ["x-tenant-token", "x-cashier-token", "x-device-id", "x-partner-signature", "idempotency-key"] {
            assert!(allowed.contains(name), "{name} is not in {allowed}");
        }
        let answer = api.get("/cashier/session").await;
        assert!(text(&answer, "access-control-expose-headers").contains("idempotent-replayed"));
    }

    async fn every_answer_carries_a_request_id(api: Api) {
        let given = api.request(1, "GET", "/cashier/session").header("X-Request-Id", "order-7");
        let answer = api.send(given.body(Body::empty()).unwrap()).await;
        assert_eq!(text(&answer, "x-request-id"), "order-7");
        let odd = api.request(1, "GET", "/nothing").header("X-Request-Id", "a b");
        let answer = api.send(odd.body(Body::empty()).unwrap()).await;
        assert_eq!(text(&answer, "x-request-id").len(), 16);
    }

    async fn ruling_17_the_same_key_gets_the_same_reply(api: Api) {
        let body = json!({ "client_phone": "900000500", "total_amount": 100, "external_sale_id": "s" });
        let made = api.post_with_key("/cashier/sale", body.clone(), "key").await;
        assert_eq!((made.status, text(&made, "idempotent-replayed")), (201, ""));
        let again = api.post_with_key("/cashier/sale", body, "key").await;
        assert_eq!((again.status, text(&again, "idempotent-replayed"), &again.body), (201, "true", &made.body));
        let other = json!({ "client_phone": "900000500", "total_amount": 101 });
        let answer = api.post_with_key("/cashier/sale", other, "key").await;
        assert_eq!((answer.status, answer.error()), (422, "Idempotency-Key уже использован с другим телом запроса."));
        let long = api.post_with_key("/cashier/receipt", json!({ "total_amount": 1 }), &"k".repeat(256)).await;
        assert_eq!(long.status, 422);
    }

    async fn eight_at_once_with_one_key_are_one_sale(api: Api) {
        let body = json!({ "client_phone": "900000500", "total_amount": 100 });
        let answers = tokio::join!(
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
            api.post_with_key("/cashier/sale", body.clone(), "key"),
        );
        let answers = <[Answer; 8]>::from(answers);
        assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
        let client = api.get("/cashier/client/900000500").await;
        assert_eq!(client.data("total_spent"), &json!(100));
    }

    async fn ruling_17_a_stored_reply_is_kept_for_seven_days(api: Api) {
        let body = json!({ "client_phone": "900000500", "total_amount": 100 });
        let made = api.post_with_key("/cashier/sale", body.clone(), "key").await;
        api.clock.pass(7 * 86_400);
        api.post_with_key("/cashier/sale", body.clone(), "later").await;
        assert_eq!(loyalty::usecase::forget_old_replies(&api.loyalty).await.unwrap(), 0);
        let again = api.post_with_key("/cashier/sale", body.clone(), "key").await;
        assert_eq!((text(&again, "idempotent-replayed"), &again.body), ("true", &made.body));
        api.clock.pass(2 * 86_400);
        assert_eq!(loyalty::usecase::forget_old_replies(&api.loyalty).await.unwrap(), 1);
        let again = api.post_with_key("/cashier/sale", body, "later").await;
        assert_eq!(text(&again, "idempotent-replayed"), "true", "the younger one stays");
    }

    async fn errors_speak_the_callers_language(api: Api) {
        let ask = async |language: &str, path: &str, body: &str| {
            let request = api.request(1, "POST", path).header("Accept-Language", language);
            let answer = api.send(request.body(Body::from(body.to_owned())).unwrap()).await;
            assert_eq!(text(&answer, "content-language"), &language[..2]);
            answer.error().to_owned()
        };
        for (path, body, ru, tg, en) in [
            ("/nothing", "", "Адрес не найден.", "Чунин суроға нест.", "No such address."),
            (
                "/cashier/sale",
                "{\"client_phone\":\"900000500\",\"total_amount\":\"5\"}",
                "Поле total_amount должно быть числом.",
                "Майдони total_amount бояд рақам бошад.",
                "Field total_amount must be a number.",
            ),
            (
                "/cashier/sale",
                "{\"client_phone\":\"900000500\",\"total_amount\":5}",
                "Сумма покупки меньше минимальной: 10.",
                "Маблағи харид аз ҳадди ақал кам аст: 10.",
                "The purchase is below the minimum: 10.",
            ),
        ] {
            assert_eq!(ask("ru", path, body).await, ru);
            assert_eq!(ask("tg", path, body).await, tg);
            assert_eq!(ask("en-GB, ru;q=0.9", path, body).await, en);
        }
    }
}
