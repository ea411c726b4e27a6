//! Every route against every wrong caller. The table is the list of routes itself, so a new one can't be forgotten.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use server::rest::openapi::document;

use crate::api::{Answer, Api, sign};
use crate::on_both_engines;

/// One operation: method and path with its parameters filled.
pub fn operations() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let path = path.replace("{identifier}", "%2B992900000500");
            let path = path.replace("{id}", "1").replace("{delivery}", "1");
            all.push((method.to_uppercase(), format!("/api/v1{path}")));
        }
    }
    assert!(all.len() >= 30, "{all:?}");
    all
}

/// What a caller shows.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub tenant: Option<String>,
    pub cashier: Option<String>,
    pub bearer: Option<String>,
    pub secret: Option<String>,
}

pub async fn ask(api: &Api, method: &str, path: &str, shown: &Shown) -> Answer {
    let body = "{}";
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("X-Device-Id", "intruder");
    if let Some(token) = &shown.tenant {
        request = request.header("X-Tenant-Token", token);
    }
    if let Some(token) = &shown.cashier {
        request = request.header("X-Cashier-Token", token);
    }
    if let Some(token) = &shown.bearer {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if let Some(secret) = &shown.secret {
        let at = api.loyalty.now().millis() / 1000;
        let signature = sign(secret, &format!("{at}.{method}.{path}.{body}"));
        request = request
            .header("X-Partner-Timestamp", at)
            .header("X-Partner-Signature", signature);
    }
    api.send(request.body(Body::from(body)).unwrap()).await
}

/// Whose surface a path is.
pub fn needs(path: &str) -> &'static str {
    match path.strip_prefix("/api/v1/").unwrap() {
        "client/settings" | "client/promotions" => "shop",
        "auth/logout" => "client",
        path if path.starts_with("client/") => "client",
        path if path.starts_with("cashier/") => "register",
        path if path.starts_with("partner/") => "partner",
        path if path.starts_with("auth/") || path.starts_with("integration/") => "shop",
        path => panic!("whose is {path}?"),
    }
}

