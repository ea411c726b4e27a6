//! What the database keeps sealed is of use at its own place alone, and the demo's open secrets are the demo's alone.

use axum::body::Body;
use axum::http::Request;
use loyalty::usecase;
use serde_json::json;

use crate::api::{Api, sign};
use crate::on_both_engines;

/// A partner's look at a shop's webhooks, signed with `secret`.
async fn look(api: &Api, token: &str, secret: &str) -> u16 {
    let at = api.loyalty.now().millis() / 1000;
    let request = Request::builder()
        .uri("/api/v1/partner/webhooks")
        .header("X-Tenant-Token", token)
        .header("X-Partner-Timestamp", at)
        .header(
            "X-Partner-Signature",
            sign(secret, &format!("{at}.GET./api/v1/partner/webhooks.")),
        );
    api.send(request.body(Body::empty()).unwrap()).await.status
}

on_both_engines! {
    /// Whoever can write to the database, but lacks the key, gains nothing by copying.
    async fn a_sealed_text_copied_to_another_place_opens_nothing(api: Api) {
        let other = api.other_shop().await;
        let (token, secret) = (&api.demo.tenant.token, &api.demo.tenant.partner_secret);
        api.execute("UPDATE tenants SET partner_secret_sealed =
                    (SELECT t.partner_secret_sealed FROM tenants AS t WHERE t.id = 1) WHERE id = 2").await;
        assert_eq!((look(api, token, secret).await, look(api, &other.token, secret).await), (200, 500));
        let third = api.beside().await;
        api.execute("UPDATE tenants SET partner_secret_sealed = telegram_bot_token_sealed WHERE id = 1").await;
        let shown = loyalty::SignedRequest {
            timestamp: Some("0"), signature: Some("0"), method: "GET", path: "/", body: b"",
        };
        let asked = usecase::identify_partner(&third, Some(token), &shown).await;
        assert!(matches!(asked, Err(usecase::Error::Failure(_))), "{asked:?}");
    }

    /// Its clients' code is known to everybody.
    async fn another_shop_that_calls_itself_demo_is_not_the_demo(api: Api) {
        let other = api.other_shop().await;
        api.execute("UPDATE tenants SET code = 'chain' WHERE id = 1").await;
        api.execute("UPDATE tenants SET code = 'demo' WHERE id = 2").await;
        for (token, status) in [(&other.token, 422), (&api.demo.tenant.token, 200)] {
            let ask = async |path: &str, body: serde_json::Value| {
                let request = Request::builder()
                    .method("POST")
                    .uri(format!("/api/v1{path}"))
                    .header("Content-Type", "application/json")
                    .header("X-Tenant-Token", token);
                api.send(request.body(Body::from(body.to_string())).unwrap()).await
            };
            assert_eq!(ask("/auth/send-otp", json!({ "phone": api.phone(1) })).await.status, 200);
            let known = json!({ "phone": api.phone(1), "code": "123456" });
            assert_eq!(ask("/auth/verify-otp", known).await.status, status);
        }
        let again = usecase::provision_demo(&api.loyalty, "http://127.0.0.1").await.unwrap();
        assert_eq!((again.tenant.id, again.tenant.code.as_str()), (1, "chain"));
    }

    async fn a_shop_that_has_the_demos_code_already_is_left_alone(api: Api) {
        api.execute("UPDATE tenants SET is_demo = FALSE").await;
        let refused = usecase::provision_demo(&api.loyalty, "http://127.0.0.1").await.unwrap_err();
        assert!(refused.to_string().contains("another shop has the code `demo`"), "{refused}");
    }
}
