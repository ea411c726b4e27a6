//! Ruling 63: what is answered about people, shops and tills is kept by nobody on the way. The table is the list of
//! operations itself. And: no answer is waited for for ever.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::Request;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use server::parts::Parts;
use server::router::router;
use server::settings::Settings;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::api::{Answer, Api, Engine, run, settings};
use crate::intruders::{Shown, ask, needs, operations};
use crate::on_both_engines;

/// What an app reads often: kept, but asked about every time.
const CATALOGUES: [&str; 3] = [
    "/api/v1/client/settings",
    "/api/v1/client/promotions",
    "/api/v1/client/stores",
];

fn kept(answer: &Answer) -> Vec<&str> {
    let values = answer.headers.get_all("cache-control").iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

on_both_engines! {
    async fn ruling_63_no_answer_of_the_api_is_kept(api: Api) {
        let own = &api.demo.tenant;
        let known = Shown {
            tenant: Some(own.token.clone()),
            cashier: Some(api.demo.cashier_nodes[3].token.clone()),
            bearer: Some(api.log_in(1).await),
            secret: Some(own.partner_secret.clone()),
        };
        let mut catalogues = 0;
        for (method, path) in operations() {
            let is_catalogue = method == "GET" && CATALOGUES.contains(&path.as_str());
            let answer = ask(api, &method, &path, &Shown::default()).await;
            assert_eq!((answer.status, &kept(&answer)[..]), (401, &["no-store"][..]), "nobody: {method} {path}");
            if path == "/api/v1/auth/logout" {
                continue;
            }
            let answer = ask(api, &method, &path, &known).await;
            let expected = if is_catalogue { "private, no-cache" } else { "no-store" };
            assert_eq!(kept(&answer), [expected], "{} {method} {path}: {answer:?}", needs(&path));
            if is_catalogue {
                catalogues += 1;
                assert_eq!((answer.status, answer.headers.contains_key("etag")), (200, true), "{path}");
            }
        }
        assert_eq!(catalogues, CATALOGUES.len());
        let out = ask(api, "POST", "/api/v1/auth/logout", &known).await;
        assert_eq!((out.status, &kept(&out)[..]), (200, &["no-store"][..]));
        for (method, path) in [("GET", "/api/v1/nothing"), ("DELETE", "/api/v1/cashier/sale")] {
            let answer = ask(api, method, path, &known).await;
            assert_eq!(kept(&answer), ["no-store"], "{method} {path}");
        }
    }

    async fn ruling_63_no_answer_of_the_cashiers_page_is_kept(api: Api) {
        for (token, body) in [(&api.demo.cashier_nodes[0].token, json!({})), (&"nobody".to_owned(), Value::Null)] {
            let request = Request::builder()
                .method("POST")
                .uri("/sfn/cash/session")
                .header("Content-Type", "application/json")
                .header("X-Tenant-Token", &api.demo.tenant.token)
                .header("X-Cashier-Token", token)
                .header("X-Device-Id", "device 1");
            let answer = api.send(request.body(Body::from(body.to_string())).unwrap()).await;
            assert_eq!(kept(&answer), ["no-store"], "{answer:?}");
        }
    }
}

/// A body that never comes to its end is not waited for for ever, whoever asks for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_surface_waits_for_ever() {
    run(Engine::Sqlite, async |api: &Api| {
        let settings = Settings {
            patience: Duration::from_millis(500),
            ..settings()
        };
        let hurried = router(Parts::new(api.loyalty.clone(), &settings).unwrap());
        for (path, understood) in [
            ("/api/v1/cashier/sale", "success"),
            ("/sfn/cash/session", "is_lost"),
            ("/telegram/demo", "Сервер не успел ответить"),
        ] {
            let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]);
            let request = Request::builder()
                .method("POST")
                .uri(path)
                .header("Content-Type", "application/json")
                .header("X-Tenant-Token", &api.demo.tenant.token)
                .header("X-Cashier-Token", &api.demo.cashier_nodes[0].token)
                .header("X-Device-Id", "device 1")
                .body(Body::from_stream(begun.chain(stream::pending())))
                .unwrap();
            let answer = timeout(Duration::from_secs(20), hurried.clone().oneshot(request)).await;
            let answer = answer
                .unwrap_or_else(|_| panic!("{path} waits for ever"))
                .unwrap();
            let again = answer.headers()["retry-after"].to_str().unwrap();
            assert_eq!((answer.status().as_u16(), again), (503, "2"));
            let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(understood), "{path}: {body}");
        }
    })
    .await;
}