on_both_engines! {
    async fn tokens_of_another_shop_open_nothing(api: Api) {
        let bearer = api.log_in(1).await;
        let other = api.other_shop().await;
        let (own, tokens) = (&api.demo.tenant, &api.demo.cashier_nodes);
        for (method, path) in operations() {
            // The other shop's token with everything that is ours.
            let shown = Shown {
                tenant: Some(other.token.clone()),
                cashier: Some(tokens[3].token.clone()),
                bearer: Some(bearer.clone()),
                secret: Some(own.partner_secret.clone()),
            };
            let answer = ask(api, &method, &path, &shown).await;
            let is_open = needs(&path) == "shop" && path != "/api/v1/client/promotions";
            let expected = !is_open;
            assert_eq!(answer.status == 401, expected, "{method} {path}: {answer:?}");
            // Our token with everything that is the other shop's.
            let shown = Shown {
                tenant: Some(own.token.clone()),
                cashier: Some(other.cashier_token.clone()),
                bearer: Some("1|nothing".to_owned()),
                secret: Some(other.partner_secret.clone()),
            };
            let answer = ask(api, &method, &path, &shown).await;
            assert_eq!(answer.status == 401, expected, "{method} {path}: {answer:?}");
        }
    }

    async fn a_principal_of_one_kind_is_nobody_elsewhere(api: Api) {
        let own = &api.demo.tenant;
        let tenant = Some(own.token.clone());
        let kinds = [
            ("shop", Shown { tenant: tenant.clone(), ..Shown::default() }),
            ("register", Shown { tenant: tenant.clone(), cashier: Some(api.demo.cashier_nodes[3].token.clone()), ..Shown::default() }),
            ("client", Shown { tenant: tenant.clone(), bearer: Some(api.log_in(1).await), ..Shown::default() }),
            ("partner", Shown { tenant, secret: Some(own.partner_secret.clone()), ..Shown::default() }),
        ];
        for (kind, shown) in &kinds {
            for (method, path) in operations() {
                if path == "/api/v1/auth/logout" {
                    continue;
                }
                let answer = ask(api, &method, &path, shown).await;
                let is_let_in = needs(&path) == *kind || needs(&path) == "shop";
                assert_eq!(answer.status != 401, is_let_in, "{kind}: {method} {path}: {answer:?}");
                assert!(answer.status < 500, "{kind}: {method} {path}: {answer:?}");
            }
        }
    }

    async fn r_tenant_7_a_suspended_shop_is_shut_everywhere(api: Api) {
        api.execute("UPDATE tenants SET status = 'suspended' WHERE id = 1").await;
        let own = &api.demo.tenant;
        let shown = Shown { tenant: Some(own.token.clone()), secret: Some(own.partner_secret.clone()), ..Shown::default() };
        for (method, path) in operations() {
            let answer = ask(api, &method, &path, &shown).await;
            let text = "Недействительный токен, подписка не оплачена или магазин приостановлен.";
            assert_eq!((answer.status, answer.error()), (403, text), "{method} {path}");
        }
    }

    async fn every_text_field_keeps_sql_and_html_as_text(api: Api) {
        let nasty = "'; DROP TABLE clients; -- <script>alert(1)</script> \u{0}\u{202e}";
        let token = api.log_in(1).await;
        let body = json!({ "full_name": nasty, "gender": "<b>" });
        let answer = api.app("PUT", "/client/profile", Some(&token), body).await;
        assert!(matches!(answer.status, 200 | 422), "{answer:?}");
        // Names lose what turns the text around them (ruling 10).
        let clean = nasty.replace(['\u{0}', '\u{202e}'], "").trim().to_owned();
        let answer = api.app("PUT", "/client/profile", Some(&token), json!({ "full_name": clean })).await;
        assert_eq!((answer.status, answer.data("full_name")), (200, &json!(clean)));
        let sale = |text: &str| json!({
            "client_phone": api.phone(1), "total_amount": 50, "external_sale_id": text, "receipt_number": "<i>",
            "payment_method": "'\"", "lines": [{ "sku": text, "category_code": "'", "name": text }],
        });
        assert!(matches!(api.post("/cashier/sale", sale("\u{0}")).await.status, 201 | 422));
        assert_eq!(api.post("/cashier/sale", sale(&clean)).await.status, 201);
        let purchases = api.app("GET", "/client/purchases", Some(&token), Value::Null).await;
        assert_eq!(purchases.data("data")[0]["lines"][0]["sku"], json!(clean));
        let stock = json!({ "items": [{ "sku": "'", "name": clean }, { "sku": "\u{0}" }] });
        assert_eq!(api.app("POST", "/integration/inventory/sync", None, stock).await.status, 200);
        let device = json!({ "token": "\u{0}" });
        assert_eq!(api.app("POST", "/client/device-token", Some(&token), device).await.status, 422);
    }

    async fn a_known_phone_can_not_be_told_from_an_unknown_one(api: Api) {
        // Enrolled, not of the demo (whose code is fixed), and one that nobody has.
        let enrolled = "+992901112233";
        let made = api.post("/cashier/client/register", json!({ "phone": enrolled })).await;
        assert_eq!(made.status, 201);
        let mut seen = Vec::new();
        for phone in [enrolled, "+992901112244"] {
            let rows = async || {
                let counts = "SELECT CAST((SELECT COUNT(*) FROM otp_codes) AS TEXT) || ' ' ||
                                     CAST((SELECT COUNT(*) FROM otp_sends) AS TEXT) || ' ' ||
                                     CAST((SELECT COUNT(*) FROM outbox) AS TEXT)";
                let text = api.texts(counts).await.remove(0);
                text.split(' ').map(|count| count.parse().unwrap()).collect::<Vec<i64>>()
            };
            let before = rows().await;
            let sent = api.app("POST", "/auth/send-otp", None, json!({ "phone": phone })).await;
            let written: Vec<i64> = rows().await.iter().zip(before).map(|(after, before)| after - before).collect();
            let wrong = json!({ "phone": phone, "code": "000000" });
            let refused = api.app("POST", "/auth/verify-otp", None, wrong).await;
            let early = json!({ "phone": phone, "code": "000000", "full_name": "X" });
            let registered = api.app("POST", "/auth/register", None, early).await;
            let told = |answer: &Answer| {
                let mut headers = answer.headers.clone();
                headers.remove("x-request-id");
                // It counts down from request to request, whoever they are about.
                headers.remove("x-ratelimit-remaining");
                (answer.status, answer.body.clone(), headers)
            };
            seen.push((told(&sent), written, told(&refused), told(&registered)));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!((seen[0].0.0, seen[0].2.0, seen[0].3.0), (200, 422, 422));
        assert_eq!(seen[0].1, [1, 1, 1], "a code, a count and a message, whoever it is");
    }

    async fn a_header_can_not_carry_another(api: Api) {
        let answer = api.send(
            api.request(1, "GET", "/cashier/session")
                .header("X-Request-Id", "a\u{e9}b")
                .header("Idempotency-Key", "k")
                .body(Body::empty())
                .unwrap(),
        ).await;
        assert_eq!(answer.headers["x-request-id"].to_str().unwrap().len(), 16, "an odd id is replaced");
    }
}
