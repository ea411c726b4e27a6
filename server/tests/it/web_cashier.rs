//! `/cash` and its server functions: what a till in a browser may rely on.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::on_both_engines;

impl Api {
    /// What the browser of register 1 asks.
    async fn ask(&self, function: &str, body: Value, key: Option<&str>) -> Answer {
        let mut request = Request::post(format!("/sfn/cash/{function}"))
            .header("X-Tenant-Token", &self.demo.tenant.token)
            .header("X-Cashier-Token", &self.demo.cashier_nodes[0].token)
            .header("X-Device-Id", "device 1")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json");
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key.as_bytes());
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }
}

/// A sale of the client with this phone or card.
fn sale(client: &str, total: i64) -> Value {
    json!({ "phone": client, "total": total, "redeem": 0 })
}

on_both_engines! {
    async fn a_key_is_one_to_255_characters_on_the_pages_functions_too(api: Api) {
        let before = api.balance(api.phone(2)).await;
        for key in ["x".repeat(256), "ж".repeat(256), String::new()] {
            for (function, body) in [
                ("sale", sale(api.phone(2), 100)),
                ("enrol", json!({ "phone": "+992935550011", "full_name": "Зарина" })),
            ] {
                let answer = api.ask(function, body, Some(&key)).await;
                let error = answer.body["error"].as_str();
                assert_eq!((answer.status, error), (422, Some("Idempotency-Key: от 1 до 255 символов.")), "{key}");
            }
        }
        assert_eq!(api.balance(api.phone(2)).await, before);
    }

    async fn the_longest_key_and_one_in_russian_sell_once(api: Api) {
        for key in ["ж".repeat(255), "x".repeat(255), "продажа 17".to_owned()] {
            let before = api.balance(api.phone(2)).await;
            let made = api.ask("sale", sale(api.phone(2), 100), Some(&key)).await;
            assert_eq!(made.status, 200, "{:?}", made.body);
            let again = api.ask("sale", sale(api.phone(2), 100), Some(&key)).await;
            assert_eq!((again.status, &again.body), (200, &made.body));
            assert_eq!(api.balance(api.phone(2)).await, before + 5.0);
        }
    }

    async fn a_sale_names_its_client_without_a_phone(api: Api) {
        let card = api.ask("client", json!({ "identifier": api.phone(2) }), None).await;
        assert_eq!(card.body["ean13"], "2000000000022");
        let before = api.balance(api.phone(2)).await;
        let made = api.ask("sale", sale("2000000000022", 100), Some("by card")).await;
        assert_eq!(made.status, 200, "{:?}", made.body);
        assert_eq!(api.balance(api.phone(2)).await, before + 5.0);
    }

    async fn a_repeat_sells_once_though_the_stored_reply_is_gone(api: Api) {
        let made = api.ask("sale", sale(api.phone(2), 100), Some("9b2e")).await;
        // Replies are deleted after eight days; a till that was switched off asks later.
        api.execute("DELETE FROM idempotency_keys").await;
        let again = api.ask("sale", sale(api.phone(2), 100), Some("9b2e")).await;
        assert_eq!((again.status, &again.body), (200, &made.body));
        assert_eq!(api.texts("SELECT external_id FROM sales WHERE external_id IS NOT NULL").await, ["web-9b2e"]);
    }

    async fn a_refusal_tells_whether_the_key_was_looked_at(api: Api) {
        let refused = api.ask("sale", sale(api.phone(2), 9), Some("a")).await;
        assert_eq!((refused.status, &refused.body["is_decided"]), (422, &json!(true)));
        let unknown = api.ask("sale", sale("+992911111111", 100), Some("b")).await;
        assert_eq!((unknown.status, &unknown.body["is_decided"]), (422, &json!(true)));
        // Of another body: what was done under the key stays done.
        api.ask("sale", sale(api.phone(2), 100), Some("c")).await;
        let other = api.ask("sale", sale(api.phone(2), 101), Some("c")).await;
        assert_eq!((other.status, other.body.get("is_decided")), (422, None));
        let mut stranger = Request::post("/sfn/cash/sale").body(Body::from(sale(api.phone(2), 100).to_string())).unwrap();
        stranger.headers_mut().insert("X-Tenant-Token", "wrong".parse().unwrap());
        let answer = api.send(stranger).await;
        assert_eq!((answer.status, answer.body.get("is_decided")), (401, None));
    }

    async fn too_many_requests_say_when_to_come_again(api: Api) {
        let session = async || api.ask("session", json!({}), None).await;
        for _ in 0..300 {
            assert_eq!(session().await.status, 200);
        }
        let answer = session().await;
        let retry_after = answer.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap();
        assert_eq!((answer.status, (1..=60).contains(&retry_after)), (429, true));
        assert_eq!(answer.body["retry_after"], retry_after.to_string(), "the page's script sees no headers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nonce_of_a_page_stands_in_its_own_attribute() {
    crate::api::run(crate::api::Engine::Sqlite, async |api| {
        let page = api.send(Request::get("/cash").body(Body::empty()).unwrap()).await;
        let policy = page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        let html = page.body.as_str().unwrap();
        let hints: Vec<&str> = html
            .split("<link ")
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap())
            .filter(|link| link.contains("preload\""))
            .collect();
        assert_eq!(hints.len(), 2, "{hints:?}");
        for hint in hints {
            // Without credentials, as the module and the wasm are fetched: otherwise both would be fetched twice.
            assert!(hint.contains("crossorigin=\"anonymous\""), "{hint}");
            assert!(hint.contains(&format!(" nonce=\"{nonce}\"")), "{hint}");
        }
        let outside = html.replace(&format!("nonce=\"{nonce}\""), "");
        assert!(
            !outside.contains(nonce),
            "the nonce stands elsewhere than in `nonce`"
        );
        assert!(outside.contains("<script type=\"module\""));
    })
    .await;
}
